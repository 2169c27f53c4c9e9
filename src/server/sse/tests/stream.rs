//! Streams, from the log to the reader.

use super::*;

/// Invariant 3: on one stream the sequence only grows, without gap or repeat, across any number of broken connections; read from memory
/// or from the log, whichever it is each time.
#[tokio::test]
async fn invariant_3_no_gap_and_no_repeat_across_broken_connections() {
    let instance = Instance::start();
    let mut expected = Vec::new();
    let mut got = Vec::new();
    let mut last = instance.log.now().end().to_string();
    // More away than the replay buffer holds, just as many, few, none.
    for (place, missed) in [200, 64, 3, 0, 65, 1].into_iter().enumerate() {
        for _ in 0..missed {
            instance.log.append(to("grace"));
            expected.push(instance.log.append(to("ada")));
        }
        // Ahead of the tail, too.
        if place % 2 == 0 {
            instance.caught_up().await;
        }
        let mut reader = instance.open(request("ada", Some(&last))).await;
        // While the stream is open, too.
        expected.push(instance.log.append(Audience::Everyone));
        while got.len() < expected.len() {
            let (id, kind) = reader.next_id().await;
            assert_eq!(kind, "note");
            last.clone_from(&id);
            got.push(id);
            // The connection breaks in the middle, too.
            if got.len() % 50 == 0 {
                reader = instance.open(request("ada", Some(&last))).await;
            }
        }
    }
    assert_eq!(got, expected);
}

