//! The network's edge: what asks for nothing, or takes nothing, holds no place; whom a request comes from; TLS; what is public.

mod common;

use common::{PATIENCE, Program, RawStream, TOKEN, certificate, client, free_port, orderwire, read, tls_connect};
use futures::future::{BoxFuture, FutureExt, join_all};
use reqwest::{
    Client, StatusCode,
    header::{ORIGIN, SET_COOKIE},
};
use std::{
    io::{BufRead, BufReader},
    process::Stdio,
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    time::{Instant, interval, sleep_until, timeout},
};

/// The deadlines that are promised.
const FIRST_BYTE: Duration = Duration::from_secs(10);
const HEAD: Duration = Duration::from_secs(15);
const BODY: Duration = Duration::from_secs(15);

const SIGN_IN: &str = "POST /api/sign_in HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n";

fn push_head() -> String {
    format!("POST /api/push HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {TOKEN}\r\ncontent-length: 1000\r\n\r\n")
}

/// Starts a program with a certificate of its own and the keep-alive; the folder holds the certificate.
fn with_tls(flags: &[&str]) -> (Program, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let tls = certificate(folder.path());
    let flags: Vec<_> = tls.iter().map(String::as_str).chain(flags.iter().copied()).collect();
    (Program::start(&flags), folder)
}

