//! Invariant 3, whatever breaks: lines are cut at random bytes, the program is killed in between, and each reader sees exactly what was
//! committed for its user, in order.
//!
//! The seed is printed; `SEED=… cargo test --features ssr --test exactly_once` replays its cuts and kills.

mod common;

use common::{Person, Program, Proxy, Reader, TOKEN, data, sequence};
use futures::{StreamExt, future::join_all, stream};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::watch;

const USERS: [&str; 3] = ["ada", "grace", "ops"];
const READERS_EACH: usize = 4;
const EVENTS_EACH: usize = 400;
const KILLS: usize = 4;

/// A line is cut after at most so many bytes: a few events.
const CUT_WITHIN: u64 = 1_500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_reader_sees_exactly_what_was_committed_for_it_in_order() {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let mut program = Program::start(&["--max-streams-per-user", "1000"]);
    let (up, is_up) = watch::channel(true);
    let proxy = Proxy::start(program.base.clone(), CUT_WITHIN, random.fork()).await;

    // Who reads goes through the proxy; cookies are the host's, not the port's.
    let mut readers = Vec::new();
    for user in USERS {
        for _ in 0..READERS_EACH {
            let mut person = program.person(user).await;
            let start = person.snapshot().await["cursor"].as_str().unwrap().to_owned();
            person.base = proxy.base.clone();
            readers.push((user, person, start));
        }
    }
    let committed: Vec<_> = USERS.iter().map(|_| watch::channel(None)).collect();
    let reading = join_all(readers.into_iter().map(|(user, person, start)| {
        let place = USERS.iter().position(|other| *other == user).unwrap();
        tokio::spawn(read_all(person, start, committed[place].1.clone(), is_up.clone()))
    }));

    // Pushers do not go through the proxy, but the program is killed under them; a key makes trying again safe.
    let pushed = Arc::new(AtomicUsize::new(0));
    let pushing = tokio::spawn(join_all(USERS.map(|user| push_all(program.base.clone(), user, pushed.clone(), is_up.clone()))));
    let mut at: Vec<_> = (0..KILLS).map(|_| random.usize(1..USERS.len() * EVENTS_EACH)).collect();
    at.sort_unstable();
    for count in at {
        while pushed.load(Ordering::SeqCst) < count {
            tokio::task::yield_now().await;
        }
        up.send_replace(false);
        program.crash_and_restart();
        up.send_replace(true);
    }
    for ((want, _), ids) in committed.iter().zip(pushing.await.unwrap()) {
        want.send_replace(Some(ids));
    }
    let seen: usize = reading.await.into_iter().map(|reader| reader.unwrap()).sum();
    let cuts = proxy.cuts.load(Ordering::SeqCst);
    println!(
        "{seen} events seen by {} readers over {cuts} cuts and {KILLS} kills: lost 0, repeated 0, out of order 0",
        USERS.len() * READERS_EACH
    );
    assert!(cuts > 1_000, "{cuts} cuts are too few to prove anything");
}

/// Reads as an `EventSource` does, opening again past the last id, until all that was committed has been seen; returns how much that was.
async fn read_all(
    person: Person,
    mut last: String,
    mut committed: watch::Receiver<Option<Vec<String>>>,
    mut up: watch::Receiver<bool>,
) -> usize {
    let mut seen: Vec<String> = Vec::new();
    loop {
        if let Some(committed) = &*committed.borrow_and_update()
            && seen.len() >= committed.len()
        {
            assert_eq!(&seen, committed);
            return seen.len();
        }
        up.wait_for(|up| *up).await.unwrap();
        let request = person.http.get(format!("{}/events", person.base)).header("last-event-id", &last);
        // Cut before its head was whole.
        let Ok(answer) = request.send().await else { continue };
        assert_eq!(answer.status(), StatusCode::OK);
        let mut reader = Reader::new(answer);
        while let Some(event) = next(&mut reader, &mut committed, seen.len()).await {
            assert_ne!(event.event, "resync", "{}", event.data);
            if event.event == "notification" {
                assert!(sequence(&last) < sequence(&event.id), "{} after {last}", event.id);
                seen.push(event.id.clone());
            }
            last = event.id;
        }
    }
}

/// The next event; `None` where the line is cut, or nothing is left to come.
async fn next(reader: &mut Reader, committed: &mut watch::Receiver<Option<Vec<String>>>, seen: usize) -> Option<common::Event> {
    tokio::select! {
        event = reader.next_or_end() => event,
        Ok(_) = committed.wait_for(|committed| committed.as_ref().is_some_and(|committed| seen >= committed.len())) => None,
    }
}

/// Pushes until each has been answered; the ids in commit order.
async fn push_all(base: String, user: &'static str, pushed: Arc<AtomicUsize>, up: watch::Receiver<bool>) -> Vec<String> {
    let http = Client::builder().pool_max_idle_per_host(0).build().unwrap();
    let pushes = stream::iter(0..EVENTS_EACH).map(|place| {
        let (http, base, pushed, mut up) = (http.clone(), base.clone(), pushed.clone(), up.clone());
        async move {
            let push = json!({
                "user": user, "event": "notification", "data": { "title": place.to_string(), "message": "m" }, "key": format!("{user}-{place}"),
            });
            loop {
                up.wait_for(|up| *up).await.unwrap();
                let Ok(answer) = http.post(format!("{base}/api/push")).bearer_auth(TOKEN).json(&push).send().await else { continue };
                let Ok(body) = answer.json::<Value>().await else { continue };
                pushed.fetch_add(1, Ordering::SeqCst);
                return body["id"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned();
            }
        }
    });
    let mut ids: Vec<String> = pushes.buffer_unordered(8).collect().await;
    ids.sort_by_key(|id| sequence(id));
    ids
}

/// What the checker itself would miss if titles and ids parted: each id bears its own push.
#[tokio::test]
async fn an_id_names_the_event_it_was_answered_for() {
    let program = Program::start(&[]);
    let mut stream = program.person("ada").await.open().await;
    for title in ["a", "b", "c"] {
        let id = program.notify("ada", title).await;
        let event = stream.logged().await;
        assert_eq!((event.id.clone(), data(&event)["title"].clone()), (id, json!(title)));
    }
}
