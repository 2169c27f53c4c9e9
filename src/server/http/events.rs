//! `GET /events`: who may open a stream, from where, and what a refusal looks like.

use super::auth::{AuthSession, visitor};
use crate::{
    model::error::{Error, Kind},
    server::{
        AppState,
        sse::{AdmissionError, STREAM_HEADERS, Start, Stream},
    },
};
use axum::{
    body::Body,
    extract::{Query, State, rejection::QueryRejection},
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{CONNECTION, RETRY_AFTER, USER_AGENT},
    },
    response::{IntoResponse, Response},
};
use futures::stream;
use serde::Deserialize;
use std::convert::Infallible;
use uuid::Uuid;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Seconds after which a reader that found no room may come again.
const ROOM_AFTER: u64 = 5;

#[derive(Debug, Deserialize)]
pub struct From {
    after: Option<String>,
    /// Whose page asks. Never believed: where it is not the signed-in person's, that page's person is signed out.
    reader: Option<String>,
}

/// Opens a stream for the signed-in person. The resume point is the header's, else the query's.
pub async fn events(
    State(app): State<AppState>,
    query: Result<Query<From>, QueryRejection>,
    auth: AuthSession,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let visitor = visitor(&auth).await?;
    let username = visitor.user.username.clone();
    // A query that cannot be read is a position that cannot be: a resync, not a refusal that would end an EventSource for good.
    let Query(from) = query.unwrap_or(Query(From { after: Some(String::new()), reader: None }));
    if from.reader.is_some_and(|reader| reader != username) {
        return Err(Error::signed_out());
    }
    let header = headers.get(LAST_EVENT_ID).map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
    let client = Uuid::new_v4();
    let browser = browser(headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).unwrap_or_default());
    let start = Start {
        client,
        user: visitor.user,
        session: visitor.session,
        browser: browser.clone(),
        expires: visitor.expires,
        after: header.or(from.after),
        retry: app.settings.retry,
        keep_alive: app.settings.keep_alive,
    };
    let stream = match Stream::open(app.hub.clone(), app.store.clone(), start).await? {
        Ok(stream) => stream,
        Err(refused) => return Ok(refusal(refused)),
    };
    let enrolled = match app.presence.enter(client, &username, &browser).await? {
        Ok(enrolled) => enrolled,
        Err(refused) => return Ok(refusal(refused)),
    };
    // A sign-out, or the person's removal, that came before the subscription was taken could not end this stream.
    if !app.sessions.still(auth.session.id()).await? || app.store.account(&username).await?.is_none() {
        return Err(Error::signed_out());
    }
    // The place on the presence is left when the stream is dropped.
    let pieces = stream::unfold((stream, enrolled), |(mut stream, enrolled)| async {
        let bytes = stream.next().await?;
        Some((Ok::<_, Infallible>(bytes), (stream, enrolled)))
    });
    Ok((STREAM_HEADERS, Body::from_stream(pieces)).into_response())
}

/// What reads, in a word or two: `Firefox on Linux`, or the program's own name.
fn browser(agent: &str) -> String {
    // Each says that it is those further down, too.
    const NAMES: [(&str, &str); 6] =
        [("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("CriOS/", "Chrome"), ("Safari/", "Safari")];
    const SYSTEMS: [(&str, &str); 6] =
        [("Android", "Android"), ("iPhone", "iOS"), ("iPad", "iPadOS"), ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux")];
    let known = |list: &[(&str, &'static str)]| list.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    match (known(&NAMES), known(&SYSTEMS)) {
        (Some(name), Some(system)) => format!("{name} on {system}"),
        (Some(name), None) => name.into(),
        _ => {
            agent.split(['/', ' ']).next().filter(|name| !name.is_empty()).map_or("unknown".into(), |name| name.chars().take(32).collect())
        }
    }
}

fn refusal(refused: AdmissionError) -> Response {
    let error = match refused {
        AdmissionError::User => Error::new(Kind::TooMany, "too many open streams for one user; close another one first"),
        AdmissionError::Full => Error::new(Kind::Unavailable, "too many open streams; try again in some seconds"),
        AdmissionError::Stopping => Error::new(Kind::Unavailable, "the server is stopping; try again in some seconds"),
    };
    // Closed, or the connection would keep one of the files that there are too few of.
    ([(RETRY_AFTER, HeaderValue::from(ROOM_AFTER)), (CONNECTION, HeaderValue::from_static("close"))], error).into_response()
}

#[cfg(test)]
mod tests {
    use super::browser;

    #[test]
    fn readers_are_named_as_people_know_them() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36";
        assert_eq!(browser(chrome), "Chrome on Linux");
        assert_eq!(browser(&format!("{chrome} Edg/130.0")), "Edge on Linux");
        assert_eq!(browser("curl/8.5.0"), "curl");
        assert_eq!(browser(""), "unknown");
    }
}
