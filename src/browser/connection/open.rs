//! Opening the line, and what becomes of a try.

use super::{
    ConnectionNotice, ConnectionState, RetryReason, backoff, hear,
    inner::{Driver, is_turn, later, now, sign_out},
    share,
    source::{self, Source},
    wait::wait,
};
use crate::{
    browser::{fetch, json, page_state, tabs::TabMessage},
    model::{
        error::{Error, Kind},
        event::EventId,
        snapshot::{Filter, Snapshot, SnapshotStoreFields},
    },
};
use leptos::{prelude::*, task::spawn_local};
use std::time::Duration;
use web_sys::MessageEvent;

/// How long after a refusal it is asked what it was.
const ASK_AFTER: Duration = Duration::from_millis(100);

/// Opens the line at the page_state's position, in place of the one there may be. Who follows asks the leader.
pub fn open(wire: Driver) {
    if let Some(position) = wire.try_with_value(|inner| inner.page_state.cursor().get_untracked()) {
        open_past(wire, position);
    }
}

fn open_past(wire: Driver, position: EventId) {
    share::join(wire, false);
    let address = wire.try_update_value(|inner| {
        inner.rest(ConnectionState::Opening);
        inner.heard = now();
        inner.patience = backoff::patience(Duration::from_millis(inner.page_state.keep_alive_ms().get_untracked()), js_sys::Math::random());
        inner.past = position;
        if inner.share.follows() {
            inner.share.ask(TabMessage::Join(inner.past.clone()));
            return None;
        }
        Some(inner.address(&inner.past))
    });
    let Some(address) = address.flatten() else { return };
    match stream(wire, &address) {
        Some(source) => _ = wire.try_update_value(|inner| inner.source = Some(source)),
        None => wait(wire, RetryReason::Broken, Duration::ZERO),
    }
}

/// Opens a stream at an earlier position, from which on another tab has missed something. The one there is goes on until then: nobody's line
/// is down meanwhile.
pub fn open_beside(wire: Driver, position: EventId) {
    let Some(address) = wire.try_with_value(|inner| inner.address(&position)) else { return };
    let next = stream(wire, &address);
    wire.try_update_value(|inner| inner.next = next.map(|next| (next, position)));
}

fn stream(wire: Driver, address: &str) -> Option<Source> {
    let message = move |message: MessageEvent| {
        wire.try_update_value(|inner| {
            if let Some((next, position)) = inner.next.take_if(|_| message.type_() == "connected") {
                (inner.source, inner.past) = (Some(next), position);
            }
        });
        hear::message(wire, &message);
    };
    // Where there is no room for two, the one there is makes way.
    let failed = move || match wire.try_update_value(|inner| inner.next.take()).flatten() {
        Some((_, position)) => open_past(wire, position),
        None => broken(wire),
    };
    Source::open(address, message, failed)
}

/// Closes the line for good.
pub fn close(wire: Driver) {
    // The state is not told any more: the views that show it are going as well.
    wire.try_update_value(|inner| {
        inner.share.leave();
        (inner.source, inner.next, inner.watch) = (None, None, None);
    });
    wire.dispose();
}

/// The browser says only that something broke, not what. Where an answer came, and was no stream, it is asked for once more; a moment
/// later, since a page that is about to be left hears the same, and is gone by then.
fn broken(wire: Driver) {
    let refused = wire.try_update_value(|inner| {
        let refused = inner.source.as_ref().is_some_and(Source::refused);
        inner.rest(ConnectionState::Opening);
        inner.heard = now();
        refused
    });
    match refused {
        Some(true) => later(wire, ASK_AFTER, move || ask(wire)),
        Some(false) => wait(wire, RetryReason::Broken, Duration::ZERO),
        None => {}
    }
}

/// Finds out why there is no stream.
fn ask(wire: Driver) {
    let Some((turn, address)) = wire.try_with_value(|inner| (inner.turn, inner.address(&inner.past))) else { return };
    spawn_local(async move {
        let refusal = source::refusal(&address).await;
        if !is_turn(wire, turn) {
            return;
        }
        match refusal {
            Some((401, _)) => sign_out(wire),
            Some((429, after)) => wait(wire, RetryReason::TooMany, after),
            Some((503, after)) => wait(wire, RetryReason::Busy, after),
            Some((_, after)) => wait(wire, RetryReason::Broken, after),
            None => wait(wire, RetryReason::Broken, Duration::ZERO),
        }
    });
}

/// The line ends while the page_state is fetched, and opens at the new page_state's position: what happens in between is on one or the other.
pub fn resync(wire: Driver) {
    let Some((turn, page_state, tell)) = wire.try_update_value(|inner| {
        let turn = inner.rest(ConnectionState::Opening);
        inner.fetching = true;
        (turn, inner.page_state, inner.tell.clone())
    }) else {
        return;
    };
    spawn_local(async move {
        let query = page_state.filter().with_untracked(Filter::query);
        let fresh = fetch::get(&format!("/api/snapshot{query}"))
            .await
            .and_then(|text| json::read::<Snapshot>(&text).ok_or_else(|| Error::new(Kind::Internal, "the snapshot cannot be read")));
        if !is_turn(wire, turn) {
            return;
        }
        match fresh {
            // By now, another has signed in in this browser.
            Ok(snapshot) if snapshot.user != page_state.user().get_untracked() => sign_out(wire),
            Ok(snapshot) => {
                if snapshot.cursor.epoch != page_state.cursor().get_untracked().epoch {
                    wire.try_update_value(|inner| inner.share.leave());
                }
                page_state::replace(page_state, snapshot);
                tell(ConnectionNotice::Resynced);
                match wire.try_update_value(|inner| inner.backoff.is_first_resync()) {
                    Some(true) => open(wire),
                    _ => wait(wire, RetryReason::Broken, Duration::ZERO),
                }
            }
            Err(error) if error.kind == Kind::SignedOut => sign_out(wire),
            Err(_) => wait(wire, RetryReason::Broken, Duration::ZERO),
        }
    });
}