/// Invariant 5: the log begins a new epoch while streams are open. Each of them gets one `resync` and goes on at the new head.
#[tokio::test]
async fn invariant_5_a_new_epoch_under_open_streams_gives_each_one_resync() {
    let instance = Instance::start();
    let mut readers = [instance.open(request("ada", None)).await, instance.open(request("grace", None)).await];
    for _ in 0..5 {
        let id = instance.log.append(Audience::Everyone);
        for reader in &mut readers {
            assert_eq!(reader.next_id().await.0, id);
        }
    }
    for (epoch, head) in [("e1", 3), ("e2", 4)] {
        instance.log.go_back(head);
        for reader in &mut readers {
            let resync = reader.next().await;
            assert_eq!((resync.event, resync.id), ("resync".into(), format!("{epoch}-{head}")));
            assert_eq!(resync.data, r#"{"reason":"the position is in another log"}"#);
        }
        // The same sequences again, and nothing is taken for known.
        for _ in 0..3 {
            let id = instance.log.append(Audience::Everyone);
            for reader in &mut readers {
                assert_eq!(reader.next_id().await, (id.clone(), "note".into()));
            }
        }
    }
    assert_eq!((instance.lag("ada"), instance.lag("grace")), (Some(0), Some(0)));
}

/// Invariant 5, where the instance slept for so long that what it had not read yet was trimmed.
#[tokio::test]
async fn invariant_5_a_log_trimmed_past_the_tail_gives_each_stream_one_resync() {
    let mut instance = Instance::without_tail();
    let mut reader = instance.open(request("ada", None)).await;
    instance.log.append(to("ada"));
    instance.log.append(to("ada"));
    instance.log.trim();
    instance.start_tail();
    assert_eq!(reader.next_id().await, ("e0-2".into(), "resync".into()));
    let id = instance.log.append(to("ada"));
    assert_eq!(reader.next_id().await, (id, "note".into()));
}

/// A page was rendered, or a stream opened, in an epoch that the tail does not know of yet.
#[tokio::test]
async fn a_stream_that_opens_ahead_of_the_tail_is_served_without_a_resync() {
    let mut instance = Instance::without_tail();
    instance.log.append(to("ada"));
    instance.log.go_back(0);
    let start = instance.log.now().end().to_string();
    let mut reader = instance.open(request("ada", Some(&start))).await;
    let first = instance.log.append(to("ada"));
    assert_eq!(reader.next_id().await, (first, "note".into()));
    instance.start_tail();
    let second = instance.log.append(to("ada"));
    assert_eq!(reader.next_id().await, (second, "note".into()));
    let third = instance.log.append(to("ada"));
    assert_eq!(reader.next_id().await, (third, "note".into()));
}

/// Invariant 6: the event that tells of a session's end may have been lost with what the tail passed over.
#[tokio::test]
async fn invariant_6_a_session_that_ended_in_what_the_tail_passed_over_ends_its_streams() {
    let instance = Instance::start();
    let (signed_out, still_there) = (request("ada", None), request("ada", None));
    let valid = signed_out.session.valid.clone();
    let (mut signed_out, mut still_there) = (instance.open(signed_out).await, instance.open(still_there).await);
    valid.store(false, Ordering::SeqCst);
    instance.log.go_back(0);
    assert_eq!(signed_out.next_id().await.1, "session.ended");
    assert_eq!(signed_out.next_or_end().await, None);
    assert_eq!(still_there.next_id().await.1, "resync");
}

/// Likewise before the stream was registered.
#[tokio::test]
async fn invariant_6_no_stream_opens_under_a_session_that_has_ended() {
    let instance = Instance::start();
    let request = request("ada", None);
    request.session.valid.store(false, Ordering::SeqCst);
    let opened = EventStream::open(&instance.hub, instance.log.clone(), request).await;
    assert_eq!(opened.err(), Some(OpenError::SessionEnded));
    assert_eq!(instance.hub.streams(), 0);
}

#[tokio::test]
async fn invariant_6_a_stream_ends_when_its_session_expires_whatever_is_ready_for_it() {
    let instance = Instance::start();
    let mut request = request("ada", None);
    request.session.expires = Some(Instant::now() + Duration::from_millis(50));
    let mut reader = instance.open(request).await;
    assert_eq!(reader.next_id().await.1, "session.ended");
    assert_eq!(reader.next_or_end().await, None);
}

#[tokio::test]
async fn invariant_6_two_users_do_not_hear_each_other() {
    let instance = Instance::start();
    let (mut ada, mut grace) = (instance.open(request("ada", None)).await, instance.open(request("grace", None)).await);
    let (for_ada, for_grace) = (instance.log.append(to("ada")), instance.log.append(to("grace")));
    assert_eq!((ada.next_id().await.0, grace.next_id().await.0), (for_ada, for_grace.clone()));
    let end = instance.log.append(Audience::Everyone);
    assert_eq!((ada.next_id().await.0, grace.next_id().await.0), (end.clone(), end.clone()));
    // From the log, too: nothing is in memory for a user who had no stream open.
    drop(grace);
    let mut grace = instance.open(request("grace", Some("e0-0"))).await;
    assert_eq!([grace.next_id().await.0, grace.next_id().await.0], [for_grace, end]);
}

/// There is one cursor a stream: whichever way it went, the stream is not shown as behind.
#[tokio::test]
async fn a_stream_that_has_taken_all_lags_by_nothing() {
    let instance = Instance::start();
    for _ in 0..100 {
        instance.log.append(to("from-log"));
    }
    let mut from_log = instance.open(request("from-log", Some("e0-0"))).await;
    for _ in 0..100 {
        from_log.next().await;
    }
    let mut skipped = instance.open(request("skipped", None)).await;
    for _ in 0..100 {
        instance.log.append(to("from-log"));
        from_log.next().await;
    }
    let mut resynced = instance.open(request("resynced", Some("elsewhere-7"))).await;
    assert_eq!(resynced.next().await.event, "resync");
    let end = instance.log.append(Audience::Everyone);
    for reader in [&mut from_log, &mut skipped, &mut resynced] {
        assert_eq!(reader.next_id().await.0, end);
    }
    assert_eq!(["from-log", "skipped", "resynced"].map(|name| instance.lag(name)), [Some(0); 3]);
}

#[tokio::test]
async fn a_stream_that_takes_nothing_is_shown_with_its_lag() {
    let instance = Instance::start();
    let _slow = instance.open(request("slow", None)).await;
    let mut quick = instance.open(request("quick", None)).await;
    for (appended, lag) in [(3, Some(3)), (100, None)] {
        for _ in 0..appended {
            instance.log.append(Audience::Everyone);
            quick.next().await;
        }
        assert_eq!((instance.lag("slow"), instance.lag("quick")), (lag, Some(0)));
    }
}

/// Invariant 8: the streams go on once the log can be read again, by themselves; pings keep their readers informed meanwhile.
#[tokio::test]
async fn invariant_8_a_stream_outlasts_a_log_that_cannot_be_read() {
    let instance = Instance::start();
    let expected = [(); 100].map(|()| instance.log.append(to("ada")));
    instance.caught_up().await;
    let mut pinged = instance.open(StreamRequest { keep_alive: Duration::from_millis(20), ..request("ada", Some("e0-0")) }).await;
    let mut quiet = instance.open(request("ada", Some("e0-0"))).await;
    instance.log.fail(true);
    let ping = pinged.next().await;
    assert_eq!((ping.event, ping.id), ("ping".into(), "e0-0".into()));
    let mut first = Box::pin(quiet.next());
    assert!((&mut first).now_or_never().is_none());
    instance.log.fail(false);
    assert_eq!(first.await.id, expected[0]);
    for id in &expected[1..] {
        assert_eq!(quiet.next().await.id, *id);
    }
    for id in &expected {
        assert_eq!(pinged.next_but_pings().await.id, *id);
    }
}

/// A connection that breaks between the two would else resume past what was missed.
#[tokio::test]
async fn invariant_5_the_first_event_bears_no_position_of_the_log_where_a_resync_follows() {
    let instance = Instance::start();
    let mut reader = instance.reader(request("ada", Some("e0-5"))).await;
    assert_eq!(reader.next_id().await, ("none-0".into(), "connected".into()));
    assert_eq!(reader.next_id().await, ("e0-0".into(), "resync".into()));
    let mut reader = instance.reader(request("ada", Some("none-0"))).await;
    assert_eq!([reader.next_id().await.1, reader.next_id().await.1], ["connected", "resync"]);
    let mut reader = instance.reader(request("ada", Some("e0-0"))).await;
    assert_eq!(reader.next_id().await, ("e0-0".into(), "connected".into()));
}

/// The id of a ping says that the user has been read up to there, also past what is for others.
#[tokio::test]
async fn a_ping_bears_the_position_that_has_been_read_up_to() {
    let instance = Instance::start();
    let mut reader = instance.open(StreamRequest { keep_alive: Duration::from_millis(20), ..request("ada", None) }).await;
    for _ in 0..3 {
        instance.log.append(to("grace"));
    }
    instance.caught_up().await;
    // One may have been on its way.
    reader.next().await;
    assert_eq!(reader.next_id().await, (instance.log.now().end().to_string(), "ping".into()));
}
