//! Stopping: every stream is sent away with a time to come back at, nothing is lost, and a second signal insists.

mod common;

use common::Program;
use futures::{StreamExt, future::join_all, stream};
use reqwest::Client;
use std::{collections::BTreeSet, time::Duration};

#[tokio::test]
async fn a_stopping_program_sends_each_stream_away_with_a_return_of_its_own() {
    const STREAMS: usize = 200;
    let mut program = Program::start(&["--max-streams-per-user", "1000"]);
    let ada = program.person("ada").await;
    let streams = stream::iter(0..STREAMS).map(|_| async {
        let mut answer = ada.events(None, None).await;
        answer.chunk().await.unwrap().unwrap();
        answer
    });
    let streams: Vec<_> = streams.buffer_unordered(16).collect().await;
    program.signal("TERM");
    let rests = join_all(streams.into_iter().map(|answer| async { answer.text().await.unwrap() })).await;
    let retries: BTreeSet<u32> = rests
        .iter()
        .map(|rest| rest.strip_prefix("retry: ").and_then(|rest| rest.strip_suffix("\n\n")).unwrap_or_else(|| panic!("{rest:?}")))
        .map(|retry| retry.parse().unwrap())
        .collect();
    assert_eq!(retries.len(), STREAMS, "each has its own");
    assert!(retries.last().unwrap() - retries.first().unwrap() >= 4_000, "spread over some seconds");
    assert!(program.ended().await.success());
    assert!(Client::new().get(format!("{}/healthz", program.base)).timeout(Duration::from_secs(5)).send().await.is_err());
}

#[tokio::test]
async fn who_comes_back_has_missed_nothing() {
    let mut program = Program::start(&[]);
    let ada = program.person("ada").await;
    let mut stream = ada.open().await;
    let seen = program.notify("ada", "seen").await;
    assert_eq!(stream.logged().await.id, seen);
    let missed = program.notify("ada", "perhaps seen").await;
    program.signal("INT");
    let mut last = seen;
    while let Some(event) = stream.next_or_end().await {
        last = event.id;
    }
    assert!(program.ended().await.success());
    program.restart();
    let mut resumed = ada.resume(Some(&last)).await;
    if last != missed {
        assert_eq!(resumed.logged().await.id, missed);
    }
    let next = program.notify("ada", "next").await;
    assert_eq!(resumed.logged().await.id, next);
}
