//! What works and what does not, as `/readyz` and the log of who runs the program say it.
//!
//! Promises: from the first failure of the writer or of the log tail until a probe, once a second, has done the same thing again without
//! failing, the store says that it is not ready, and which of the two it is. A failure is logged when it begins and when it ends, not each
//! time. Whether it is ready is answered at once, whatever state the database is in.

use super::error::StoreError;
use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// A fault of ours is logged no more often than this: it may come with each request.
const FAULTS_APART: Duration = Duration::from_secs(1);

/// What can fail by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Writer,
    Tail,
    Pages,
    Accounts,
    Presence,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Part::Writer => "the writer",
            Part::Tail => "the log tail",
            Part::Pages => "reading pages",
            Part::Accounts => "reading accounts and sessions",
            Part::Presence => "presence",
        }
    }

    /// Whether only a probe ends its failure. Others are well again as soon as somebody has used them.
    fn is_probed(self) -> bool {
        matches!(self, Part::Writer | Part::Tail)
    }
}

#[derive(Default)]
pub(super) struct Health {
    failing: Mutex<[Option<&'static str>; 5]>,
    fault_logged: Mutex<Option<Instant>>,
}

impl Health {
    /// Why each part does not work, by its number; of those that do not.
    pub fn failing(&self) -> std::sync::MutexGuard<'_, [Option<&'static str>; 5]> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes how an operation went.
    pub fn note(&self, part: Part, error: Option<&StoreError>) {
        match error {
            Some(StoreError::Unavailable { what, detail }) => self.fails(part, what, detail),
            Some(StoreError::Internal(detail)) => self.log_fault(part, detail),
            _ if !part.is_probed() => self.is_well(part),
            _ => {}
        }
    }

    fn fails(&self, part: Part, what: &'static str, detail: &str) {
        // The tail says by itself that streams wait.
        if self.failing()[part as usize].replace(what).is_none() && part != Part::Tail {
            tracing::warn!("{}: {what} ({detail})", part.name());
        }
    }

    pub fn is_well(&self, part: Part) {
        if self.failing()[part as usize].take().is_some() && part != Part::Tail {
            tracing::info!("{}: works again", part.name());
        }
    }

    fn log_fault(&self, part: Part, detail: &str) {
        let mut last = self.fault_logged.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| last.elapsed() >= FAULTS_APART) {
            *last = Some(Instant::now());
            tracing::error!("{}: {detail}", part.name());
        }
    }

    /// What keeps the store from being ready, in a line.
    pub fn not_ready(&self) -> Option<String> {
        let failing = *self.failing();
        let lines = [Part::Writer, Part::Tail].into_iter().filter_map(|part| failing[part as usize].map(|what| (part, what)));
        let lines: Vec<_> = lines.map(|(part, what)| format!("{} fails: {what}", part.name())).collect();
        (!lines.is_empty()).then(|| lines.join("; "))
    }
}
