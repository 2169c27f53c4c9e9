//! `POST /api/push`: other programs tell a user something. Pushes that arrive while a commit is under way share the next one.

use super::api;
use crate::{
    model::error::{Error, Kind},
    server::{
        AppState,
        store::{Push, Pushed, Store},
    },
};
use axum::{
    Json,
    extract::{Request, State},
    http::{StatusCode, header::AUTHORIZATION},
    response::{IntoResponse, Response},
};
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

/// Pushes that wait for the next commit; one more waits in its own connection.
const WAITING: usize = 1_024;

/// Pushes that one commit takes: readers see the first of them no later than it takes to write so many.
const BATCH: usize = 256;

/// Appends pushes, in the order in which they came.
#[derive(Clone)]
pub struct Appender(mpsc::Sender<(Push, oneshot::Sender<Pushed>)>);

impl Appender {
    pub fn start(store: Store) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING);
        tokio::spawn(append(store, receiver));
        Self(sender)
    }

    /// Returns when the event has been committed.
    async fn append(&self, push: Push) -> Pushed {
        let stopping = || Error::new(Kind::Unavailable, "the server is stopping");
        let (sender, outcome) = oneshot::channel();
        self.0.send((push, sender)).await.map_err(|_| stopping())?;
        outcome.await.map_err(|_| stopping())?
    }
}

async fn append(store: Store, mut waiting: mpsc::Receiver<(Push, oneshot::Sender<Pushed>)>) {
    let mut batch = Vec::with_capacity(BATCH);
    while waiting.recv_many(&mut batch, BATCH).await > 0 {
        let (pushes, senders): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
        let outcomes = match store.push(&pushes).await {
            Ok(outcomes) => outcomes,
            Err(error) => pushes.iter().map(|_| Err(error.clone())).collect(),
        };
        for (sender, outcome) in senders.into_iter().zip(outcomes) {
            // A pusher that went away will ask again with its key.
            let _ = sender.send(outcome);
        }
    }
}

/// 202 with the event's id; 401 for a wrong token, 404 where no token is set or nobody has that name, 413, 422.
pub async fn push(State(app): State<AppState>, request: Request) -> Result<Response, Error> {
    let Some(token) = &app.settings.push_token else {
        return Err(Error::new(Kind::NotFound, "pushing is off: the server runs without --push-token"));
    };
    let given = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    if !given.is_some_and(|(_, given)| same(given.trim().as_bytes(), token.as_bytes())) {
        return Err(Error::new(Kind::SignedOut, "the bearer token is missing or wrong"));
    }
    let push = Push::read(&api::read(request.into_body()).await?)?;
    let id = app.pushes.append(push).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({ "id": id }))).into_response())
}

/// Compares without telling by its time how much was right.
fn same(given: &[u8], token: &[u8]) -> bool {
    given.len() == token.len() && given.iter().zip(token).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}
