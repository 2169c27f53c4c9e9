//! The browser's connection: an `EventSource` whose state is always known and true.
//!
//! Promises: events reach the page state in order; whatever breaks the connection, it opens again at the page's position, so nothing is
//! missed and nothing repeated; it backs off before it tries again; it is closed when its page goes; all tabs of a user share one stream.
//!
//! [`machine`] decides all of it, as a pure function, and has the table of states. [`driver`] runs what the machine decides.
//!
//! The browser's own reconnecting is not relied on: it hides when it will try, and gives up for ever on any answer but 200.

mod backoff;
mod driver;
mod effect;
mod event_source;
mod input;
mod machine;
mod page_lifecycle;
mod receive;
mod report;
mod state;
mod tab_message;
mod transition;

#[cfg(test)]
mod tests;

pub use report::{ConnectionNotice, ConnectionState, ReceivedEvent, RetryReason};

use super::{effect, page_state::PageState};
use driver::Driver;
use input::Input;
use leptos::prelude::*;
use std::{sync::Arc, time::Duration};

/// The connection as the views hold it. Copies share it.
#[derive(Clone, Copy)]
pub struct Connection {
    pub state: RwSignal<ConnectionState>,
    driver: StoredValue<Option<Driver>>,
}

impl Connection {
    /// The connection for `page_state`, which opens when the page is alive and closes when the component goes. `notify` is called for each
    /// event that is new to the page, once it is applied.
    pub fn new(page_state: PageState, notify: impl Fn(ConnectionNotice) + Send + Sync + 'static) -> Self {
        let connection = Self { state: RwSignal::new(ConnectionState::Opening), driver: StoredValue::new(None) };
        let notify: Arc<dyn Fn(ConnectionNotice) + Send + Sync> = Arc::new(notify);
        effect(move || {
            let driver = Driver::start(page_state, connection.state, notify.clone());
            connection.driver.set_value(Some(driver));
            on_cleanup(move || driver.stop());
        });
        connection
    }

    /// Closes the connection until [`Connection::retry`].
    pub fn disconnect(&self) {
        self.dispatch(Input::Disconnect);
    }

    /// Tries again now.
    pub fn retry(&self) {
        self.dispatch(Input::Retry);
    }

    /// Breaks the connection, as a network would.
    pub fn cut(&self) {
        self.dispatch(Input::Cut);
    }

    /// Lets the page ignore the stream: it has to find out by itself that it hears nothing.
    pub fn fall_silent(&self) {
        self.dispatch(Input::FallSilent);
    }

    /// Takes the network away for a while.
    pub fn go_offline(self, time: Duration) {
        self.dispatch(Input::WentOffline);
        set_timeout(move || self.dispatch(Input::WentOnline), time);
    }

    /// Takes the lead from the tab that holds the stream for all; where that is this one, gives it to another.
    pub fn change_leader(&self) {
        self.dispatch(Input::ChangeLeader);
    }

    fn dispatch(&self, input: Input) {
        if let Some(driver) = self.driver.get_value() {
            driver.dispatch(input);
        }
    }
}
