//! The line: an `EventSource` whose state is always known and true.
//!
//! Promises: events reach the board in order; whatever breaks the line, it opens again at the board's position, so nothing is missed and
//! nothing repeated; it waits before it tries again, longer each time and never in step with other tabs; it is closed when its page goes.
//!
//! The browser's own reconnecting is not relied on: it hides when it will try, and gives up for ever on any answer but 200.

use super::{
    board::{self, Board},
    fetch,
};
use crate::{
    error::{Error, Kind},
    event::{Connected, Event, EventId},
    snapshot::{Filter, SnapshotStoreFields},
};
use leptos::{
    ev,
    leptos_dom::helpers::{IntervalHandle, TimeoutHandle, set_interval_with_handle, set_timeout_with_handle},
    prelude::*,
    task::spawn_local,
};
use std::{sync::Arc, time::Duration};
use wasm_bindgen::{JsCast, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, EventSource, MessageEvent, PageTransitionEvent, RequestInit, Response};

/// The first wait before trying again is up to this long, each further one up to twice the last.
const FIRST_WAIT: Duration = Duration::from_secs(2);

/// No wait is longer.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How many keep-alives may fail to come before the line is taken for dead.
const PATIENCE: f64 = 2.5;

/// How often is looked whether it is.
const WATCH: Duration = Duration::from_secs(2);

/// How long "caught up" is shown.
const CAUGHT_UP: Duration = Duration::from_secs(6);

/// What is true of the line right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineState {
    /// Being opened.
    Opening,
    /// Open: what happens is shown.
    Live,
    /// Open again, and this many events that were missed have been shown.
    CaughtUp(usize),
    /// Broken; tried again in this many seconds.
    Waiting(u32),
    /// The browser has no network; tried again when it has.
    Offline,
    /// The session has ended.
    SignedOut,
}

/// What the line tells the page besides the board.
#[derive(Clone, Debug)]
pub enum News {
    /// An event that was new to the board.
    Event(Event),
    /// The position could not be served, and the board was fetched anew.
    Resynced,
}

/// The line as the views hold it. Copies share it.
#[derive(Clone, Copy)]
pub struct Line {
    pub state: RwSignal<LineState>,
    wire: StoredValue<Option<Wire>>,
}

type Wire = StoredValue<Inner, LocalStorage>;

/// The browser's side.
struct Inner {
    board: Board,
    state: RwSignal<LineState>,
    tell: Arc<dyn Fn(News) + Send + Sync>,
    source: Option<Source>,
    /// Counts the line's turns: what was asked in an earlier one comes too late.
    turn: u32,
    /// Tries since the line was last open.
    tries: u32,
    /// When anything was last heard, in milliseconds since 1970: the clock that goes on while a laptop sleeps.
    heard: f64,
    /// When the server says that it opened the line (RFC 3339): what happened before had been missed.
    opened: Option<String>,
    missed: usize,
    timer: Option<TimeoutHandle>,
    watch: Option<IntervalHandle>,
    listeners: Vec<WindowListenerHandle>,
}

/// An open `EventSource`, and the closures that it calls. Dropped, it is closed and calls no more.
struct Source {
    events: EventSource,
    _message: Closure<dyn Fn(MessageEvent)>,
    _error: Closure<dyn Fn(web_sys::Event)>,
}

impl Drop for Source {
    fn drop(&mut self) {
        self.events.set_onerror(None);
        self.events.close();
    }
}

impl Line {
    /// The line for `board`, which opens when the page is alive and closes when the component goes.
    /// `tell` is called for each event that is new to the board, once it is applied.
    pub fn new(board: Board, tell: impl Fn(News) + Send + Sync + 'static) -> Self {
        let line = Self { state: RwSignal::new(LineState::Opening), wire: StoredValue::new(None) };
        let tell: Arc<dyn Fn(News) + Send + Sync> = Arc::new(tell);
        Effect::new(move |_| {
            let inner = Inner {
                board,
                state: line.state,
                tell: tell.clone(),
                source: None,
                turn: 0,
                tries: 0,
                heard: js_sys::Date::now(),
                opened: None,
                missed: 0,
                timer: None,
                watch: None,
                listeners: Vec::new(),
            };
            let wire: Wire = StoredValue::new_local(inner);
            line.wire.set_value(Some(wire));
            watch(wire);
            open(wire);
            on_cleanup(move || close(wire));
        });
        line
    }

    /// Tries again now.
    pub fn retry(&self) {
        if let Some(wire) = self.wire.get_value() {
            open(wire);
        }
    }
}

