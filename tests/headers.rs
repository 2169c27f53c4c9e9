//! Response headers: every kind of response has those that keep a browser from doing what no page of ours asks for, and says how long it
//! may be kept.

mod common;

use common::{Program, orderwire};
use reqwest::{Client, Method, RequestBuilder, Response, header::HeaderMap};
use std::{
    collections::HashSet,
    io::{BufRead, BufReader},
    process::Stdio,
};

/// A page may do this and nothing else; its scripts have the nonce.
const PAGE_POLICY: &str = "default-src 'none'; script-src 'nonce-…' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; manifest-src 'self'; \
                           connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// For whatever is no page.
const NOTHING: &str = "default-src 'none'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

#[tokio::test]
async fn every_response_has_the_security_headers_and_says_how_long_it_may_be_kept() {
    let program = Program::start(&[]);
    let (ada, nobody) = (program.user("ada").await, program.anonymous());
    let request = |who: &common::TestUser, method: Method, path: &str| who.http.request(method, format!("{}{path}", program.base));
    let get = |who, path| request(who, Method::GET, path);
    let html = |request: RequestBuilder| request.header("accept", "text/html");
    let (page, nothing) = (PAGE_POLICY, NOTHING);
    let responses = [
        (get(&ada, "/"), 200, page, "no-store"),
        (get(&ada, "/wire"), 200, page, "no-store"),
        (get(&nobody, "/sign-in"), 200, page, "no-store"),
        (html(get(&nobody, "/nowhere")), 404, page, "no-store"),
        (get(&nobody, "/pkg/nothing.js"), 404, nothing, "no-store"),
        (get(&nobody, "/"), 302, page, "no-store"),
        (get(&ada, "/api/snapshot"), 200, nothing, "no-store"),
        (get(&nobody, "/api/snapshot"), 401, nothing, "no-store"),
        (get(&nobody, "/api/nothing"), 404, nothing, "no-store"),
        (get(&nobody, "/api/a/b"), 404, nothing, "no-store"),
        (get(&nobody, "/api"), 404, nothing, "no-store"),
        (get(&nobody, "/api/place_order"), 405, nothing, "no-store"),
        (request(&ada, Method::POST, "/api/mark_read"), 422, nothing, "no-store"),
        (html(request(&ada, Method::POST, "/api/mark_read")), 303, nothing, "no-store"),
        (request(&ada, Method::POST, "/api/mark_read").header("sec-fetch-site", "cross-site"), 403, nothing, "no-store"),
        (request(&nobody, Method::POST, "/api/push"), 401, nothing, "no-store"),
        (request(&nobody, Method::POST, "/"), 405, nothing, "no-store"),
        (get(&ada, "/events"), 200, nothing, "no-cache, no-store, no-transform"),
        (get(&nobody, "/events"), 401, nothing, "no-store"),
        (get(&nobody, "/healthz"), 200, nothing, "no-store"),
        (get(&nobody, "/readyz"), 200, nothing, "no-store"),
        (get(&nobody, "/metrics"), 200, nothing, "no-store"),
    ];
    let mut nonces = HashSet::new();
    for (request, status, policy, cache) in responses {
        let answer = request.send().await.unwrap();
        let at = format!("{} {}", answer.status(), answer.url());
        assert_eq!(answer.status(), status, "{at}");
        assert_headers(&answer, cache, &at);
        let nonce = assert_policy(answer.headers(), policy, &at);
        assert!(nonce.is_none_or(|nonce| nonces.insert(nonce)), "{at}: a nonce is used once");
    }
    assert!(nonces.iter().all(|nonce| nonce.len() >= 22), "16 random bytes each");
}

