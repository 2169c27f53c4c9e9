//! Somebody who uses the program as a browser or `curl` would.

use super::Reader;
use reqwest::{
    Client, ClientBuilder, Response, StatusCode,
    cookie::{CookieStore, Jar},
    header,
    redirect::Policy,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// Somebody with a cookie jar.
#[derive(Clone)]
pub struct Person {
    pub http: Client,
    pub base: String,
    pub jar: Arc<Jar>,
}

impl Person {
    /// Somebody who has not signed in.
    pub fn stranger(base: &str) -> Self {
        let jar = Arc::new(Jar::default());
        let http = client().cookie_provider(jar.clone()).redirect(Policy::none()).build().unwrap();
        Self { http, base: base.into(), jar }
    }

    /// Signs in and returns the person. The password is the demo's.
    pub async fn sign_in(base: &str, username: &str) -> Self {
        let person = Self::stranger(base);
        let (status, answer) = person.call("sign_in", json!({ "username": username, "password": "demo" })).await;
        assert_eq!(status, StatusCode::OK, "{answer}");
        person
    }

    /// The same browser at another address of the same host: cookies are the host's, not the port's.
    pub fn at(&self, base: &str) -> Self {
        Self { base: base.into(), ..self.clone() }
    }

    /// Calls a server function with JSON; the status and the JSON that came.
    pub async fn call(&self, function: &str, arguments: Value) -> (StatusCode, Value) {
        self.attempt(function, arguments).await.unwrap()
    }

    /// Likewise, on a line that may break.
    pub async fn attempt(&self, function: &str, arguments: Value) -> reqwest::Result<(StatusCode, Value)> {
        let request = self.http.post(format!("{}/api/{function}", self.base)).header(header::ACCEPT, "application/json");
        try_read(request.json(&arguments).send().await?).await
    }

    /// Likewise, and it has to go well.
    pub async fn done(&self, function: &str, arguments: Value) -> Value {
        let (status, answer) = self.call(function, arguments).await;
        assert_eq!(status, StatusCode::OK, "{function}: {answer}");
        answer
    }

    /// Places an order and returns it.
    pub async fn order(&self) -> Value {
        self.done("place_order", json!({ "items": { "mug": 1 } })).await
    }

    /// What this person's page would show.
    pub async fn snapshot(&self) -> Value {
        self.try_snapshot().await.unwrap().1
    }

    /// Likewise, on a line that may break.
    pub async fn try_snapshot(&self) -> reqwest::Result<(StatusCode, Value)> {
        try_read(self.http.get(format!("{}/api/snapshot", self.base)).send().await?).await
    }

    /// Asks for a stream.
    pub async fn events(&self, after: Option<&str>, last_event_id: Option<&str>) -> Response {
        self.try_events(after, last_event_id).await.unwrap()
    }

    /// Likewise, on a line that may break.
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

    /// The `Cookie` header that the jar makes.
    pub fn cookie(&self) -> String {
        self.jar.cookies(&self.base.parse().unwrap()).map_or(String::new(), |cookie| cookie.to_str().unwrap().to_owned())
    }

    /// Opens a stream and reads its first frame.
    pub async fn open(&self) -> Reader {
        self.resume(None).await
    }

    /// Opens a stream past `last_event_id` and reads its first frame.
    pub async fn resume(&self, last_event_id: Option<&str>) -> Reader {
        let answer = self.events(None, last_event_id).await;
        assert_eq!(answer.status(), StatusCode::OK);
        let mut reader = Reader::new(answer);
        let first = reader.next().await;
        assert_eq!(first.event, "connected");
        reader.start = first.id;
        reader
    }
}

/// A client without idle connections, one of which, cut by a crash, would be taken up again; and without doubt of our own certificate.
pub fn client() -> ClientBuilder {
    Client::builder().pool_max_idle_per_host(0).danger_accept_invalid_certs(true)
}

/// The status, and the JSON or else the text that came.
pub async fn read(answer: Response) -> (StatusCode, Value) {
    try_read(answer).await.unwrap()
}

async fn try_read(answer: Response) -> reqwest::Result<(StatusCode, Value)> {
    let status = answer.status();
    let text = answer.text().await?;
    Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
}
