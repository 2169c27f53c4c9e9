//! The line: an `EventSource` whose state is always known and true.
//!
//! Promises: events reach the board in order; whatever breaks the line, it opens again at the board's position, so nothing is missed and
//! nothing repeated; it waits before it tries again ([`backoff`]), except where there is cause to think that the way is free: the person
//! asks for it, the network or the page comes back ([`watch`]); it is closed when its page goes; all tabs of a person have one stream
//! ([`share`]).
//!
//! The browser's own reconnecting is not relied on: it hides when it will try, and gives up for ever on any answer but 200.

mod backoff;
mod hear;
mod share;
mod source;
mod watch;

use super::{
    board::{self, Board},
    fetch, json,
    tabs::Word,
};
use crate::{
    error::{Error, Kind},
    event::{Event, EventId},
    snapshot::{Filter, Snapshot, SnapshotStoreFields},
};
use backoff::Backoff;
use leptos::{prelude::*, task::spawn_local};
use share::Share;
use source::Source;
use std::{sync::Arc, time::Duration};
use watch::Watch;

/// How long after a refusal it is asked what it was.
const ASK_AFTER: Duration = Duration::from_millis(100);

/// What is true of the line right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LineState {
    /// Being opened.
    Opening,
    /// Open: what happens is shown.
    Live,
    /// Open again, and this many events that were missed have been shown.
    CaughtUp(usize),
    /// Not open; tried again in this many seconds.
    Waiting { seconds: u32, why: Why },
    /// The browser has no network; tried again when it has.
    Offline,
    /// Cut by hand, until it is opened by hand.
    Cut,
    /// The session has ended.
    SignedOut,
}

/// Why the line is not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It broke, or nothing answers.
    Broken,
    /// This person has as many open as one may (429).
    TooMany,
    /// The server has no room, or is stopping (503).
    Busy,
}

/// What the line tells the page besides the board.
#[derive(Clone, Debug)]
pub enum News {
    /// An event that was new to the board.
    Event(Event),
    /// The position could not be served, and the board was fetched anew.
    Resynced,
    /// A frame as it came, whatever became of it.
    Frame(Frame),
}

/// A frame of the stream, for those who watch the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Empty where it has none.
    pub id: String,
    pub kind: String,
    pub data: String,
    /// When it came, in milliseconds since 1970.
    pub came: i64,
    /// By how much this browser's clock is ahead of the server's, as far as the stream's opening tells; in milliseconds.
    pub ahead: i64,
}

/// The line as the views hold it. Copies share it.
#[derive(Clone, Copy)]
pub struct Line {
    pub state: RwSignal<LineState>,
    wire: StoredValue<Option<Wire>>,
}

type Wire = StoredValue<Inner, LocalStorage>;

/// The browser's side. Times are since 1970: that clock goes on while a laptop sleeps. It may also be set, so that only the distance
/// between two times counts, in either direction.
struct Inner {
    board: Board,
    state: RwSignal<LineState>,
    tell: Arc<dyn Fn(News) + Send + Sync>,
    share: Share,
    /// The stream, unless another tab has it.
    source: Option<Source>,
    /// Up to where the stream has been read.
    past: EventId,
    /// Counts the line's turns: an answer or a timer of an earlier one comes too late, and must not undo what came meanwhile.
    turn: u32,
    backoff: Backoff,
    wait: Option<Wait>,
    /// A snapshot is on its way, and will say where the line is to go on.
    fetching: bool,
    /// When anything was last heard, or last asked for.
    heard: Duration,
    /// The silence after which this opening of the line is taken for dead.
    patience: Duration,
    /// When the line was opened, if it is open.
    connected: Option<Duration>,
    /// The data of `connected`, if it is open.
    greeting: Option<String>,
    /// When the server says that it last opened the line (RFC 3339): what happened before had been missed.
    opened: Option<String>,
    missed: usize,
    /// By how much this browser's clock is ahead of the server's, in milliseconds: what the opening of the line took counts as well.
    ahead: i64,
    watch: Option<Watch>,
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
                share: Share::default(),
                source: None,
                past: board.cursor().get_untracked(),
                turn: 0,
                backoff: Backoff::default(),
                wait: None,
                fetching: false,
                heard: now(),
                patience: Duration::MAX,
                connected: None,
                greeting: None,
                opened: None,
                missed: 0,
                ahead: 0,
                watch: None,
            };
            let wire: Wire = StoredValue::new_local(inner);
            line.wire.set_value(Some(wire));
            wire.update_value(|inner| inner.watch = Some(Watch::over(wire)));
            open(wire);
            on_cleanup(move || close(wire));
        });
        line
    }

    /// Closes the line until [`Line::retry`].
    pub fn cut(&self) {
        if let Some(wire) = self.wire.get_value() {
            rest(wire, LineState::Cut);
        }
    }

    /// Tries again now.
    pub fn retry(&self) {
        if let Some(wire) = self.wire.get_value() {
            open(wire);
            wire.try_update_value(|inner| inner.share.ask(Word::Now));
        }
    }
}

