//! Hostile text, wherever text can be sent: it forges no event in the bytes of a stream, breaks no page, causes no panic (a program that
//! panicked fails its test when it is dropped), and each refusal is one clear line of JSON with the fitting status.

mod common;

use common::{Program, RawStream, TOKEN, TestUser, read};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

/// Text that ends lines, events, strings or tags.
const TEXTS: [&str; 12] = [
    "a\rb",
    "a\nb",
    "a\r\nb",
    "\n\nid: 9-9\nevent: forged\ndata: {}\n\n",
    "\r\rretry: 1\r\r",
    "a\u{0}b",
    "\u{feff}data: a",
    "a\u{2028}b\u{2029}c\u{85}d",
    r#""},"x":{"\"#,
    "</script><script>alert(1)</script>",
    r#"'"><img src=x onerror=alert(1)><!--"#,
    "\u{202e}\u{1f980}\u{7f}\u{1b}[31m",
];

#[tokio::test]
async fn no_text_forges_an_event() {
    let program = Program::start(&[]);
    let (ada, ops) = (program.user("ada").await, program.user("ops").await);
    let start = ada.snapshot().await["cursor"].as_str().unwrap().to_owned();
    let mut expected = Vec::new();
    for text in TEXTS {
        let written = json!({ "title": text, "message": text });
        // The server functions trim what staff write.
        let kept = json!({ "title": text.trim(), "message": text.trim() });
        let mut to_ada = written.clone();
        to_ada["username"] = json!("ada");
        let own = json!({ "text": text, text: [text] });
        let key = text.replace('\0', "nul");
        let answers = [
            (ops.call("broadcast", written.clone()).await, "notification", &kept),
            (ops.call("notify_user", to_ada).await, "notification", &kept),
            (program.push(json!({ "user": "ada", "event": "notification", "data": written })).await, "notification", &written),
            (program.push(json!({ "user": "ada", "event": "own", "data": own, "key": key })).await, "own", &own),
        ];
        for ((status, answer), event, sent) in answers {
            if event == "notification" && text.contains('\0') {
                refused(text, status, &answer, 422);
            } else {
                assert!(status.is_success(), "{text:?}: {answer}");
                expected.push((event, sent.clone()));
            }
        }
    }

    let last = program.notify("ada", "last").await;
    let events = raw_events(&ada, "/events", &format!("last-event-id: {start}\r\n"), &format!("id: {last}\n")).await;
    // `connected`, the expected events, and the last.
    assert_eq!(events.len(), expected.len() + 2);
    for (received, (event, sent)) in events[1..].iter().zip(expected) {
        assert_eq!(received.event, event);
        for (field, value) in sent.as_object().unwrap() {
            assert_eq!(&received.data[field], value);
        }
    }
}

#[tokio::test]
async fn no_cursor_forges_an_event_or_is_met_with_silence() {
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    let head = program.notify("ada", "hello").await;
    // The first one is empty.
    let queries = " %00 %0d%0aid:%209 %0A%0Aevent:%20forged%0A%0A %ff %ED%A0%80 %E2%80%A8 %EF%BB%BF % a&after=b [] +".split(' ');
    let headers: [&[u8]; 6] = [b"\xff\xfe", b"\xed\xa0\x80", b"a\tb", "\u{2028}\u{feff}".as_bytes(), b"", &[b'9'; 8_000]];
    let by_query = queries.map(|query| (format!("/events?after={query}"), Vec::new()));
    let by_header = headers.map(|id| ("/events".to_owned(), [b"last-event-id: ", id, b"\r\n"].concat()));
    for (path, header) in by_query.into_iter().chain(by_header) {
        let events = raw_events(&ada, &path, &header, "event: resync\n").await;
        let [connected, resync] = &events[..] else { panic!("{path} {header:?}: {} events", events.len()) };
        assert_eq!((connected.event.as_str(), resync.event.as_str(), &resync.id), ("connected", "resync", &head), "{path} {header:?}");
    }
    // Bytes that HTTP does not allow in a header or an address are refused before the handler.
    for request in [
        &b"GET /events HTTP/1.1\r\nlast-event-id: a\0b\r\n\r\n"[..],
        b"GET /events?after=\xff HTTP/1.1\r\n\r\n",
        b"GET /events?after=\0 HTTP/1.1\r\n\r\n",
    ] {
        let mut raw = RawStream::send(&ada.base, request).await;
        raw.read_to_end().await;
        assert!(raw.text.starts_with(b"HTTP/1.1 400 "), "{:?}", String::from_utf8_lossy(&raw.text));
    }
    healthy(&program).await;
}

