//! `GET /events`: headers, format, rights, limits and ends, as the contract has them.

mod common;

use common::{Program, RawStream, TestUser, data, orderwire, sequence};
use reqwest::StatusCode;
use serde_json::json;

#[tokio::test]
async fn a_stream_begins_with_its_cursor_and_may_not_be_cached_or_transformed() {
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    let request = ada.http.get(format!("{}/events", program.base)).header("accept-encoding", "gzip, br");
    let mut answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let header = |name| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    assert_eq!(header("content-type").as_deref(), Some("text/event-stream"));
    assert_eq!(header("cache-control").as_deref(), Some("no-cache, no-store, no-transform"));
    assert_eq!(header("x-accel-buffering").as_deref(), Some("no"));
    assert_eq!(header("content-encoding"), None);

    let first = answer.chunk().await.unwrap().unwrap();
    let lines: Vec<_> = std::str::from_utf8(&first).unwrap().lines().collect();
    let [id, retry, event, connected, ""] = lines[..] else { panic!("{lines:?}") };
    let id = id.strip_prefix("id: ").unwrap();
    assert_eq!(ada.snapshot().await["cursor"], id);
    assert_eq!((retry, event), ("retry: 3000", "event: connected"));
    let connected: serde_json::Value = serde_json::from_str(connected.strip_prefix("data: ").unwrap()).unwrap();
    assert_eq!(connected["clientId"].as_str().unwrap().len(), 36);
    let timestamp = connected["timestamp"].as_str().unwrap();
    assert!(timestamp.len() == 24 && timestamp.ends_with('Z') && timestamp.as_bytes()[10] == b'T', "{timestamp}");
}

