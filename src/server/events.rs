//! `GET /events`: who may open a stream, from where, and what a refusal looks like.

use super::{
    App,
    access::{AuthSession, visitor},
    live::{Refused, STREAM_HEADERS, Start, Stream},
};
use crate::error::{Error, Kind};
use axum::{
    body::Body,
    extract::{Query, State, rejection::QueryRejection},
    http::{
        HeaderMap, HeaderName, HeaderValue,
        header::{CONNECTION, RETRY_AFTER},
    },
    response::{IntoResponse, Response},
};
use futures::stream;
use serde::Deserialize;
use std::convert::Infallible;

const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Seconds after which a reader that found no room may come again.
const ROOM_AFTER: u64 = 5;

#[derive(Debug, Deserialize)]
pub struct From {
    after: Option<String>,
}

/// Opens a stream for the signed-in person. The resume point is the header's, else the query's.
pub async fn events(
    State(app): State<App>,
    query: Result<Query<From>, QueryRejection>,
    auth: AuthSession,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let visitor = visitor(&auth).await?;
    let username = visitor.user.username.clone();
    let header = headers.get(LAST_EVENT_ID).map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
    let start = Start {
        user: visitor.user,
        session: visitor.session,
        expires: visitor.expires,
        // A query that cannot be read is a position that cannot be: a resync, not a refusal that would end an EventSource for good.
        after: header.or_else(|| query.map_or(Some(String::new()), |Query(from)| from.after)),
        retry: app.settings.retry,
        keep_alive: app.settings.keep_alive,
    };
    let stream = match Stream::open(app.hub.clone(), app.store.clone(), start).await? {
        Ok(stream) => stream,
        Err(refused) => return Ok(refusal(refused)),
    };
    // A sign-out, or the person's removal, that came before the seat was taken could not end this stream.
    if !app.sessions.still(auth.session.id()).await? || app.store.account(&username).await?.is_none() {
        return Err(Error::signed_out());
    }
    let pieces = stream::unfold(stream, |mut stream| async {
        let bytes = stream.next().await?;
        Some((Ok::<_, Infallible>(bytes), stream))
    });
    Ok((STREAM_HEADERS, Body::from_stream(pieces)).into_response())
}

fn refusal(refused: Refused) -> Response {
    let error = match refused {
        Refused::User => Error::new(Kind::TooMany, "too many open streams for one user; close another one first"),
        Refused::Full => Error::new(Kind::Unavailable, "too many open streams; try again in some seconds"),
        Refused::Stopping => Error::new(Kind::Unavailable, "the server is stopping; try again in some seconds"),
    };
    // Closed, or the connection would keep one of the files that there are too few of.
    ([(RETRY_AFTER, HeaderValue::from(ROOM_AFTER)), (CONNECTION, HeaderValue::from_static("close"))], error).into_response()
}
