//! Runs the machine in the browser: brings it its inputs, and does what its effects say. Nothing is decided here.

use super::{
    effect::Effect,
    event_source::{self, EventStream},
    input::{Input, Moment, SnapshotAnswer},
    machine,
    page_lifecycle::PageLifecycle,
    report::{ConnectionNotice, ConnectionState},
    state::State,
    tab_message::TabMessage,
};
use crate::{
    browser::{
        fetch, json,
        page_state::PageState,
        tabs::{TabEvent, Tabs},
    },
    model::{error::Kind, event::EventId},
};
use leptos::{prelude::*, task::spawn_local};
use std::{sync::Arc, time::Duration};

/// Copies share it.
#[derive(Clone, Copy)]
pub struct Driver(StoredValue<Running, LocalStorage>);

struct Running {
    page_state: PageState,
    shown: RwSignal<ConnectionState>,
    notify: Arc<dyn Fn(ConnectionNotice) + Send + Sync>,
    /// `None` during a step.
    state: Option<State>,
    /// Inputs that came while the effects of an earlier one ran.
    queue: Vec<Input>,
    is_running: bool,
    sources: Vec<(u32, EventStream)>,
    tabs: Option<Tabs<TabMessage>>,
    lifecycle: Option<PageLifecycle>,
}

impl Driver {
    pub fn start(page_state: PageState, shown: RwSignal<ConnectionState>, notify: Arc<dyn Fn(ConnectionNotice) + Send + Sync>) -> Self {
        let driver = Self(StoredValue::new_local(Running {
            page_state,
            shown,
            notify,
            state: Some(State::new(page_state.user.get_value(), page_state.cursor.get_untracked(), page_state.keep_alive_ms)),
            queue: Vec::new(),
            is_running: false,
            sources: Vec::new(),
            tabs: None,
            lifecycle: None,
        }));
        let lifecycle = PageLifecycle::watch(move |input| driver.dispatch(input));
        driver.0.update_value(|running| running.lifecycle = Some(lifecycle));
        driver.dispatch(Input::Started);
        driver
    }

    /// Closes everything for good. The state is not shown any more: the views that show it are going as well.
    pub fn stop(self) {
        self.0.dispose();
    }

    /// Steps the machine. Inputs that come while effects run wait until those are done.
    pub fn dispatch(self, input: Input) {
        let is_running = self.0.try_update_value(|running| {
            running.queue.push(input);
            std::mem::replace(&mut running.is_running, true)
        });
        if is_running == Some(false) {
            while let Some(effects) = self.0.try_update_value(Running::step).flatten() {
                effects.into_iter().for_each(|effect| self.run(effect));
            }
        }
    }

    fn run(self, effect: Effect) {
        let Some((page_state, shown)) = self.0.try_with_value(|running| (running.page_state, running.shown)) else { return };
        match effect {
            Effect::OpenSource { generation, after } => {
                let opened = EventStream::open(&address(page_state, &after), generation, move |input| self.dispatch(input));
                match opened {
                    Some(source) => _ = self.0.try_update_value(|running| running.sources.push((generation, source))),
                    None => self.dispatch(Input::Failed { generation, refused: false }),
                }
            }
            Effect::CloseSource { generation } => {
                self.0.try_update_value(|running| {
                    if let Some(source) = running.sources.iter().position(|(open, _)| *open == generation) {
                        running.sources.swap_remove(source);
                    }
                });
            }
            Effect::LookUpRefusal { generation, after } => spawn_local(async move {
                let (status, retry_after_ms) = event_source::refusal(&address(page_state, &after)).await;
                self.dispatch(Input::RefusalLookedUp { generation, status, retry_after_ms });
            }),
            Effect::FetchSnapshot { generation } => spawn_local(async move {
                let answer = match fetch::snapshot(page_state).await {
                    Ok(snapshot) => SnapshotAnswer::Fresh(Box::new(snapshot)),
                    Err(error) if error.kind == Kind::SignedOut => SnapshotAnswer::SignedOut,
                    Err(_) => SnapshotAnswer::Failed,
                };
                self.dispatch(Input::SnapshotFetched { generation, answer });
            }),
            Effect::StartTimer { generation, after_ms } => {
                set_timeout(move || self.dispatch(Input::TimerFired { generation }), Duration::from_millis(after_ms));
            }
            Effect::RequestLock { generation, epoch, steal } => {
                // The names are the walls between users and between logs. Whoever changes what tabs say changes the first word: tabs of
                // an earlier program are open still.
                let name = format!("orderwire-2 {} {epoch}", page_state.user.with_value(|user| user.username.clone()));
                let tabs = Tabs::join(&name, steal, move |event| {
                    self.dispatch(match event {
                        TabEvent::LockGranted => Input::LockGranted { generation },
                        TabEvent::LockStolen => Input::LockStolen { generation },
                        TabEvent::LockRefused => Input::LockRefused { generation },
                        TabEvent::Message(message) => Input::TabMessage { generation, message },
                    });
                });
                match tabs {
                    Some(tabs) => _ = self.0.try_update_value(|running| running.tabs = Some(tabs)),
                    None => self.dispatch(Input::LockRefused { generation }),
                }
            }
            Effect::ReleaseLock => _ = self.0.try_update_value(|running| running.tabs = None),
            Effect::Post(message) => {
                self.0.try_with_value(|running| {
                    if let Some(tabs) = &running.tabs {
                        tabs.post(message);
                    }
                });
            }
            Effect::Apply { position, kind, data } => match json::read_event(&kind, &data) {
                Ok(Some(event)) => {
                    if page_state.apply(position, &event) {
                        self.dispatch(Input::Applied { time: event.time().map(str::to_owned) });
                        self.notify(ConnectionNotice::Event(event));
                    }
                }
                // Of a newer server, say. The position moves on: it would be unreadable again.
                _ => {
                    leptos::logging::warn!("{kind} {position} cannot be read");
                    page_state.cursor.set(position);
                }
            },
            Effect::MoveTo(position) => page_state.cursor.set(position),
            Effect::Replace(snapshot) => {
                page_state.replace(*snapshot);
                self.notify(ConnectionNotice::Resynced);
            }
            Effect::ShowStats(data) => page_state.show_stats(json::read(&data)),
            Effect::Note(received) => self.notify(ConnectionNotice::Received(received)),
            Effect::Show(state) => {
                shown.set(state);
                self.notify(ConnectionNotice::State(state));
            }
        }
    }

    fn notify(self, notice: ConnectionNotice) {
        // What is called may end in another input, and must not find the value in use.
        if let Some(notify) = self.0.try_with_value(|running| running.notify.clone()) {
            notify(notice);
        }
    }
}

impl Running {
    /// The effects of the next input in the queue, or `None` where it is empty.
    fn step(&mut self) -> Option<Vec<Effect>> {
        let state = self.state.take();
        if self.queue.is_empty() || state.is_none() {
            (self.state, self.is_running) = (state, false);
            return None;
        }
        let moment = Moment { now: js_sys::Date::now() as u64, chance: js_sys::Math::random(), online: window().navigator().on_line() };
        let (state, effects) = machine::step(state?, moment, self.queue.remove(0));
        self.state = Some(state);
        Some(effects)
    }
}

/// The stream past a position. The server ignores the user's name, but for refusing it where it is not the session's.
fn address(page_state: PageState, after: &EventId) -> String {
    format!("/events?after={after}&reader={}", page_state.user.with_value(|user| user.username.clone()))
}