#[tokio::test]
async fn a_body_that_is_no_push_is_refused_with_one_line() {
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    let before = ada.snapshot().await["cursor"].clone();
    let with = |field: &str, json: &str| {
        let mut fields = vec![("user", r#""ada""#), ("event", r#""own""#), ("data", "1")];
        fields.retain(|(name, _)| *name != field);
        fields.push((field, json));
        let fields: Vec<_> = fields.iter().map(|(name, json)| format!("\"{name}\":{json}")).collect();
        format!("{{{}}}", fields.join(",")).into_bytes()
    };
    let text = |text: &str| json!(text).to_string();
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let mut refusals = vec![
        (with("data", r#""\ud800""#), 400),
        (with("data", r#""\udc00\ud800""#), 400),
        (with("event", r#""\ud800""#), 400),
        (with("data", "\"\u{1}\""), 400),
        (with("data", "1e999"), 400),
        (with("data", &nested(1_000)), 400),
        (with("data", &nested(30_000)), 400),
        (["\u{feff}".as_bytes(), &with("data", "1")].concat(), 400),
        (with("data", "\"?\"").iter().map(|byte| if *byte == b'?' { 0xff } else { *byte }).collect(), 400),
        (Vec::new(), 400),
        (b"\0".to_vec(), 400),
        (with("data", "1},{"), 400),
        (with("user\":\"ada\",\"user", r#""grace""#), 422),
        (with("a\\nb\\u0000", "1"), 422),
        (with(&"long".repeat(4_000), "1"), 422),
        (with("user", "[]"), 422),
        (with("key", &text("a\0b")), 422),
        (with("key", &text(&"k".repeat(129))), 422),
        (with("event", &text(&"e".repeat(129))), 422),
        (with("user", &text(&"\u{1}".repeat(10_000))), 404),
        // Each line end takes two bytes when escaped: 16 KiB and one byte.
        (with("data", &text(&format!("{}x", "\n".repeat(8_191)))), 413),
        (with("data", &" ".repeat(64 * 1024)), 413),
    ];
    for hostile in TEXTS {
        refusals.push((with("event", &text(hostile)), 422));
        refusals.push((with("user", &text(hostile)), 404));
    }
    // Whatever has no words of ours has the parser's.
    let parsers = ["EOF", "expected", "invalid type", "missing field", "duplicate field", "unknown field", "at line"];
    for user in ["*", "session:1", "ADA", " ada", "", "../ada"] {
        refusals.push((with("user", &text(user)), 404));
    }
    for (body, want) in refusals {
        let shown = shown(&body);
        let (status, answer) = push(&program, body).await;
        refused(&shown, status, &answer, want);
        let line = answer["error"].as_str().unwrap();
        assert!(!parsers.iter().any(|words| line.contains(words)), "{shown:?}: {line}");
    }
    assert_eq!(ada.snapshot().await["cursor"], before, "nothing was appended");

    let mut stream = ada.open().await;
    let most = text(&"\n".repeat(8_191));
    for sent in [r#"{"a":1,"a":2}"#, &most, &nested(100), r#""\ud83e\udd80""#] {
        let (status, answer) = push(&program, with("data", sent)).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
        assert_eq!(stream.next_logged().await.data, sent, "it is carried unchanged");
    }
    healthy(&program).await;
}

#[tokio::test]
async fn arguments_that_no_function_can_take_are_refused_with_one_line() {
    let program = Program::start(&[]);
    let (ada, ops) = (program.user("ada").await, program.user("ops").await);
    let before = ops.snapshot().await["cursor"].clone();
    let long = "x".repeat(2_001);
    let mut json = vec![
        (&ops, "broadcast", r#"{"title":"\ud800","message":"m"}"#.to_owned(), 400),
        (&ops, "broadcast", format!(r#"{{"title":"t","message":{}}}"#, "[".repeat(30_000)), 400),
        (&ops, "broadcast", "\u{feff}{}".into(), 400),
        (&ops, "broadcast", "[]".into(), 400),
        (&ops, "broadcast", r#"{"title":"t"}"#.into(), 400),
        (&ops, "broadcast", json!({ "title": "t", "message": long }).to_string(), 422),
        (&ops, "broadcast", json!({ "title": "t", "message": "x".repeat(70_000) }).to_string(), 413),
        (&ops, "broadcast", r#"{"title":"t","message":{"\n":"\r"}}"#.into(), 400),
    ];
    for text in TEXTS {
        json.push((&ops, "notify_user", json!({ "username": text, "title": "t", "message": "m" }).to_string(), 404));
        json.push((&ops, "advance_order", json!({ "order_id": text }).to_string(), 404));
        json.push((&ops, "mark_read", json!({ "notification_id": text }).to_string(), 404));
        json.push((&ops, "sign_in", json!({ "username": text, "password": text }).to_string(), 401));
        json.push((&ada, "place_order", json!({ "items": { text: 1 } }).to_string(), 422));
        json.push((&ada, "place_order", json!({ "items": [{ "sku": text }] }).to_string(), 400));
        json.push((&ada, "place_order", json!({ "items": { "mug": text } }).to_string(), 400));
    }
    let forms = [
        (&ada, "place_order", &b"items[mug]=%ff"[..], 400),
        (&ada, "place_order", b"items[mug]=\xff", 400),
        (&ada, "place_order", b"items[mug]=1&items[mug]=2", 400),
        (&ada, "place_order", b"items[%00]=1", 422),
        (&ada, "sign_in", b"username=%ff&password=%00", 400),
        (&ada, "sign_in", b"username=ada&password=\xff", 400),
        (&ada, "sign_in", b"username=ada&username=ops&password=demo", 400),
        (&ada, "sign_in", b"username=ada&password=demo&remember=1", 400),
        (&ops, "advance_orders", b"", 422),
        (&ops, "advance_orders", b"orders=7", 400),
        (&ops, "advance_orders", b"orders[a][b]=7", 400),
        (&ops, "demo_traffic", b"on=maybe", 400),
        (&ada, "sign_in", b"username=ada%00&password=demo", 401),
        (&ada, "sign_in", b"username=ada&password=demo%00", 401),
        (&ada, "sign_in", b"\0", 400),
    ];
    let json = json.into_iter().map(|(user, function, body, want)| (user, function, "application/json", body.into_bytes(), want));
    let forms = forms.map(|(user, function, body, want)| (user, function, "application/x-www-form-urlencoded", body.to_vec(), want));
    for (user, function, kind, body, want) in json.chain(forms) {
        let request = user.http.post(format!("{}/api/{function}", program.base)).header("accept", "application/json");
        let (status, answer) = read(request.header("content-type", kind).body(body.clone()).send().await.unwrap()).await;
        refused(&format!("{function} {}", shown(&body)), status, &answer, want);
    }
    assert_eq!(ops.snapshot().await["cursor"], before, "nothing was appended");
    healthy(&program).await;
}

/// A proxy's CONNECT, and a request line that names a host alone.
#[tokio::test]
async fn a_request_that_names_no_path_is_refused_with_one_line() {
    let program = Program::start(&[]);
    for line in ["CONNECT a:80", "GET a:80", "OPTIONS *", "CONNECT /"] {
        let request = format!("{line} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n");
        let mut raw = RawStream::send(&program.base, request.as_bytes()).await;
        raw.read_to_end().await;
        let text = std::str::from_utf8(&raw.text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{line}: {text:?}"));
        let status: StatusCode = head.split(' ').nth(1).unwrap().parse().unwrap();
        assert!(status.is_client_error() && serde_json::from_str::<Value>(body).unwrap()["error"].is_string(), "{line}: {text}");
    }
    healthy(&program).await;
}

/// Of a search that nobody can mean, and of more pages of one user at once than are read.
#[tokio::test]
async fn a_page_that_cannot_be_loaded_has_the_status_of_its_refusal() {
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    let page = async |query: &str| ada.http.get(format!("{}/?q={query}", program.base)).send().await.unwrap();
    let refused = page(&"x".repeat(500)).await;
    assert_eq!(refused.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.text().await.unwrap().contains("a search has at most 100 characters"));
    let pages = futures::future::join_all((0..200).map(|_| page("mug"))).await;
    let crowded: Vec<_> = pages.iter().filter(|page| page.status() != StatusCode::OK).collect();
    assert!(!crowded.is_empty() && crowded.len() < pages.len(), "{}", crowded.len());
    for page in crowded {
        assert_eq!((page.status(), &page.headers()["retry-after"]), (StatusCode::TOO_MANY_REQUESTS, &"1".parse().unwrap()));
    }
    assert_eq!(page("mug").await.status(), StatusCode::OK);
}

/// Their words are for who writes programs, in a language that the caller may not know.
#[tokio::test]
async fn no_refusal_has_the_words_of_a_parser() {
    let program = Program::start(&[]);
    let ops = program.user("ops").await;
    let form = "application/x-www-form-urlencoded";
    let calls = [
        ("broadcast", form, "title=t", "`message` is missing"),
        ("broadcast", form, "title=t&message=%ff", "`message` is no UTF-8"),
        ("broadcast", form, "title=t&message[x]=m", "`message` must be one value"),
        ("broadcast", "application/json", r#"{"title":"t","message":{"a":1}}"#, "`message` must be one value"),
        ("broadcast", "application/json", r#"{"title":"#, "the body is no JSON: it ends too early"),
        ("demo_traffic", form, "on=1", "`on` must be true or false"),
        ("broadcast", "multipart/form-data; boundary=b", "--b", "a form is sent as application/x-www-form-urlencoded here"),
        ("advance_order", form, "id=7", "`id` is not known here: advance_order takes `order_id`, `version`"),
    ];
    for (function, kind, body, line) in calls {
        let request = ops.http.post(format!("{}/api/{function}", program.base)).header("content-type", kind).body(body);
        let (status, answer) = read(request.send().await.unwrap()).await;
        refused(body, status, &answer, 400);
        assert_eq!(answer["error"], line, "{body}");
    }
    for (query, line) in [
        ("before=x", "`before` must be a whole number"),
        ("q=%ff", "`q` is no UTF-8"),
        ("a=b", "`a` is not known here: snapshot takes `before`, `after`, `status`, `q`, `from`, `to`, `sort`"),
    ] {
        let (status, answer) = read(ops.http.get(format!("{}/api/snapshot?{query}", program.base)).send().await.unwrap()).await;
        refused(query, status, &answer, 400);
        assert_eq!(answer["error"], line, "{query}");
    }
}

/// To a reader they are empty.
#[tokio::test]
async fn a_title_or_message_in_which_nothing_can_be_seen_is_refused() {
    let program = Program::start(&[]);
    let ops = program.user("ops").await;
    for unseen in ["\u{200b}", "\u{2060}", "\u{3164}", "\u{202e}", "\u{ad}", " \u{feff}\u{a0}", "\u{2065}", "\u{e0041}\u{e0fff}"] {
        for (field, title, message) in [("title", unseen, "m"), ("message", "t", unseen)] {
            let (status, answer) = ops.call("broadcast", json!({ "title": title, "message": message })).await;
            refused(unseen, status, &answer, 422);
            assert_eq!((&answer["error"], &answer["field"]), (&json!(format!("the {field} is empty")), &json!(field)), "{unseen:?}");
        }
    }
    ops.call_ok("broadcast", json!({ "title": "Ÿ\u{200d}", "message": "line\nline" })).await;
}

#[tokio::test]
async fn only_the_cookie_that_was_set_is_a_session() {
    let program = Program::start(&[]);
    let given = program.user("ada").await.cookie();
    let cookies: [&[u8]; 10] = [
        b"",
        b"orderwire",
        b"orderwire=",
        b"orderwire=\xff\xfe",
        b"orderwire=a\tb",
        b"orderwire=%00%0d%0a",
        b"=;;orderwire==; ;",
        "orderwire=\u{feff}\u{2028}".as_bytes(),
        &[b'x'; 8_000],
        given.strip_suffix(|_: char| true).unwrap().as_bytes(),
    ];
    for cookie in cookies {
        for path in ["/events", "/api/snapshot"] {
            let request = format!("GET {path} HTTP/1.0\r\naccept: application/json\r\ncookie: ");
            let mut raw = RawStream::send(&program.base, &[request.as_bytes(), cookie, b"\r\n\r\n"].concat()).await;
            raw.read_to_end().await;
            let text = std::str::from_utf8(&raw.text).unwrap();
            let (head, body) = text.split_once("\r\n\r\n").unwrap();
            let status = head.split(' ').nth(1).unwrap().parse().unwrap();
            refused(&format!("{path} {}", shown(cookie)), status, &serde_json::from_str(body).unwrap(), 401);
        }
    }
    healthy(&program).await;
}

#[tokio::test]
async fn no_text_breaks_the_page() {
    let program = Program::start(&[]);
    let (ada, grace) = (program.user("ada").await, program.user("grace").await);
    for text in TEXTS.into_iter().filter(|text| !text.contains('\0')) {
        for (user, text) in [("ada", text), ("grace", "harmless")] {
            let push = json!({ "user": user, "event": "notification", "data": { "title": text, "message": text, "orderId": text } });
            assert_eq!(program.push(push).await.0, StatusCode::ACCEPTED);
        }
    }
    let (hostile, harmless) = (page(&ada).await, page(&grace).await);
    assert!(hostile.contains("alert(1)") && harmless.contains("harmless"), "both are shown");
    assert_eq!(tags(&hostile), tags(&harmless));
}

/// The page that shows notifications.
async fn page(user: &TestUser) -> String {
    user.http.get(&user.base).send().await.unwrap().text().await.unwrap()
}

/// The tags and comments that a browser finds, without attributes.
fn tags(html: &str) -> Vec<&str> {
    html.split('<').skip(1).map(|tag| tag.split([' ', '>']).next().unwrap()).collect()
}

struct RawEvent {
    id: String,
    event: String,
    data: Value,
}

/// The events of a stream up to the one with that line, parsed from the raw bytes: each line must have exactly the expected form.
async fn raw_events(user: &TestUser, path: &str, header: impl AsRef<[u8]>, last: &str) -> Vec<RawEvent> {
    // In HTTP/1.0 the body is the stream's bytes and nothing else.
    let request = format!("GET {path} HTTP/1.0\r\nhost: localhost\r\ncookie: {}\r\n", user.cookie());
    let mut raw = RawStream::send(&user.base, &[request.as_bytes(), header.as_ref(), b"\r\n"].concat()).await;
    raw.read_until(last).await;
    raw.read_until_end("\n\n").await;
    let text = std::str::from_utf8(&raw.text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.0 200 "), "{head}");
    body.strip_suffix("\n\n").unwrap().split("\n\n").map(raw_event).collect()
}

fn raw_event(text: &str) -> RawEvent {
    let mut lines: Vec<_> = text.split('\n').collect();
    assert!(!text.contains(['\r', '\0']), "{text:?}");
    let data = lines.pop().unwrap().strip_prefix("data: ").unwrap();
    let event = lines.pop().unwrap().strip_prefix("event: ").unwrap();
    lines.retain(|line| *line != "retry: 3000");
    assert!(lines.len() <= 1, "{text:?}");
    let id = lines.first().map_or("", |line| line.strip_prefix("id: ").unwrap());
    RawEvent { id: id.into(), event: event.into(), data: serde_json::from_str(data).unwrap() }
}

async fn push(program: &Program, body: Vec<u8>) -> (StatusCode, Value) {
    let request = Client::new().post(format!("{}/api/push", program.base)).bearer_auth(TOKEN);
    read(request.header("content-type", "application/json").body(body).send().await.unwrap()).await
}

fn shown(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(80)]).into_owned()
}

/// The fitting status, and one line of at most 300 characters.
fn refused(sent: &str, status: StatusCode, answer: &Value, want: u16) {
    assert_eq!(status.as_u16(), want, "{sent:?}: {answer}");
    let line = answer["error"].as_str().unwrap_or_else(|| panic!("{sent:?}: {answer}"));
    assert!(!line.is_empty() && !line.contains(char::is_control) && line.chars().count() <= 300, "{sent:?}: {line:?}");
}

async fn healthy(program: &Program) {
    let answer = Client::new().get(format!("{}/healthz", program.base)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}
