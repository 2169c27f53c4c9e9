//! Flashes: what became of a form that the browser sent itself, without JavaScript or before the page was hydrated. The next rendering of
//! the form's page shows it, once: the refusal and what was typed, or what was done.

use crate::model::{error::Error, snapshot::Snapshot};
use serde::{Deserialize, Serialize};

/// The outcome of one form, in the context of one rendering.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// The path of the server function that the form called.
    pub function: String,
    /// The id of the order, the notification or the stream that the form was about, if it was about one.
    pub row: Option<String>,
    /// Why it was refused.
    pub error: Option<Error>,
    /// What was done.
    pub notice: Option<String>,
    /// The address of what was made.
    #[serde(default)]
    pub link: Option<String>,
    /// What was typed into a form that was refused, by field; never a password.
    pub typed: Vec<(String, String)>,
}

impl Flash {
    /// The same, with the error beside its row only where the page shows that row.
    pub fn on(mut self, page: &Snapshot) -> Self {
        let streams = page.console_stats.iter().flat_map(|stats| &stats.streams);
        let orders = page.orders.iter().map(|order| &order.order_id);
        let notifications = page.notifications.iter().map(|notification| &notification.id);
        let mut rows = orders.chain(notifications).chain(streams.map(|stream| &stream.client_id));
        if !rows.any(|id| Some(id) == self.row.as_ref()) {
            self.row = None;
        }
        self
    }
}
