//! Resume: all that was missed follows, in order and once; a cursor that cannot be served gets one `resync`.

mod common;

use common::{Program, StreamClient, TestUser, data, sequence};
use futures::{StreamExt, stream};
use serde_json::json;

#[tokio::test]
async fn invariant_3_all_that_was_missed_follows_in_order_and_once_across_a_crash() {
    let mut program = Program::start(&[]);
    let (ada, ops) = (program.user("ada").await, program.user("ops").await);
    let mut stream = ada.open().await;
    let order = ada.place_order().await;
    let seen = stream.next_logged().await;
    program.crash_and_restart();
    assert_eq!(stream.next_or_end().await, None);

    for _ in 0..3 {
        ops.call_ok("advance_order", json!({ "order_id": order["orderId"] })).await;
    }
    let mut resumed = ada.resume(Some(&seen.id)).await;
    assert_eq!(resumed.start, seen.id);
    let mut last = sequence(&seen.id);
    for status in ["packed", "shipped", "delivered"] {
        let (order, notification) = (resumed.next_logged().await, resumed.next_logged().await);
        assert_eq!((order.event.as_str(), &data(&order)["status"]), ("order.updated", &json!(status)));
        assert_eq!(notification.event, "notification");
        assert!(last < sequence(&order.id) && sequence(&order.id) < sequence(&notification.id));
        last = sequence(&notification.id);
    }
    // Live delivery continues where the replay ended.
    program.notify("ada", "live").await;
    assert_eq!(data(&resumed.next_logged().await)["title"], "live");
}

#[tokio::test]
async fn thousands_of_missed_events_are_all_replayed() {
    const MISSED: usize = 3_000;
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    let start = ada.open().await.start;
    // Concurrent, so that pushes share commits; grace's events are between ada's.
    let pushes = (0..MISSED).map(|index| {
        let program = &program;
        async move {
            program.notify("grace", "not for ada").await;
            (program.notify("ada", &index.to_string()).await, index.to_string())
        }
    });
    let mut pushed: Vec<_> = stream::iter(pushes).buffer_unordered(64).collect().await;
    pushed.sort_by_key(|(id, _)| sequence(id));
    let mut resumed = ada.resume(Some(&start)).await;
    for (id, title) in pushed {
        let event = resumed.next_logged().await;
        assert_eq!((&event.id, &data(&event)["title"]), (&id, &json!(title)));
    }
}

#[tokio::test]
async fn the_header_wins_over_the_query() {
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    let first = program.notify("ada", "first").await;
    let second = program.notify("ada", "second").await;
    let third = program.notify("ada", "third").await;
    let after = |after, header| {
        let ada = ada.clone();
        async move { first_logged(&ada, after, header).await }
    };
    assert_eq!(after(Some(first.clone()), None).await, second);
    assert_eq!(after(None, Some(second.clone())).await, third);
    assert_eq!(after(Some(first), Some(second)).await, third);
}

async fn first_logged(ada: &TestUser, after: Option<String>, header: Option<String>) -> String {
    let mut stream = StreamClient::new(ada.events(after.as_deref(), header.as_deref()).await);
    assert_eq!(stream.next().await.event, "connected");
    stream.next_logged().await.id
}

#[tokio::test]
async fn a_page_and_its_stream_meet_exactly() {
    let program = Program::start(&[]);
    let (ada, ops) = (program.user("ada").await, program.user("ops").await);
    let order = ada.place_order().await;
    let page = ada.snapshot().await;
    ops.call_ok("advance_order", json!({ "order_id": order["orderId"] })).await;
    assert_eq!(page["orders"][0]["status"], "placed");
    let mut stream = ada.resume(page["cursor"].as_str()).await;
    assert_eq!(data(&stream.next_logged().await)["status"], "packed");
}

#[tokio::test]
async fn invariant_5_a_cursor_that_cannot_be_served_gets_one_resync_never_silence() {
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    let count = unservable(&program.notify("ada", "first").await).len();
    for shape in 0..count {
        let head = program.notify("ada", "missed").await;
        let cursor = &unservable(&head)[shape];
        let mut stream = StreamClient::new(ada.events(Some(cursor), None).await);
        assert_eq!(stream.next().await.event, "connected");
        let resync = stream.next().await;
        assert_eq!((resync.event.as_str(), &resync.id), ("resync", &head), "{cursor:?}");
        assert!(data(&resync)["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
        // Live delivery continues from the head: what was missed is not sent as well.
        let next = program.notify("ada", "next").await;
        assert_eq!(stream.next_logged().await.id, next, "{cursor:?}");
    }
}

/// Wherever the connection breaks: until the `resync` has come, no id has moved the client's cursor, and it resumes from there again.
#[tokio::test]
async fn a_connection_that_breaks_before_its_resync_does_not_lose_it() {
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    let mut answer = ada.events(Some("another-7"), None).await;
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"}\n\n") || !String::from_utf8_lossy(&bytes).contains("event: resync\n") {
        bytes.extend(answer.chunk().await.unwrap().unwrap());
    }
    for cut in 0..bytes.len() {
        let mut stream = StreamClient::over(stream::iter([Ok(bytes[..cut].to_vec())]));
        while let Some(event) = stream.next_or_end().await {
            assert_eq!((event.event.as_str(), event.id.as_str()), ("connected", "none-0"), "cut after {cut} bytes");
        }
    }
}

/// Cursors that a log with this head cannot serve.
fn unservable(head: &str) -> Vec<String> {
    let (epoch, at) = head.split_once('-').unwrap();
    let past = sequence(head) + 1;
    let texts = ["", "garbage", "42", "\u{fe0f}-1"].map(String::from);
    let ids = [format!("{epoch}-{past}"), format!("{epoch}0-{at}"), format!("{epoch}--1"), format!("{epoch}-{}", "7".repeat(5_000))];
    texts.into_iter().chain(ids).collect()
}

#[tokio::test]
async fn a_malformed_query_gets_a_resync_not_a_refusal() {
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    let answer = ada.http.get(format!("{}/events?after=a&after=b", program.base)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let mut stream = StreamClient::new(answer);
    assert_eq!([stream.next().await.event, stream.next().await.event], ["connected", "resync"]);
}

#[tokio::test]
async fn a_cursor_older_than_the_history_gets_a_resync_and_a_kept_one_does_not() {
    let program = Program::start(&["--history", "1s"]);
    let ada = program.user("ada").await;
    let old = ada.open().await.start;
    program.notify("ada", "soon gone").await;
    // Trimming runs in the background; until it has run, the old cursor is served.
    loop {
        let mut stream = StreamClient::new(ada.events(Some(&old), None).await);
        assert_eq!(stream.next().await.event, "connected");
        let event = stream.next().await;
        if event.event == "resync" {
            break;
        }
        assert_eq!(data(&event)["title"], "soon gone");
    }
    let head = ada.open().await.start;
    let next = program.notify("ada", "kept").await;
    let mut stream = ada.resume(Some(&head)).await;
    assert_eq!(stream.next().await.id, next);
}
