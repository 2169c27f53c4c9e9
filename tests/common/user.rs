//! A user of the program, with a cookie jar, as a browser or `curl` has one.

use super::{PASSWORD, StreamClient};
use reqwest::{
    Client, ClientBuilder, Response, StatusCode,
    cookie::{CookieStore, Jar},
    header,
    redirect::Policy,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// A user, signed in or not.
#[derive(Clone)]
pub struct TestUser {
    pub http: Client,
    pub base: String,
    pub jar: Arc<Jar>,
}

impl TestUser {
    /// A client that has not signed in.
    pub fn anonymous(base: &str) -> Self {
        let jar = Arc::new(Jar::default());
        let http = client().cookie_provider(jar.clone()).redirect(Policy::none()).build().unwrap();
        Self { http, base: base.into(), jar }
    }

    /// Signs in, with the demo's password or [`PASSWORD`].
    pub async fn sign_in(base: &str, username: &str) -> Self {
        let user = Self::anonymous(base);
        let password = if ["ada", "grace", "ops"].contains(&username) { "demo" } else { PASSWORD };
        let (status, answer) = user.call("sign_in", json!({ "username": username, "password": password })).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        user
    }

    /// The same session at another address of the same host: cookies belong to a host, not to a port.
    pub fn at(&self, base: &str) -> Self {
        Self { base: base.into(), ..self.clone() }
    }

    /// Calls a server function with JSON; returns the status and the JSON.
    pub async fn call(&self, function: &str, arguments: Value) -> (StatusCode, Value) {
        self.try_call(function, arguments).await.unwrap()
    }

    /// Likewise, over a connection that may break.
    pub async fn try_call(&self, function: &str, arguments: Value) -> reqwest::Result<(StatusCode, Value)> {
        let request = self.http.post(format!("{}/api/{function}", self.base)).header(header::ACCEPT, "application/json");
        try_read(request.json(&arguments).send().await?).await
    }

    /// Likewise; it must succeed.
    pub async fn call_ok(&self, function: &str, arguments: Value) -> Value {
        let (status, answer) = self.call(function, arguments).await;
        assert_eq!(status, StatusCode::OK, "{function}: {answer}");
        answer
    }

    /// Places an order and returns it.
    pub async fn place_order(&self) -> Value {
        self.call_ok("place_order", json!({ "items": { "mug": 1 } })).await
    }

    /// The snapshot of the user's page.
    pub async fn snapshot(&self) -> Value {
        self.try_snapshot().await.unwrap().1
    }

    /// Likewise, over a connection that may break.
    pub async fn try_snapshot(&self) -> reqwest::Result<(StatusCode, Value)> {
        try_read(self.http.get(format!("{}/api/snapshot", self.base)).send().await?).await
    }

    /// Requests a stream.
    pub async fn events(&self, after: Option<&str>, last_event_id: Option<&str>) -> Response {
        self.try_events(after, last_event_id).await.unwrap()
    }

    /// Likewise, over a connection that may break.
    pub async fn try_events(&self, after: Option<&str>, last_event_id: Option<&str>) -> reqwest::Result<Response> {
        let mut request = self.http.get(format!("{}/events", self.base));
        if let Some(after) = after {
            request = request.query(&[("after", after)]);
        }
        if let Some(id) = last_event_id {
            request = request.header("last-event-id", id);
        }
        request.send().await
    }

    /// The `Cookie` header.
    pub fn cookie(&self) -> String {
        self.jar.cookies(&self.base.parse().unwrap()).map_or(String::new(), |cookie| cookie.to_str().unwrap().to_owned())
    }

    /// Opens a stream and reads `connected`.
    pub async fn open(&self) -> StreamClient {
        self.resume(None).await
    }

    /// Opens a stream past `last_event_id` and reads `connected`.
    pub async fn resume(&self, last_event_id: Option<&str>) -> StreamClient {
        let answer = self.events(None, last_event_id).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let mut client = StreamClient::new(answer);
        let first = client.next().await;
        assert_eq!(first.event, "connected");
        client.start = first.id;
        client
    }
}

/// An HTTP client that keeps no idle connections (after a crash it would use one that is dead) and accepts our own certificate.
pub fn client() -> ClientBuilder {
    Client::builder().pool_max_idle_per_host(0).danger_accept_invalid_certs(true)
}

/// The status, and the JSON or else the text of the body.
pub async fn read(answer: Response) -> (StatusCode, Value) {
    try_read(answer).await.unwrap()
}

async fn try_read(answer: Response) -> reqwest::Result<(StatusCode, Value)> {
    let status = answer.status();
    let text = answer.text().await?;
    Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
}