#[tokio::test]
async fn nobody_without_a_session_gets_a_stream() {
    let program = Program::start(&[]);
    let answer = program.anonymous().events(Some("ada"), None).await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let forged = program.anonymous().http.get(format!("{}/events?user=ada&username=ada", program.base)).header("cookie", "orderwire=AAAA");
    assert_eq!(forged.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn invariant_6_a_stream_carries_its_users_events_and_nobody_elses() {
    let program = Program::start(&[]);
    let (ada, grace, ops) = (program.user("ada").await, program.user("grace").await, program.user("ops").await);
    let (mut of_ada, mut of_grace, mut of_ops) = (ada.open().await, grace.open().await, ops.open().await);

    let order = ada.place_order().await;
    ops.call_ok("advance_order", json!({ "order_id": order["orderId"] })).await;
    ops.call_ok("notify_user", json!({ "username": "ada", "title": "for ada", "message": "m" })).await;
    ops.call_ok("broadcast", json!({ "title": "for all", "message": "m" })).await;

    let mut seen = Vec::new();
    for _ in 0..5 {
        let event = of_ada.next_logged().await;
        seen.push((event.event.clone(), data(&event)));
    }
    let kinds: Vec<_> = seen.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["order.updated", "order.updated", "notification", "notification", "notification"]);
    let (placed, packed) = (&seen[0].1, &seen[1].1);
    assert_eq!(placed, &order);
    for field in ["orderId", "number", "status", "customer", "totalCents", "updatedAt", "version"] {
        assert!(!placed[field].is_null(), "{field}");
    }
    assert_eq!((&packed["status"], &packed["version"], &packed["customer"]), (&json!("packed"), &json!(2), &json!("ada")));
    assert_eq!(seen[2].1["orderId"], order["orderId"]);
    assert_eq!([&seen[3].1["title"], &seen[4].1["title"]], ["for ada", "for all"]);

    // An event of another user would have come before these.
    assert_eq!(data(&of_grace.next_logged().await)["title"], "for all");
    let of_staff = [of_ops.next_logged().await, of_ops.next_logged().await, of_ops.next_logged().await];
    let kinds: Vec<_> = of_staff.iter().map(|event| event.event.as_str()).collect();
    assert_eq!(kinds, ["order.updated", "order.updated", "notification"]);
    assert!(of_staff.windows(2).all(|pair| sequence(&pair[0].id) < sequence(&pair[1].id)));
}

#[tokio::test]
async fn a_quiet_stream_pings_with_the_position_that_was_read_up_to() {
    let program = Program::start(&["--keep-alive", "300ms"]);
    let (ada, grace) = (program.user("ada").await, program.user("grace").await);
    let mut of_ada = ada.open().await;
    // No event is ada's, yet her cursor advances.
    grace.place_order().await;
    let head = grace.snapshot().await["cursor"].as_str().unwrap().to_owned();
    while of_ada.start != head {
        let event = of_ada.next().await;
        assert_eq!((event.event.as_str(), event.data.as_str()), ("ping", "{}"));
        assert!(sequence(&event.id) >= sequence(&of_ada.start));
        of_ada.start = event.id;
    }

    let mut raw = ada.events(None, None).await;
    raw.chunk().await.unwrap();
    let ping = raw.chunk().await.unwrap().unwrap();
    assert_eq!(ping, format!(": keep-alive\nid: {head}\nevent: ping\ndata: {{}}\n\n"));
}

#[tokio::test]
async fn one_stream_too_many_is_refused_until_another_is_closed() {
    let program = Program::start(&["--max-streams-per-user", "2", "--max-streams", "3", "--keep-alive", "200ms"]);
    let (ada, grace, ops) = (program.user("ada").await, program.user("grace").await, program.user("ops").await);
    let first = ada.open().await;
    let _second = ada.open().await;
    assert_eq!(ada.events(None, None).await.status(), StatusCode::TOO_MANY_REQUESTS);
    let _third = grace.open().await;
    let full = ops.events(None, None).await;
    assert_eq!(full.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(full.headers()["retry-after"].to_str().unwrap().parse::<u32>().unwrap() > 0);
    drop(first);
    // Until the program has noticed that the stream is closed, each attempt is refused at once.
    while ops.events(None, None).await.status() != StatusCode::OK {}
}

#[tokio::test]
async fn invariant_6_signing_out_ends_the_sessions_streams_and_no_others() {
    let program = Program::start(&[]);
    let (here, there) = (program.user("ada").await, program.user("ada").await);
    let (mut first, mut second, mut other) = (here.open().await, here.open().await, there.open().await);
    here.call_ok("sign_out", json!({})).await;
    for stream in [&mut first, &mut second] {
        assert_eq!(stream.next().await.event, "session.ended");
        assert_eq!(stream.next_or_end().await, None);
    }
    assert_eq!(here.events(None, None).await.status(), StatusCode::UNAUTHORIZED);
    program.notify("ada", "still here").await;
    assert_eq!(data(&other.next().await)["title"], "still here");
}

#[tokio::test]
async fn invariant_6_an_expired_session_ends_its_streams() {
    let program = Program::start(&["--session", "2s"]);
    let ada = program.user("ada").await;
    let mut stream = ada.open().await;
    assert_eq!(stream.next_logged().await.event, "session.ended");
    assert_eq!(stream.next_or_end().await, None);
    assert_eq!(ada.events(None, None).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn invariant_6_removing_a_user_ends_their_streams_and_nobody_elses() {
    let program = Program::start(&[]);
    let (ada, grace) = (program.user("ada").await, program.user("grace").await);
    let (mut of_ada, mut of_grace) = (ada.open().await, grace.open().await);
    let removed = orderwire().args(["remove-user", "ada", "--database-url", &program.database()]).output().unwrap();
    assert!(removed.status.success(), "{removed:?}");
    assert_eq!(of_ada.next().await.event, "session.ended");
    assert_eq!(of_ada.next_or_end().await, None);
    assert_eq!(ada.events(None, None).await.status(), StatusCode::UNAUTHORIZED);
    program.notify("grace", "still here").await;
    assert_eq!(data(&of_grace.next().await)["title"], "still here");
}

/// The head of an answer, without what differs from one request to the next; and the rest.
fn head_and_body(text: &[u8]) -> (Vec<String>, String) {
    let text = String::from_utf8(text.to_vec()).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    // A direct stream ends its connection.
    let differs = |line: &str| ["date:", "x-request-id:", "connection: close"].iter().any(|name| line.starts_with(name));
    let mut lines: Vec<_> = head.lines().filter(|line| !differs(line)).map(str::to_owned).collect();
    lines.sort();
    (lines, body.to_owned())
}

/// A client, or a proxy, sees no difference between a direct stream and one that goes the ordinary way.
#[tokio::test]
async fn a_direct_stream_cannot_be_told_from_an_ordinary_one() {
    let mut heads = Vec::new();
    let mut refusals = Vec::new();
    for direct in ["--direct-streams=true", "--direct-streams=false"] {
        let program = Program::start(&[direct]);
        let ada = program.user("ada").await;
        let mut raw = RawStream::open(&ada).await;
        let large = "x".repeat(15_000);
        for number in 0..20 {
            program.notify("ada", &format!("{number}")).await;
            let push = json!({ "user": "ada", "event": "own", "data": { "large": large } });
            assert_eq!(program.push(push).await.0, StatusCode::ACCEPTED);
        }
        // What is not read yet when the session ends is not sent any more.
        program.notify("ada", "the last").await;
        raw.read_until("the last").await;
        ada.call_ok("sign_out", json!({})).await;
        raw.read_until_end("\r\n0\r\n\r\n").await;
        let (head, body) = head_and_body(&raw.text);
        heads.push(head);
        let text = unchunked(body.as_bytes());
        assert!(text.ends_with("event: session.ended\ndata: {}\n\n"), "{}", &text[text.len() - 200..]);
        assert_eq!((text.matches("event: notification").count(), text.matches(&large).count()), (21, 20));
        let stranger = TestUser { base: program.base.clone(), ..program.anonymous() };
        let mut refused = RawStream::open(&stranger).await;
        refused.read_until_end("}").await;
        refusals.push(head_and_body(&refused.text));
    }
    assert_eq!(heads[0], heads[1]);
    assert_eq!(refusals[0], refusals[1]);
}

/// The content of a chunked body (RFC 9112, section 7.1), which must end with the last chunk.
fn unchunked(mut body: &[u8]) -> String {
    let mut content = Vec::new();
    loop {
        let end = body.windows(2).position(|window| window == b"\r\n").unwrap();
        let length = usize::from_str_radix(std::str::from_utf8(&body[..end]).unwrap(), 16).unwrap();
        let chunk = &body[end + 2..];
        content.extend_from_slice(&chunk[..length]);
        assert_eq!(&chunk[length..length + 2], b"\r\n");
        body = &chunk[length + 2..];
        if length == 0 {
            assert!(body.is_empty());
            return String::from_utf8(content).unwrap();
        }
    }
}
