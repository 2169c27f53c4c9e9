//! What the stream says, and what becomes of it.

use super::{
    ConnectionNotice, ConnectionState, ReceivedEvent,
    inner::{Driver, later, now, sign_out},
    open::resync,
};
use crate::{
    browser::{json, page_state, tabs::TabMessage},
    model::{
        event::{Connected, Event, EventId},
        snapshot::SnapshotStoreFields,
    },
};
use leptos::prelude::*;
use std::time::Duration;
use web_sys::MessageEvent;

/// How long "caught up" is shown.
const CAUGHT_UP: Duration = Duration::from_secs(6);

/// What this tab's own stream says.
pub(super) fn message(wire: Driver, message: &MessageEvent) {
    let (id, kind, data) = (message.last_event_id(), message.type_(), message.data().as_string().unwrap_or_default());
    wire.try_update_value(|inner| inner.heard = now());
    if kind == "connected" {
        return connected(wire, id, data, None);
    }
    wire.try_update_value(|inner| {
        let past = inner.past.clone();
        if let Ok(id) = id.parse() {
            inner.past = id;
        }
        inner.share.lead(|| TabMessage::ReceivedEvent { past, id: id.clone(), kind: kind.clone(), data: data.clone() });
    });
    frame(wire, id, kind, data);
}

/// The line is open. By how much this browser's clock is ahead, the tab knows that has the stream, and tells the others.
pub(super) fn connected(wire: Driver, id: String, greeting: String, ahead: Option<i64>) {
    let connected: Option<Connected> = json::read(&greeting);
    wire.try_update_value(|inner| {
        inner.connected = Some(now());
        let opened = connected.as_ref().map(|connected| js_sys::Date::parse(&connected.timestamp)).filter(|opened| opened.is_finite());
        inner.ahead = ahead.unwrap_or_else(|| opened.map_or(0, |opened| (js_sys::Date::now() - opened) as i64));
        inner.opened = connected.map(|connected| connected.timestamp);
        inner.greeting = Some(greeting.clone());
        inner.missed = 0;
        inner.state.set(ConnectionState::Live);
        inner.share.lead(|| TabMessage::Live { past: inner.past.clone(), greeting: greeting.clone(), ahead: inner.ahead });
    });
    show(wire, id, "connected".into(), greeting);
}

/// Any other frame, whoever's stream it came on.
pub(super) fn frame(wire: Driver, id: String, kind: String, data: String) {
    let position: Option<EventId> = id.parse().ok();
    let event = json::read_event(&kind, &data);
    let known = |id: &EventId| wire.try_with_value(|inner| page_state::has(inner.page_state, id)) == Some(true);
    // It is for a tab that stands further back.
    if position.as_ref().is_some_and(known) && !matches!(event, Ok(None)) {
        return;
    }
    show(wire, id, kind.clone(), data.clone());
    match (kind.as_str(), position, event) {
        ("streams", ..) => _ = wire.try_with_value(|inner| inner.page_state.console_stats().set(json::read(&data))),
        ("resync", ..) => resync(wire),
        ("session.ended", ..) => sign_out(wire),
        ("ping", Some(id), _) => move_on(wire, id),
        (_, Some(id), Ok(Some(event))) => apply(wire, id, event),
        // Of a newer server, say. The position moves on: it would be unreadable again.
        (_, Some(id), Err(error)) => {
            leptos::logging::warn!("{kind} {id} cannot be read: {error}");
            move_on(wire, id);
        }
        _ => {}
    }
}

/// To those who watch the wire.
fn show(wire: Driver, id: String, kind: String, data: String) {
    if let Some((tell, ahead)) = wire.try_with_value(|inner| (inner.tell.clone(), inner.ahead)) {
        tell(ConnectionNotice::Received(ReceivedEvent { id, kind, data, came: js_sys::Date::now() as i64, ahead }));
    }
}

/// There is nothing for this page up to `id`.
fn move_on(wire: Driver, id: EventId) {
    wire.try_with_value(|inner| {
        if !page_state::has(inner.page_state, &id) {
            inner.page_state.cursor().set(id);
        }
    });
}

fn apply(wire: Driver, id: EventId, event: Event) {
    let Some((page_state, tell)) = wire.try_with_value(|inner| (inner.page_state, inner.tell.clone())) else { return };
    if !page_state::apply(page_state, id, &event) {
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
    tell(ConnectionNotice::Event(event));
}

/// Shows for a while how much was missed.
fn show_caught_up(wire: Driver) {
    let Some((state, missed)) = wire.try_with_value(|inner| (inner.state, inner.missed)) else { return };
    state.set(ConnectionState::CaughtUp(missed));
    later(wire, CAUGHT_UP, move || {
        // Unless more has come, which is shown as long.
        if state.get_untracked() == ConnectionState::CaughtUp(missed) {
            state.set(ConnectionState::Live);
        }
    });
}