/// Sends `first`, then a byte each second where it drips, and reads to the end. The connection must not end before the deadline.
async fn ends_at<S: AsyncRead + AsyncWrite>(case: &str, begun: Instant, stream: S, first: &str, drips: bool, deadline: Duration) -> String {
    let (mut reader, mut writer) = tokio::io::split(stream);
    writer.write_all(first.as_bytes()).await.unwrap();
    writer.flush().await.unwrap();
    let mut seconds = interval(Duration::from_secs(1));
    let drip = async {
        loop {
            seconds.tick().await;
            if !drips || writer.write_all(b"a").await.is_err() || writer.flush().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    };
    let mut answer = Vec::new();
    // One that is cut while it drips may be reset.
    let read = async { _ = reader.read_to_end(&mut answer).await };
    tokio::select! {
        () = drip => {}
        ended = timeout(PATIENCE, read) => ended.unwrap_or_else(|_| panic!("{case}: it stays open")),
    }
    assert!(begun.elapsed() >= deadline, "{case}: ended after {:?}", begun.elapsed());
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_never_asks_is_closed_at_its_deadline() {
    let plain = Program::start(&[]);
    let (tls, _folder) = with_tls(&[]);
    let (plain, tls) = (plain.address(), tls.address());
    let push = push_head();
    let mut cases: Vec<BoxFuture<()>> = Vec::new();
    for (case, first, drips, deadline) in [
        ("silent", "", false, FIRST_BYTE),
        ("half a head", "GET / HT", false, HEAD),
        ("a head that drips", "GET /", true, HEAD),
        ("half a preface of HTTP/2", "PRI * HT", false, HEAD),
    ] {
        let (plain, tls) = (&plain, &tls);
        cases.push(
            async move {
                let begun = Instant::now();
                ends_at(case, begun, TcpStream::connect(plain).await.unwrap(), first, drips, deadline).await;
            }
            .boxed(),
        );
        for version in ["h2", "http/1.1"] {
            // On HTTP/2 these bytes are half a preface, or none, until something else is wrong with them.
            if version == "h2" && !(first.is_empty() || first.starts_with("PRI")) {
                continue;
            }
            cases.push(
                async move {
                    let begun = Instant::now();
                    let stream = tls_connect(tls, version).await;
                    let deadline = if version == "h2" { HEAD } else { deadline };
                    ends_at(&format!("{case}, TLS, {version}"), begun, stream, first, drips, deadline).await;
                }
                .boxed(),
            );
        }
    }
    for (case, first) in [("TLS, no handshake", ""), ("TLS, half a handshake", "\u{16}\u{3}\u{1}\u{0}")] {
        let tls = &tls;
        cases.push(
            async move {
                let begun = Instant::now();
                ends_at(case, begun, TcpStream::connect(tls).await.unwrap(), first, false, FIRST_BYTE).await;
            }
            .boxed(),
        );
    }
    for (case, head) in [("sign_in", SIGN_IN), ("push", push.as_str())] {
        for drips in [false, true] {
            let plain = &plain;
            cases.push(
                async move {
                    let begun = Instant::now();
                    let answer = ends_at(case, begun, TcpStream::connect(plain).await.unwrap(), head, drips, BODY).await;
                    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("\r\nretry-after: 5\r\n"), "{case}: {answer}");
                    assert!(answer.ends_with(r#","kind":"timed_out"}"#), "{case}: {answer}");
                }
                .boxed(),
            );
        }
    }
    // What comes slowly, but in time, is answered.
    for (pieces, status) in [(["", "GET /healthz HTTP/1.1\r\nhost: a\r\n", "\r\n"], 200), (["", &push, &"a".repeat(1_000)], 400)] {
        let plain = &plain;
        let pieces = pieces.map(str::to_owned);
        cases.push(
            async move {
                let mut stream = TcpStream::connect(plain).await.unwrap();
                let begun = Instant::now();
                for (count, piece) in (0..).zip(pieces) {
                    sleep_until(begun + FIRST_BYTE / 4 * count).await;
                    stream.write_all(piece.as_bytes()).await.unwrap();
                }
                let mut answer = [0; 12];
                timeout(PATIENCE, stream.read_exact(&mut answer)).await.expect("no answer").unwrap();
                assert_eq!(String::from_utf8_lossy(&answer), format!("HTTP/1.1 {status}"));
            }
            .boxed(),
        );
    }
    join_all(cases).await;
}

/// They took all places and nobody else got in until they hung up.
#[tokio::test]
async fn connections_that_never_ask_lose_their_places_and_others_are_served() {
    let program = Program::start_within("-n 400", &[]);
    let address = program.address();
    let mut silent = join_all((0..300).map(|_| TcpStream::connect(&address))).await;
    let preface = join_all((0..100).map(|_| RawStream::send(&program.base, b"PRI * HTTP/2.0\r\n"))).await;
    let anonymous = program.anonymous();
    let served = async {
        while !matches!(anonymous.http.get(format!("{}/readyz", program.base)).send().await, Ok(answer) if answer.status() == StatusCode::OK)
        {
        }
    };
    timeout(PATIENCE, served).await.expect("it does not serve again");
    // None of them has hung up; the first of them has been closed.
    let mut end = Vec::new();
    timeout(PATIENCE, silent[0].as_mut().unwrap().read_to_end(&mut end)).await.expect("it is still open").unwrap_or_default();
    drop((silent, preface));
}

type Streams = (h2::client::SendRequest<bytes::Bytes>, Vec<h2::RecvStream>);

/// Opens that many streams on one HTTP/2 connection with such a window for each. They read nothing.
async fn open_h2(program: &Program, cookie: &str, count: usize, window: u32) -> Streams {
    let stream = tls_connect(&program.address(), "h2").await;
    let (mut requests, connection) = h2::client::Builder::new().initial_window_size(window).handshake(stream).await.unwrap();
    tokio::spawn(connection);
    let mut streams = Vec::new();
    for _ in 0..count {
        let request = axum::http::Request::get(format!("{}/events", program.base)).header("cookie", cookie).body(()).unwrap();
        requests = requests.ready().await.unwrap();
        let (response, _) = requests.send_request(request, true).unwrap();
        let response = timeout(PATIENCE, response).await.expect("no answer").unwrap();
        assert_eq!(response.status(), 200);
        streams.push(response.into_body());
    }
    (requests, streams)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_on_http_2_whose_client_takes_nothing_is_closed_in_time_and_no_other() {
    let (program, _folder) = with_tls(&["--keep-alive", "1s", "--max-streams-per-user", "21"]);
    let ada = program.user("ada").await;
    // HTTP/2, too, and it reads.
    let (_requests, mut reading) = open_h2(&program, &ada.cookie(), 1, 200).await;
    let reading = tokio::spawn(async move {
        let mut stream = reading.remove(0);
        let mut text = String::new();
        while let Some(piece) = stream.data().await {
            let piece = piece.expect("the stream that reads is reset");
            stream.flow_control().release_capacity(piece.len()).unwrap();
            text.push_str(&String::from_utf8_lossy(&piece));
            if text.contains("event: own\n") {
                return;
            }
        }
        panic!("the stream that reads has ended");
    });
    let (_stalled_requests, mut stalled) = open_h2(&program, &ada.cookie(), 20, 200).await;
    assert_eq!(ada.events(None, None).await.status(), StatusCode::TOO_MANY_REQUESTS);
    // Nobody hangs up, and their places are free.
    let freed = async { while client_streams(&program).await > 1 {} };
    timeout(PATIENCE, freed).await.expect("they are not closed");
    let again = join_all((0..20).map(|_| ada.open())).await;
    // The client that takes something again is told that it has ended.
    let mut stream = stalled.remove(0);
    let reset = async {
        loop {
            match stream.data().await {
                Some(Ok(piece)) => stream.flow_control().release_capacity(piece.len()).unwrap(),
                Some(Err(error)) => return error.is_reset(),
                None => return false,
            }
        }
    };
    assert!(timeout(PATIENCE, reset).await.expect("it is not reset"));
    drop(again);
    let push = serde_json::json!({ "user": "ada", "event": "own", "data": {} });
    let pushed = client().build().unwrap().post(format!("{}/api/push", program.base)).bearer_auth(TOKEN).json(&push).send().await.unwrap();
    assert_eq!(pushed.status(), StatusCode::ACCEPTED);
    timeout(PATIENCE, reading).await.expect("nothing came").unwrap();
}

async fn client_streams(program: &Program) -> usize {
    let metrics = client().build().unwrap().get(format!("{}/metrics", program.base)).send().await.unwrap().text().await.unwrap();
    metrics.lines().find_map(|line| line.strip_prefix("orderwire_streams ")).unwrap().parse().unwrap()
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_forwarded_address_has_the_limit() {
    let program = Program::start(&["--trusted-proxy", "127.0.0.1", "--max-connections-per-address", "2"]);
    let ada = program.user("ada").await;
    let open = |from: &'static str| {
        let request = ada.http.get(format!("{}/events", program.base));
        async move { if from.is_empty() { request } else { request.header("x-forwarded-for", from) }.send().await.unwrap() }
    };
    let streams = [open("192.0.2.1").await, open("192.0.2.1").await];
    assert!(streams.iter().all(|stream| stream.status() == StatusCode::OK));
    let refused = open("192.0.2.1").await;
    assert_eq!(refused.headers()["retry-after"], "5");
    let (status, answer) = read(refused).await;
    assert_eq!((status, answer["kind"].as_str()), (StatusCode::TOO_MANY_REQUESTS, Some("too_many")), "{answer}");
    assert_eq!(open("192.0.2.2").await.status(), StatusCode::OK, "another address");
    for _ in 0..3 {
        assert_eq!(open("").await.status(), StatusCode::OK, "loopback that forwards nothing");
    }
    drop(streams);
    let freed = async { while open("192.0.2.1").await.status() != StatusCode::OK {} };
    timeout(PATIENCE, freed).await.expect("the place is not free again");
}

#[tokio::test]
async fn an_address_that_nobody_trusts_forwards_nothing() {
    let program = Program::start(&["--max-connections-per-address", "1"]);
    for _ in 0..3 {
        let stream = program.user("ada").await.http.get(format!("{}/events", program.base)).header("x-forwarded-for", "192.0.2.1").send();
        assert_eq!(stream.await.unwrap().status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn a_hangup_reads_the_certificate_again_and_keeps_the_one_before_where_it_cannot() {
    let (program, folder) = with_tls(&[]);
    let address = program.address();
    let certificate_of = |stream: tokio_rustls::client::TlsStream<TcpStream>| stream.get_ref().1.peer_certificates().unwrap()[0].to_vec();
    let first = certificate_of(tls_connect(&address, "http/1.1").await);
    let mut kept = tls_connect(&address, "http/1.1").await;
    certificate(folder.path());
    assert_eq!(certificate_of(tls_connect(&address, "http/1.1").await), first, "not before it is told");
    program.signal("HUP");
    let mut second = first.clone();
    let renewed = async {
        while second == first {
            second = certificate_of(tls_connect(&address, "http/1.1").await);
        }
    };
    timeout(PATIENCE, renewed).await.expect("the certificate is not read again");
    std::fs::write(folder.path().join("certificate.pem"), "none").unwrap();
    program.signal("HUP");
    for _ in 0..20 {
        assert_eq!(certificate_of(tls_connect(&address, "http/1.1").await), second);
    }
    // A connection from before goes on.
    kept.write_all(b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n").await.unwrap();
    let mut answer = [0; 12];
    timeout(PATIENCE, kept.read_exact(&mut answer)).await.expect("no answer").unwrap();
    assert_eq!(&answer, b"HTTP/1.1 200");
}

#[tokio::test]
async fn metrics_with_an_address_of_their_own_are_nowhere_else() {
    let address = format!("127.0.0.1:{}", free_port());
    let program = Program::start(&["--metrics-addr", &address]);
    let get = |url: String| async move { Client::new().get(url).send().await.unwrap() };
    let metrics = get(format!("http://{address}/metrics")).await;
    assert!(metrics.status() == StatusCode::OK && metrics.text().await.unwrap().contains("orderwire_"));
    assert_eq!(get(format!("http://{address}/readyz")).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(get(format!("{}/metrics", program.base)).await.status(), StatusCode::NOT_FOUND);
    let (status, answer) = read(Client::new().post(format!("http://{address}/metrics")).send().await.unwrap()).await;
    assert_eq!((status, answer["kind"].as_str()), (StatusCode::METHOD_NOT_ALLOWED, Some("method_not_allowed")));
}

#[test]
fn public_metrics_are_warned_of() {
    for (addr, own, warned) in [("0.0.0.0:0", None, true), ("127.0.0.1:0", None, false), ("0.0.0.0:0", Some("127.0.0.1:0"), false)] {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite://{}/a.db", folder.path().display());
        let mut command = orderwire();
        command.args(["--addr", addr, "--database-url", &database]);
        command.args(own.map(|own| ["--metrics-addr", own]).into_iter().flatten());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let address = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
        child.kill().unwrap();
        let log = String::from_utf8(child.wait_with_output().unwrap().stderr).unwrap();
        assert_eq!(log.contains("--metrics-addr"), warned, "{address}: {log}");
    }
}

/// As `systemctl reload` does it where a proxy has the certificate.
#[tokio::test]
async fn a_hangup_without_a_certificate_ends_nothing() {
    let program = Program::start(&[]);
    let mut stream = program.user("ada").await.open().await;
    for title in ["one", "two", "three"] {
        program.signal("HUP");
        program.notify("ada", title).await;
        assert_eq!(common::data(&stream.next_logged().await)["title"], title);
    }
}

#[tokio::test]
async fn over_tls_the_cookie_is_secure_and_the_hosts_own() {
    let (own_tls, _folder) = with_tls(&[]);
    let proxied = Program::start(&["--public-url", "https://orders.example"]);
    let plain = Program::start(&["--public-url", "http://orders.example"]);
    for (program, secure) in [(&own_tls, true), (&proxied, true), (&plain, false), (&Program::start(&[]), false)] {
        let body = [("username", "ada"), ("password", "demo")];
        let answer = program.anonymous().http.post(format!("{}/api/sign_in", program.base)).form(&body).send().await.unwrap();
        let cookie = answer.headers()[SET_COOKIE].to_str().unwrap();
        assert_eq!((cookie.starts_with("__Host-orderwire="), cookie.contains("; Secure")), (secure, secure), "{cookie}");
        assert!(cookie.starts_with("__Host-") || cookie.starts_with("orderwire="), "{cookie}");
        assert!(cookie.contains("; HttpOnly") && cookie.contains("; SameSite=Lax") && cookie.contains("; Path=/"), "{cookie}");
        assert!(!cookie.contains("Domain"), "{cookie}");
    }
}

#[tokio::test]
async fn signing_out_over_tls_deletes_the_cookie() {
    let (program, _folder) = with_tls(&[]);
    let ada = program.user("ada").await;
    assert!(ada.cookie().starts_with("__Host-orderwire="), "{}", ada.cookie());
    let answer = ada.http.post(format!("{}/api/sign_out", program.base)).send().await.unwrap();
    let deletion = answer.headers()[SET_COOKIE].to_str().unwrap();
    assert!(deletion.starts_with("__Host-orderwire=;") && deletion.contains("; Max-Age=0"), "{deletion}");
    assert!(deletion.contains("; Secure") && deletion.contains("; Path=/"), "a browser takes no cookie of that name without: {deletion}");
    assert_eq!(ada.events(None, None).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn with_a_public_url_its_scheme_and_port_are_the_origins() {
    let program = Program::start(&["--public-url", "https://orders.example:8443"]);
    for (origin, status) in [
        ("https://orders.example:8443", StatusCode::UNAUTHORIZED),
        ("https://orders.example", StatusCode::FORBIDDEN),
        ("http://orders.example:8443", StatusCode::FORBIDDEN),
        (program.base.as_str(), StatusCode::FORBIDDEN),
    ] {
        let body = [("username", "ada"), ("password", "wrong")];
        let request = Client::new().post(format!("{}/api/sign_in", program.base)).header("accept", "application/json");
        assert_eq!(request.header(ORIGIN, origin).form(&body).send().await.unwrap().status(), status, "{origin}");
    }
}
