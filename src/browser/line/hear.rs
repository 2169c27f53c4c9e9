//! What the stream says, and what becomes of it.

use super::{Frame, LineState, News, Wire, later, now, resync, sign_out};
use crate::{
    browser::board,
    event::{Connected, Event, EventId},
    snapshot::SnapshotStoreFields,
};
use leptos::prelude::*;
use std::time::Duration;
use web_sys::MessageEvent;

/// How long "caught up" is shown.
const CAUGHT_UP: Duration = Duration::from_secs(6);

pub(super) fn message(wire: Wire, message: &MessageEvent) {
    let (kind, data) = (message.type_(), message.data().as_string().unwrap_or_default());
    let id: Option<EventId> = message.last_event_id().parse().ok();
    let Some(tell) = wire.try_update_value(|inner| {
        inner.heard = now();
        inner.tell.clone()
    }) else {
        return;
    };
    if kind == "connected" {
        connected(wire, &data);
    }
    let (came, ahead) = (js_sys::Date::now() as i64, wire.try_with_value(|inner| inner.ahead).unwrap_or_default());
    tell(News::Frame(Frame { id: message.last_event_id(), kind: kind.clone(), data: data.clone(), came, ahead }));
    match (kind.as_str(), id) {
        ("connected", _) => {}
        ("streams", _) => _ = wire.try_with_value(|inner| inner.board.desk().set(serde_json::from_str(&data).ok())),
        ("resync", _) => resync(wire),
        ("session.ended", _) => sign_out(wire),
        ("ping", Some(id)) => move_on(wire, id),
        (_, Some(id)) => match Event::decode(&kind, &data) {
            Ok(Some(event)) => apply(wire, id, event),
            Ok(None) => {}
            // Of a newer server, say. The position moves on: it would be unreadable again.
            Err(error) => {
                leptos::logging::warn!("{kind} {id} cannot be read: {error}");
                move_on(wire, id);
            }
        },
        (_, None) => {}
    }
}

fn connected(wire: Wire, data: &str) {
    let connected: Option<Connected> = serde_json::from_str(data).ok();
    wire.try_update_value(|inner| {
        inner.connected = Some(now());
        let opened = connected.as_ref().map(|connected| js_sys::Date::parse(&connected.timestamp)).filter(|opened| opened.is_finite());
        inner.ahead = opened.map_or(0, |opened| (js_sys::Date::now() - opened) as i64);
        inner.opened = connected.map(|connected| connected.timestamp);
        inner.missed = 0;
        inner.state.set(LineState::Live);
    });
}

/// There is nothing for this page up to `id`.
fn move_on(wire: Wire, id: EventId) {
    wire.try_with_value(|inner| inner.board.cursor().set(id));
}

fn apply(wire: Wire, id: EventId, event: Event) {
    let Some((board, tell)) = wire.try_with_value(|inner| (inner.board, inner.tell.clone())) else { return };
    if !board::apply(board, id, &event) {
        return;
    }
    let missed = wire.try_update_value(|inner| {
        let missed = matches!((event.time(), &inner.opened), (Some(time), Some(opened)) if time < opened.as_str());
        inner.missed += usize::from(missed);
        missed
    });
    if missed == Some(true) {
        show_caught_up(wire);
    }
    tell(News::Event(event));
}

/// Shows for a while how much was missed.
fn show_caught_up(wire: Wire) {
    let Some((state, missed)) = wire.try_with_value(|inner| (inner.state, inner.missed)) else { return };
    state.set(LineState::CaughtUp(missed));
    later(wire, CAUGHT_UP, move || {
        // Unless more has come, which is shown as long.
        if state.get_untracked() == LineState::CaughtUp(missed) {
            state.set(LineState::Live);
        }
    });
}
