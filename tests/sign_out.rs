//! A sign-out ends its session and its streams, or neither, however the client behaves that asked for it (invariant 6).

mod common;

use common::{PATIENCE, Program, StreamClient};
use futures::future::join_all;
use reqwest::StatusCode;
use serde_json::json;
use std::time::Duration;
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    time::{sleep, timeout},
};

/// So often; the client closes its connection up to four milliseconds after it has sent the request.
const TIMES: u64 = 40;

/// So often a stream opens while its session ends.
const RACES: u64 = 40;

/// So many streams open meanwhile, 200 microseconds apart.
const OPENING: u64 = 12;

/// How often is looked whether the session is gone.
const LOOKS: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_leaves_in_the_middle_of_a_sign_out_leaves_no_stream_open() {
    let program = Program::start(&["--max-streams-per-user", "1000"]);
    let mut ended = 0;
    for time in 0..TIMES {
        let ada = program.user("ada").await;
        let mut stream = ada.open().await;
        let request = format!("POST /api/sign_out HTTP/1.1\r\nhost: a\r\ncookie: {}\r\ncontent-length: 0\r\n\r\n", ada.cookie());
        let mut leaving = TcpStream::connect(program.address()).await.unwrap();
        leaving.write_all(request.as_bytes()).await.unwrap();
        sleep(Duration::from_micros(time * 100)).await;
        drop(leaving);
        // The request may have come too late to be read at all; where it was read, the session is soon gone.
        let mut signed_in = true;
        for _ in 0..LOOKS {
            signed_in = signed_in && ada.snapshot().await["user"].is_object();
        }
        if !signed_in {
            let event = timeout(PATIENCE, stream.next_logged()).await.expect("the session has ended, and its stream has not");
            assert_eq!(event.event, "session.ended");
            ended += 1;
        }
    }
    assert!(ended > TIMES / 2, "only {ended} requests were read");
}

/// The stream's request has passed the session layer when the session ends, and it has no subscription yet that could be told.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_that_opens_while_its_session_ends_does_not_stay_open() {
    let program = Program::start(&["--max-streams-per-user", "1000"]);
    let (mut opened, mut refused) = (0, 0);
    for _ in 0..RACES {
        let ada = program.user("ada").await;
        let opening = (0..OPENING).map(|number| {
            let ada = ada.clone();
            async move {
                sleep(Duration::from_micros(number * 200)).await;
                ada.events(None, None).await
            }
        });
        let (answers, _) = tokio::join!(join_all(opening), ada.call_ok("sign_out", json!({})));
        for answer in answers {
            if answer.status() == StatusCode::UNAUTHORIZED {
                refused += 1;
                continue;
            }
            opened += 1;
            let mut stream = StreamClient::new(answer);
            let end = async { while stream.next_or_end().await.is_some() {} };
            timeout(PATIENCE, end).await.expect("the session has ended, and a stream that was opening has not");
        }
    }
    assert!(opened > 0 && refused > 0, "{opened} streams opened, {refused} were refused: the two did not meet");
}