/// Opens the line at the board's position, in place of the one there may be.
fn open(wire: Wire) {
    let Some((board, state)) = wire.try_update_value(|inner| {
        inner.rest();
        inner.heard = js_sys::Date::now();
        (inner.board, inner.state)
    }) else {
        return;
    };
    state.set(LineState::Opening);
    let url = format!("/events?after={}", board.cursor().get_untracked());
    let Ok(events) = EventSource::new(&url) else { return wait(wire, None) };
    let message = Closure::<dyn Fn(MessageEvent)>::new(move |message| hear(wire, &message));
    for kind in ["connected", "ping", "resync", "session.ended", "streams"].into_iter().chain(Event::TYPES) {
        let _ = events.add_event_listener_with_callback(kind, message.as_ref().unchecked_ref());
    }
    let error = Closure::<dyn Fn(web_sys::Event)>::new(move |_| broken(wire));
    events.set_onerror(Some(error.as_ref().unchecked_ref()));
    let source = Source { events, _message: message, _error: error };
    wire.try_update_value(|inner| inner.source = Some(source));
}

/// Closes the line for good.
fn close(wire: Wire) {
    wire.try_update_value(|inner| {
        inner.rest();
        if let Some(watch) = inner.watch.take() {
            watch.clear();
        }
        inner.listeners.drain(..).for_each(WindowListenerHandle::remove);
    });
    wire.dispose();
}

fn hear(wire: Wire, message: &MessageEvent) {
    let (kind, data) = (message.type_(), message.data().as_string().unwrap_or_default());
    let id: Option<EventId> = message.last_event_id().parse().ok();
    let Some((board, state, tell)) = wire.try_update_value(|inner| {
        inner.heard = js_sys::Date::now();
        (inner.board, inner.state, inner.tell.clone())
    }) else {
        return;
    };
    match kind.as_str() {
        "connected" => {
            let connected: Option<Connected> = serde_json::from_str(&data).ok();
            let again = wire.try_update_value(|inner| {
                (inner.tries, inner.missed) = (0, 0);
                inner.opened.replace(connected.map(|connected| connected.timestamp).unwrap_or_default()).is_some()
            });
            state.set(LineState::Live);
            if again == Some(true) {
                show_caught_up(wire);
            }
        }
        "ping" => {
            if let Some(id) = id {
                board.cursor().set(id);
            }
        }
        "streams" => board.desk().set(serde_json::from_str(&data).ok()),
        "resync" => resync(wire),
        "session.ended" => sign_out(wire),
        _ => {
            let Some(id) = id else { return };
            match Event::decode(&kind, &data) {
                Ok(Some(event)) => {
                    let missed = wire.try_with_value(
                        |inner| matches!((event.time(), &inner.opened), (Some(time), Some(opened)) if time < opened.as_str()),
                    );
                    if board::apply(board, id, &event) {
                        if missed == Some(true) {
                            wire.try_update_value(|inner| inner.missed += 1);
                            show_caught_up(wire);
                        }
                        tell(News::Event(event));
                    }
                }
                Ok(None) => {}
                // Of a newer server, say. The position moves on: it would be unreadable again.
                Err(error) => {
                    leptos::logging::warn!("{kind} {id} cannot be read: {error}");
                    board.cursor().set(id);
                }
            }
        }
    }
}

/// Shows for a while how much was missed.
fn show_caught_up(wire: Wire) {
    wire.try_update_value(|inner| {
        inner.state.set(LineState::CaughtUp(inner.missed));
        let state = inner.state;
        let done = move || {
            if matches!(state.try_get_untracked(), Some(LineState::CaughtUp(_))) {
                state.set(LineState::Live);
            }
        };
        inner.set_timer(CAUGHT_UP, done);
    });
}

/// The line ends while the board is fetched, and opens at the new board's position: what happens in between is on one or the other.
fn resync(wire: Wire) {
    let Some((turn, board, tell)) = wire.try_update_value(|inner| {
        let turn = inner.rest();
        inner.state.set(LineState::Opening);
        (turn, inner.board, inner.tell.clone())
    }) else {
        return;
    };
    spawn_local(async move {
        let query = board.filter().with_untracked(Filter::query);
        let fresh = fetch::get(&format!("/api/snapshot{query}"))
            .await
            .and_then(|text| serde_json::from_str(&text).map_err(|error| Error::new(Kind::Internal, error.to_string())));
        if !is_turn(wire, turn) {
            return;
        }
        match fresh {
            Ok(snapshot) => {
                board::replace(board, snapshot);
                tell(News::Resynced);
                open(wire);
            }
            Err(error) if error.kind == Kind::SignedOut => sign_out(wire),
            Err(_) => wait(wire, None),
        }
    });
}

