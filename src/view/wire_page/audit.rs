//! The audit of the wire page: what this page was sent, held against the log.

use crate::{
    browser::{fetch, json},
    model::{
        audit::{Seen, hash},
        error::Error,
        event::EventId,
    },
    server_fns::GetAudit,
};
use leptos::{prelude::*, server_fn::ServerFn, task::spawn_local};

/// Compares the events that were seen up to `through`; the verdict, or why there is none, is written into the signal.
pub fn audit(seen: Seen, through: EventId, verdict: RwSignal<String>) {
    verdict.set("Comparing…".into());
    spawn_local(async move {
        let text = compare(&seen, &through).await.unwrap_or_else(|error| error.error);
        verdict.try_set(text);
    });
}

/// Count and hash first; the ids only where these differ.
async fn compare(seen: &Seen, through: &EventId) -> Result<String, Error> {
    let path = format!("{}?from={}&through={through}", GetAudit::PATH, seen.from);
    let log = fetch::get(&path).await?;
    let agrees = json::read_number(&log, "count") == Some(seen.ids.len() as f64) && json::read_text(&log, "hash") == Some(hash(&seen.ids));
    if agrees {
        return Ok(seen.verdict(None));
    }
    let log = fetch::get(&format!("{path}&ids=true")).await?;
    Ok(seen.verdict(Some(&json::read_numbers(&log, "ids"))))
}
