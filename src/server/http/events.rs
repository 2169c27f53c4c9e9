//! `GET /events`: who may open a stream, from where, and what a refusal looks like.

use super::{auth::current_user, build_id::build_id, session_use::InUse, sessions::AuthSession, user_agent};
use crate::{
    model::{
        error::{Error, Kind},
        event::Connected,
    },
    server::{
        AppState,
        clock::now,
        cluster::RegisterError,
        sse::{AdmissionError, EventStream, HandedOver, OpenError, STREAM_HEADERS, Session, StreamRequest, TakesStream},
        store::{Store, subscriber},
    },
};
use axum::{
    Extension,
    body::Body,
    extract::{Query, State, rejection::QueryRejection},
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{CONNECTION, USER_AGENT},
    },
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use std::{convert::Infallible, sync::Arc};
use tokio::time::Instant;
use tokio_stream::StreamExt;
use uuid::Uuid;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

#[derive(Debug, Deserialize)]
pub struct EventsQuery {
    after: Option<String>,
    /// Whose page asks. Never believed: where it is not the signed-in user, the page's user is signed out.
    reader: Option<String>,
}

/// The data of `connected`.
#[derive(Serialize)]
struct ConnectedData {
    #[serde(flatten)]
    connected: Connected,
    build: &'static str,
}

/// Opens a stream for the signed-in user. The resume point is the header's, else the query's.
pub async fn events(
    State(app): State<AppState>,
    query: Result<Query<EventsQuery>, QueryRejection>,
    auth: AuthSession,
    takes_stream: Option<Extension<TakesStream>>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let current = current_user(&auth).await?;
    let username = current.user.username.clone();
    // A query that cannot be read is a cursor that cannot be: a resync, not a refusal that would end an EventSource for good.
    let Query(query) = query.unwrap_or(Query(EventsQuery { after: Some(String::new()), reader: None }));
    if query.reader.is_some_and(|reader| reader != username) {
        return Err(Error::signed_out());
    }
    let header = headers.get(LAST_EVENT_ID).map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
    let (client, handle) = (Uuid::new_v4(), Arc::<str>::from(current.session));
    let browser = user_agent::describe(headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default());
    let connected = Connected { client_id: client.to_string(), timestamp: now() };
    let request = StreamRequest {
        client,
        subscriber: subscriber(&current.user),
        session: StreamSession { _in_use: app.sessions.keep_in_use(&handle), store: app.store.clone(), handle, expires: current.expires },
        label: browser.as_str().into(),
        opened_at: connected.timestamp.clone(),
        connected: serde_json::json!(ConnectedData { connected, build: build_id(&app.leptos_options) }).to_string(),
        after: header.or(query.after),
        retry: app.settings.retry,
        keep_alive: app.settings.keep_alive,
    };
    let mut stream = match EventStream::open(&app.hub, app.store.clone(), request).await {
        Ok(stream) => stream,
        Err(OpenError::Admission(refused)) => return Ok(refusal(refused)),
        Err(OpenError::SessionEnded) => return Err(Error::signed_out()),
        Err(OpenError::Log(error)) => return Err(error.into()),
        Err(OpenError::Session(error)) => return Err(error),
    };
    let presence = match app.presence.register(client, &username, &browser).await {
        Ok(presence) => presence,
        Err(RegisterError::Refused(refused)) => return Ok(refusal(refused)),
        Err(RegisterError::Store(error)) => return Err(error.into()),
    };
    // The user's place is free when the stream is dropped.
    stream.hold(presence);
    if takes_stream.is_some() {
        return Ok((STREAM_HEADERS, Extension(HandedOver::new(stream))).into_response());
    }
    Ok((STREAM_HEADERS, Body::from_stream(stream.map(Ok::<_, Infallible>))).into_response())
}

/// The session of a stream, as the sessions' table has it.
struct StreamSession {
    _in_use: InUse,
    store: Store,
    handle: Arc<str>,
    expires: Instant,
}

impl Session for StreamSession {
    type Error = Error;

    fn handle(&self) -> Arc<str> {
        self.handle.clone()
    }

    fn expires(&self) -> Option<Instant> {
        Some(self.expires)
    }

    async fn is_valid(&self) -> Result<bool, Error> {
        Ok(self.store.has_session(&self.handle).await?)
    }
}

fn refusal(refused: AdmissionError) -> Response {
    let error = match refused {
        AdmissionError::UserLimit => Error::new(Kind::TooMany, "too many open streams for one user; close another one first"),
        AdmissionError::Full => Error::new(Kind::Unavailable, "too many open streams; try again in some seconds"),
        AdmissionError::Stopping => Error::new(Kind::Unavailable, "the server is stopping; try again in some seconds"),
    };
    // Closed, because an idle connection keeps one of the files that there are too few of.
    ([(CONNECTION, HeaderValue::from_static("close"))], error).into_response()
}