/// The browser says only that something broke, not what.
fn broken(wire: Wire) {
    let refused = wire.try_update_value(|inner| {
        let refused = inner.source.as_ref()?.events.ready_state() == EventSource::CLOSED;
        let turn = inner.rest();
        inner.state.set(LineState::Opening);
        inner.heard = js_sys::Date::now();
        Some((refused, turn))
    });
    match refused.flatten() {
        // An answer came, and it was no stream: ask which one.
        Some((true, turn)) => spawn_local(async move {
            let answer = ask(wire).await;
            match answer {
                _ if !is_turn(wire, turn) => {}
                Some((401, _)) => sign_out(wire),
                Some((_, after)) => wait(wire, after),
                None => wait(wire, None),
            }
        }),
        Some((false, _)) => wait(wire, None),
        None => {}
    }
}

/// Whether nothing else has happened to the line since that turn: a slow answer must not undo what came meanwhile.
fn is_turn(wire: Wire, turn: u32) -> bool {
    wire.try_with_value(|inner| inner.turn == turn) == Some(true)
}

/// The status of `GET /events` now, and its `Retry-After` in seconds; the stream itself is dropped at once.
async fn ask(wire: Wire) -> Option<(u16, Option<u32>)> {
    let cursor = wire.try_with_value(|inner| inner.board.cursor().get_untracked())?;
    let abort = AbortController::new().ok()?;
    let options = RequestInit::new();
    options.set_signal(Some(&abort.signal()));
    let asked = window().fetch_with_str_and_init(&format!("/events?after={cursor}"), &options);
    let answer: Response = JsFuture::from(asked).await.ok()?.dyn_into().ok()?;
    let after = answer.headers().get("retry-after").ok().flatten().and_then(|after| after.parse().ok());
    abort.abort();
    Some((answer.status(), after))
}

/// Counts down, then opens. `at_least` is the server's wish in seconds.
fn wait(wire: Wire, at_least: Option<u32>) {
    let waited = wire.try_update_value(|inner| {
        inner.rest();
        if !window().navigator().on_line() {
            inner.state.set(LineState::Offline);
            return None;
        }
        let longest = FIRST_WAIT.saturating_mul(1 << inner.tries.min(5)).min(LONGEST_WAIT);
        inner.tries += 1;
        // Between half and all of it, so that those who lost the line together do not come back together.
        Some(longest.mul_f64(0.5 + js_sys::Math::random() / 2.0).max(Duration::from_secs(at_least.unwrap_or(0).into())))
    });
    if let Some(Some(waited)) = waited {
        count_down(wire, waited);
    }
}

fn count_down(wire: Wire, left: Duration) {
    if left.is_zero() {
        return open(wire);
    }
    let step = left.min(Duration::from_secs(1));
    wire.try_update_value(|inner| {
        inner.state.set(LineState::Waiting(left.as_secs_f64().ceil() as u32));
        inner.set_timer(step, move || count_down(wire, left - step));
    });
}

fn sign_out(wire: Wire) {
    wire.try_update_value(|inner| {
        inner.rest();
        inner.state.set(LineState::SignedOut);
    });
}

/// Watches for what an `EventSource` does not tell: silence, the network's coming and going, a page that comes back from the cache.
fn watch(wire: Wire) {
    let silent = move || {
        let dead = wire.try_with_value(|inner| {
            let limit = inner.board.keep_alive_ms().get_untracked() as f64 * PATIENCE;
            let awaited = inner.source.is_some() || inner.state.get_untracked() == LineState::Opening;
            awaited && js_sys::Date::now() - inner.heard > limit
        });
        if dead == Some(true) {
            wait(wire, None);
        }
    };
    let offline = window_event_listener(ev::offline, move |_| {
        wire.try_update_value(|inner| {
            if inner.state.get_untracked() != LineState::SignedOut {
                inner.rest();
                inner.state.set(LineState::Offline);
            }
        });
    });
    let online = window_event_listener(ev::online, move |_| {
        if wire.try_with_value(|inner| inner.state.get_untracked() == LineState::Offline) == Some(true) {
            open(wire);
        }
    });
    let shown = window_event_listener_untyped("pageshow", move |event| {
        let restored = event.dyn_ref::<PageTransitionEvent>().is_some_and(PageTransitionEvent::persisted);
        let signed_out = wire.try_with_value(|inner| inner.state.get_untracked() == LineState::SignedOut);
        if restored && signed_out == Some(false) {
            open(wire);
        }
    });
    wire.try_update_value(|inner| {
        inner.watch = set_interval_with_handle(silent, WATCH).ok();
        inner.listeners = vec![offline, online, shown];
    });
}

impl Inner {
    /// Neither open nor about to be; returns the turn that begins with it.
    fn rest(&mut self) -> u32 {
        self.source = None;
        if let Some(timer) = self.timer.take() {
            timer.clear();
        }
        self.turn = self.turn.wrapping_add(1);
        self.turn
    }

    fn set_timer(&mut self, after: Duration, then: impl FnOnce() + 'static) {
        if let Some(timer) = self.timer.take() {
            timer.clear();
        }
        self.timer = set_timeout_with_handle(then, after).ok();
    }
}