#[tokio::test]
async fn every_script_of_a_page_has_the_nonce_of_its_policy() {
    let program = Program::start(&[]);
    for (user, path) in [("ada", "/"), ("ops", "/console"), ("ada", "/wire"), ("ada", "/sign-in"), ("ada", "/nowhere")] {
        let user = program.user(user).await;
        let answer = user.http.get(format!("{}{path}", program.base)).send().await.unwrap();
        let nonce = assert_policy(answer.headers(), PAGE_POLICY, path).unwrap();
        let page = answer.text().await.unwrap();
        let tags = page.split('<').skip(1).map(|tag| tag.split('>').next().unwrap());
        let runs = |tag: &str| tag.starts_with("script") && !tag.contains("application/json") || tag.contains("modulepreload");
        let scripts: Vec<_> = tags.filter(|tag| runs(tag)).collect();
        assert!(!scripts.is_empty(), "{path}");
        for tag in scripts {
            assert!(tag.contains(&format!("nonce=\"{nonce}\"")), "{path}: {tag}");
            assert_eq!(tag.matches(" nonce=").count(), 1, "{path}: a script with two does not run: {tag}");
        }
        assert!(!page.contains(" style=") && !page.contains(" onclick="), "{path}: the policy allows neither");
    }
}

/// Served from the sources' folder, so that it needs no build of the site.
#[tokio::test]
async fn a_file_may_be_kept_for_an_hour_and_one_that_is_missing_may_not() {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite://{}/orderwire.db", folder.path().display());
    let mut command = orderwire();
    command.args(["--addr", "127.0.0.1:0", "--database-url", &database]).env("LEPTOS_SITE_ROOT", "public");
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let line = BufReader::new(child.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let base = line.strip_prefix("Orderwire serves at ").unwrap();
    let get = async |path: &str| Client::new().get(format!("{base}{path}")).send().await.unwrap();

    let file = get("/favicon.svg").await;
    assert_eq!(file.status(), 200);
    assert_headers(&file, "public, max-age=3600", "/favicon.svg");
    assert_eq!(assert_policy(file.headers(), NOTHING, "/favicon.svg"), None);
    let manifest = get("/manifest.webmanifest").await;
    assert_eq!(manifest.headers()["content-type"], "application/manifest+json");
    assert_headers(&manifest, "public, max-age=3600", "/manifest.webmanifest");
    for icon in manifest.json::<serde_json::Value>().await.unwrap()["icons"].as_array().unwrap() {
        let path = icon["src"].as_str().unwrap();
        let file = get(path).await;
        assert_eq!((file.status().as_u16(), file.headers()["content-type"].to_str().ok()), (200, icon["type"].as_str()), "{path}");
        assert_headers(&file, "public, max-age=3600", path);
    }
    let written = Client::new().post(format!("{base}/favicon.svg")).send().await.unwrap();
    assert_eq!((written.status().as_u16(), written.headers()["allow"].to_str().unwrap()), (405, "GET,HEAD"));
    assert_headers(&written, "no-store", "POST /favicon.svg");
    let missing = get("/pkg/orderwire.0000.js").await;
    assert_eq!(missing.status(), 404);
    assert_headers(&missing, "no-store", "/pkg");
    assert_eq!(missing.headers()["vary"], "accept-encoding", "there is a precompressed form of each");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[tokio::test]
async fn over_tls_browsers_are_told_to_come_over_tls_again() {
    let program = Program::start(&["--public-url", "https://orders.example"]);
    let answer = Client::new().get(format!("{}/healthz", program.base)).send().await.unwrap();
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=63072000");
    let plain = Program::start(&["--public-url", "http://orders.example"]);
    let answer = Client::new().get(format!("{}/healthz", plain.base)).send().await.unwrap();
    assert_eq!(answer.headers().get("strict-transport-security"), None);
}

fn assert_headers(answer: &Response, cache: &str, at: &str) {
    let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap());
    assert_eq!(header("cache-control"), Some(cache), "{at}");
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
    ] {
        assert_eq!(header(name), Some(value), "{at}");
    }
    assert!(header("permissions-policy").is_some_and(|policy| policy.contains("camera=()")), "{at}");
    assert_eq!(header("strict-transport-security"), None, "{at}: not without TLS");
}

/// Holds the policy against `expected`; returns the nonce, which is `…` there.
fn assert_policy(headers: &HeaderMap, expected: &str, at: &str) -> Option<String> {
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert_eq!(headers.get_all("content-security-policy").iter().count(), 1, "{at}");
    let nonce = policy.split("'nonce-").nth(1).map(|rest| rest.split('\'').next().unwrap().to_owned());
    let expected = nonce.iter().fold(expected.to_owned(), |policy, nonce| policy.replace('…', nonce));
    assert_eq!(policy, expected, "{at}");
    nonce
}