/// A wait for the next try, and when it began.
#[derive(Clone, Copy)]
struct Wait {
    since: Duration,
    long: Duration,
    why: Why,
}

impl Wait {
    fn left(&self) -> Duration {
        self.long.saturating_sub(now().abs_diff(self.since))
    }
}

/// Opens the line at the board's position, in place of the one there may be.
fn open(wire: Wire) {
    if let Some(position) = wire.try_with_value(|inner| inner.board.cursor().get_untracked()) {
        open_past(wire, position);
    }
}

/// The same at an earlier position, from which on another tab has missed something. Who follows asks the leader.
fn open_past(wire: Wire, position: EventId) {
    share::join(wire, false);
    let address = wire.try_update_value(|inner| {
        inner.rest(LineState::Opening);
        inner.heard = now();
        inner.patience = backoff::patience(Duration::from_millis(inner.board.keep_alive_ms().get_untracked()), js_sys::Math::random());
        inner.past = position;
        if inner.share.follows() {
            inner.share.ask(Word::Join(inner.past.clone()));
            return None;
        }
        Some(inner.address())
    });
    let Some(address) = address.flatten() else { return };
    match Source::open(&address, move |message| hear::message(wire, &message), move || broken(wire)) {
        Some(source) => _ = wire.try_update_value(|inner| inner.source = Some(source)),
        None => wait(wire, Why::Broken, Duration::ZERO),
    }
}

/// Closes the line for good.
fn close(wire: Wire) {
    // The state is not told any more: the views that show it are going as well.
    wire.try_update_value(|inner| {
        inner.share.leave();
        (inner.source, inner.watch) = (None, None);
    });
    wire.dispose();
}

/// The browser says only that something broke, not what. Where an answer came, and was no stream, it is asked for once more; a moment
/// later, since a page that is about to be left hears the same, and is gone by then.
fn broken(wire: Wire) {
    let refused = wire.try_update_value(|inner| {
        let refused = inner.source.as_ref().is_some_and(Source::refused);
        inner.rest(LineState::Opening);
        inner.heard = now();
        refused
    });
    match refused {
        Some(true) => later(wire, ASK_AFTER, move || ask(wire)),
        Some(false) => wait(wire, Why::Broken, Duration::ZERO),
        None => {}
    }
}

/// Finds out why there is no stream.
fn ask(wire: Wire) {
    let Some((turn, address)) = wire.try_with_value(|inner| (inner.turn, inner.address())) else { return };
    spawn_local(async move {
        let refusal = source::refusal(&address).await;
        if !is_turn(wire, turn) {
            return;
        }
        match refusal {
            Some((401, _)) => sign_out(wire),
            Some((429, after)) => wait(wire, Why::TooMany, after),
            Some((503, after)) => wait(wire, Why::Busy, after),
            Some((_, after)) => wait(wire, Why::Broken, after),
            None => wait(wire, Why::Broken, Duration::ZERO),
        }
    });
}

