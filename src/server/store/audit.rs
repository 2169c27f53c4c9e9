//! The audit: what of a range of the log a user was to be sent.
//!
//! Promise: it reads along the indexes that streams read, and no more rows than [`AUDIT_MAX`] and one of each audience.

use super::{audience::STAFF, database::Database, error::StoreError, handle::Store, health::Part};
use crate::{
    model::{
        audit::AUDIT_MAX,
        event::{Event, EventId},
    },
    server::sse::{Bounds, Subscriber},
};
use sqlx::Row;

/// As in `log.rs`, with an end.
const STAFFS: &str = "staff = 1 AND sequence * staff > $1 AND sequence * staff <= $3 AND audience <> $2 ORDER BY sequence * staff";

/// Events past `$1`, up to and with `$3`, for a user, `$2`.
fn query(database: Database, is_staff: bool) -> String {
    let of_audience =
        |name| format!("{} ORDER BY audience, sequence", database.of_key(("audience", "sequence"), name, [(">", "$1"), ("<=", "$3")]));
    let mut runs = vec![of_audience("$2"), of_audience("'*'")];
    if is_staff {
        runs.push(STAFFS.into());
    }
    let limit = AUDIT_MAX + 1;
    let runs = runs.iter().map(|run| format!("SELECT * FROM (SELECT sequence, type FROM events WHERE {run} LIMIT {limit}) AS run"));
    format!("{} ORDER BY sequence LIMIT {limit}", runs.collect::<Vec<_>>().join(" UNION ALL "))
}

impl Store {
    /// The sequences of the events past `from`, up to and with `through`, that a page of this subscriber listens to. A conflict where the
    /// log does not have that range any more; [`AUDIT_MAX`] at most.
    pub async fn audit(&self, subscriber: &Subscriber, from: &EventId, through: &EventId) -> Result<Vec<i64>, StoreError> {
        self.watched(Part::Pages, async {
            let mut moment = self.moment(&self.pages).await?;
            let row = sqlx::query("SELECT epoch, head, floor FROM log").fetch_one(moment.db()).await?;
            let bounds = Bounds { epoch: row.try_get(0)?, head: row.try_get(1)?, floor: row.try_get(2)? };
            let refusal = refusal(&bounds, from, through);
            let query = query(self.database, subscriber.groups.iter().any(|group| group == STAFF));
            let query = sqlx::query(&query).bind(from.sequence).bind(&subscriber.name).bind(through.sequence);
            let rows = if refusal.is_none() { query.fetch_all(moment.db()).await? } else { Vec::new() };
            moment.end().await?;
            match refusal {
                Some(refusal) => return Err(refusal),
                None if rows.len() > AUDIT_MAX => {
                    return Err(StoreError::invalid(format!("there are more than {AUDIT_MAX} events; compare fewer at once")));
                }
                None => {}
            }
            let mut ids = Vec::with_capacity(rows.len());
            for row in rows {
                let kind: String = row.try_get(1)?;
                if Event::TYPES.contains(&kind.as_str()) {
                    ids.push(row.try_get(0)?);
                }
            }
            Ok(ids)
        })
        .await
    }
}

/// Why that range cannot be compared, if it cannot.
fn refusal(bounds: &Bounds, from: &EventId, through: &EventId) -> Option<StoreError> {
    if [from, through].iter().any(|position| position.epoch != bounds.epoch) {
        return Some(StoreError::conflict("the log has begun a new epoch since: what was seen before cannot be compared"));
    }
    if from.sequence < bounds.floor {
        let line = format!("the log is trimmed: what came before {}-{} cannot be compared", bounds.epoch, bounds.floor + 1);
        return Some(StoreError::conflict(line));
    }
    let is_ahead = through.sequence > bounds.head;
    is_ahead.then(|| StoreError::conflict(format!("the log ends at {}-{}", bounds.epoch, bounds.head)))
}