/// The line ends while the board is fetched, and opens at the new board's position: what happens in between is on one or the other.
fn resync(wire: Wire) {
    let Some((turn, board, tell)) = wire.try_update_value(|inner| {
        let turn = inner.rest(LineState::Opening);
        inner.fetching = true;
        (turn, inner.board, inner.tell.clone())
    }) else {
        return;
    };
    spawn_local(async move {
        let query = board.filter().with_untracked(Filter::query);
        let fresh = fetch::get(&format!("/api/snapshot{query}"))
            .await
            .and_then(|text| json::read::<Snapshot>(&text).ok_or_else(|| Error::new(Kind::Internal, "the snapshot cannot be read")));
        if !is_turn(wire, turn) {
            return;
        }
        match fresh {
            // By now, another has signed in in this browser.
            Ok(snapshot) if snapshot.user != board.user().get_untracked() => sign_out(wire),
            Ok(snapshot) => {
                if snapshot.cursor.epoch != board.cursor().get_untracked().epoch {
                    wire.try_update_value(|inner| inner.share.leave());
                }
                board::replace(board, snapshot);
                tell(News::Resynced);
                match wire.try_update_value(|inner| inner.backoff.is_first_resync()) {
                    Some(true) => open(wire),
                    _ => wait(wire, Why::Broken, Duration::ZERO),
                }
            }
            Err(error) if error.kind == Kind::SignedOut => sign_out(wire),
            Err(_) => wait(wire, Why::Broken, Duration::ZERO),
        }
    });
}

/// Does it after a while, unless something else happens to the line before.
fn later(wire: Wire, after: Duration, then: impl FnOnce() + 'static) {
    if let Some(turn) = wire.try_with_value(|inner| inner.turn) {
        let in_time = move || {
            if is_turn(wire, turn) {
                then();
            }
        };
        set_timeout(in_time, after);
    }
}

fn is_turn(wire: Wire, turn: u32) -> bool {
    wire.try_with_value(|inner| inner.turn == turn) == Some(true)
}

/// Counts down, then opens; not before `at_least`, which is the server's wish.
fn wait(wire: Wire, why: Why, at_least: Duration) {
    if !window().navigator().on_line() {
        return rest(wire, LineState::Offline);
    }
    let long = wire.try_update_value(|inner| inner.backoff.next(at_least, js_sys::Math::random()));
    if let Some(long) = long {
        wait_for(wire, why, long);
    }
}

/// Counts down so long, then opens.
fn wait_for(wire: Wire, why: Why, long: Duration) {
    let wait = Wait { since: now(), long, why };
    wire.try_update_value(|inner| {
        inner.rest(LineState::Opening);
        inner.wait = Some(wait);
        inner.share.lead(|| Word::Waiting { left_ms: long.as_millis() as u64, why });
    });
    count_down(wire, wait);
}

/// One step of the count-down. It looks at the clock each time: the timers of a hidden tab are late, and those of a sleeping laptop more so.
fn count_down(wire: Wire, wait: Wait) {
    let left = wait.left();
    if left.is_zero() {
        return open(wire);
    }
    let seconds = left.as_secs_f64().ceil() as u32;
    wire.try_with_value(|inner| inner.state.set(LineState::Waiting { seconds, why: wait.why }));
    let step = left.saturating_sub(Duration::from_secs(u64::from(seconds) - 1));
    later(wire, step, move || count_down(wire, wait));
}

fn sign_out(wire: Wire) {
    rest(wire, LineState::SignedOut);
}

fn rest(wire: Wire, state: LineState) {
    wire.try_update_value(|inner| inner.rest(state));
}

fn now() -> Duration {
    Duration::from_millis(js_sys::Date::now() as u64)
}

impl Inner {
    /// The stream past a position, for the person whose board it is: by now, another may have signed in in this browser.
    fn address(&self) -> String {
        format!("/events?after={}&reader={}", self.past, self.board.user().get_untracked().username)
    }

    /// Neither open nor about to be, and in `state`; returns the turn that begins with it.
    fn rest(&mut self, state: LineState) -> u32 {
        (self.source, self.wait, self.greeting, self.fetching) = (None, None, None, false);
        if let Some(connected) = self.connected.take() {
            self.backoff.was_open(now().abs_diff(connected));
        }
        match state {
            LineState::Opening => self.share.lead(|| Word::Opening),
            _ => self.share.leave(),
        }
        self.state.set(state);
        self.turn = self.turn.wrapping_add(1);
        self.turn
    }
}
