//! Presence, where several instances share PostgreSQL: which streams are open, and where. It is no part of the log, and its commits do
//! not wait for the disk: what a crash of the database takes away, each instance writes again at its next heartbeat.

use super::{connections::Lease, error::StoreError, handle::Store, health::Part};
use crate::model::stats::ConnectionInfo;
use serde::Serialize;
use sqlx::{AnyConnection, Executor, Row};
use std::time::Duration;
use uuid::Uuid;

/// An instance that has not been heard of for so long is dead, and its streams with it.
const DEAD_AFTER: Duration = Duration::from_secs(4);

/// The database's clock: those of several machines differ.
const NOW: &str = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

/// An instance, as presence knows it.
#[derive(Clone, Debug)]
pub struct Instance {
    /// Never used twice: a process that is started again is another one.
    pub id: String,
    /// What people call it.
    pub name: String,
}

/// An open stream.
#[derive(Clone, Debug, Serialize)]
pub struct StreamRow {
    pub client_id: Uuid,
    pub username: String,
    pub browser: String,
    /// RFC 3339.
    pub since: String,
}

impl Store {
    /// Whether other instances may share the database.
    pub fn is_shared(&self) -> bool {
        self.database.is_shared()
    }

    /// Takes out the streams that leave, and enters the others. Answers which have entered: one that would be its user's `per_user` + 1st,
    /// over all instances, does not.
    pub async fn update_streams(
        &self,
        of: &Instance,
        leaving: &[Uuid],
        entering: &[StreamRow],
        per_user: usize,
    ) -> Result<Vec<Uuid>, StoreError> {
        self.watched(Part::Presence, async {
            let mut change = self.change_presence().await?;
            let leave = "DELETE FROM streams WHERE client_id IN (SELECT json_array_elements_text(CAST($1 AS JSON)))";
            sqlx::query(leave).bind(serde_json::to_string(leaving)?).execute(change.db()).await?;
            let enter = "INSERT INTO streams (client_id, instance, username, browser, since, behind) \
                         SELECT client_id, $1, username, browser, since, 0 FROM ( \
                             SELECT entering.*, row_number() OVER (PARTITION BY username) AS place, \
                                 (SELECT COUNT(*) FROM (SELECT 1 FROM streams WHERE username = entering.username LIMIT $3) AS there) AS there \
                             FROM json_to_recordset(CAST($2 AS JSON)) \
                             AS entering (client_id TEXT, username TEXT, browser TEXT, since TEXT) \
                         ) AS counted WHERE there + place <= $3 RETURNING client_id";
            let enter = sqlx::query_scalar(enter).bind(&of.id).bind(serde_json::to_string(entering)?).bind(whole(per_user));
            let entered: Vec<String> = enter.fetch_all(change.db()).await?;
            commit(change).await?;
            Ok(entered.iter().filter_map(|client| client.parse().ok()).collect())
        })
        .await
    }

    /// Says that the instance lives, and which of its streams are `behind` by how much now; deletes dead instances. Answers with how many
    /// streams there are over all instances, or nothing where the instance itself is not known (any more).
    pub async fn heartbeat(&self, of: &Instance, behind: &[(Uuid, Option<usize>)]) -> Result<Option<usize>, StoreError> {
        self.watched(Part::Presence, async {
            let mut change = self.change_presence().await?;
            let heartbeat = format!("UPDATE instances SET beat_at = {NOW} WHERE instance = $1");
            if sqlx::query(&heartbeat).bind(&of.id).execute(change.db()).await?.rows_affected() == 0 {
                commit(change).await?;
                return Ok(None);
            }
            if !behind.is_empty() {
                let update = "UPDATE streams SET behind = now.behind \
                              FROM json_to_recordset(CAST($1 AS JSON)) AS now (client TEXT, behind BIGINT) WHERE client_id = now.client";
                let now: Vec<_> = behind.iter().map(|(client, behind)| serde_json::json!({ "client": client, "behind": behind })).collect();
                sqlx::query(update).bind(serde_json::to_string(&now)?).execute(change.db()).await?;
            }
            let dead = format!("DELETE FROM instances WHERE beat_at < {NOW} - $1");
            let dead = sqlx::query(&dead).bind(whole(DEAD_AFTER.as_millis())).execute(change.db()).await?.rows_affected();
            let streams = count(change.db()).await?;
            commit(change).await?;
            if dead > 0 {
                tracing::warn!(instances = dead, "presence: no heartbeat any more; taken for dead");
            }
            Ok(Some(streams))
        })
        .await
    }

    /// Registers the instance, with these streams and no others.
    pub async fn register(&self, of: &Instance, streams: &[&StreamRow]) -> Result<(), StoreError> {
        self.watched(Part::Presence, async {
            let mut change = self.change_presence().await?;
            sqlx::query("DELETE FROM instances WHERE instance = $1").bind(&of.id).execute(change.db()).await?;
            let here = format!("INSERT INTO instances (instance, name, beat_at) VALUES ($1, $2, {NOW})");
            sqlx::query(&here).bind(&of.id).bind(&of.name).execute(change.db()).await?;
            let all = "INSERT INTO streams (client_id, instance, username, browser, since, behind) \
                       SELECT client_id, $1, username, browser, since, 0 FROM json_to_recordset(CAST($2 AS JSON)) \
                       AS stream (client_id TEXT, username TEXT, browser TEXT, since TEXT)";
            sqlx::query(all).bind(&of.id).bind(serde_json::to_string(streams)?).execute(change.db()).await?;
            commit(change).await
        })
        .await
    }

    /// Takes the instance out, with all of its streams.
    pub async fn deregister(&self, of: &Instance) -> Result<(), StoreError> {
        self.watched(Part::Presence, async {
            let mut change = self.change_presence().await?;
            sqlx::query("DELETE FROM instances WHERE instance = $1").bind(&of.id).execute(change.db()).await?;
            commit(change).await
        })
        .await
    }

    /// How many streams are open, on all instances, and the newest of them, at most `most`.
    pub async fn present(&self, most: usize) -> Result<(usize, Vec<ConnectionInfo>), StoreError> {
        self.watched(Part::Pages, async {
            let mut moment = self.moment(&self.pages).await?;
            let streams = count(moment.db()).await?;
            let newest = "SELECT client_id, username, since, browser, behind, name FROM streams JOIN instances USING (instance) \
                          ORDER BY since DESC, client_id LIMIT $1";
            let mut present = Vec::new();
            for row in sqlx::query(newest).bind(whole(most)).fetch_all(moment.db()).await? {
                let behind: Option<i64> = row.try_get(4)?;
                present.push(ConnectionInfo {
                    client_id: row.try_get(0)?,
                    username: row.try_get(1)?,
                    since: row.try_get(2)?,
                    browser: row.try_get(3)?,
                    behind: behind.map(|events| usize::try_from(events).unwrap_or_default()),
                    instance: Some(row.try_get(5)?),
                });
            }
            moment.end().await?;
            Ok((streams, present))
        })
        .await
    }

    /// Whether that stream is open, on any instance.
    pub async fn is_present(&self, client: Uuid) -> Result<bool, StoreError> {
        let found = || sqlx::query("SELECT client_id FROM streams WHERE client_id = $1").bind(client.to_string());
        Ok(!self.watched(Part::Pages, self.pages.rows(found)).await?.is_empty())
    }

    /// Begins a change of presence. They run one after the other, so that two who count at once do not both take the last place.
    async fn change_presence(&self) -> Result<Lease, StoreError> {
        let mut change = self.presence.begin("BEGIN").await?;
        change.db().execute("SET LOCAL synchronous_commit = off; LOCK TABLE streams IN SHARE ROW EXCLUSIVE MODE").await?;
        Ok(change)
    }
}

async fn commit(mut change: Lease) -> Result<(), StoreError> {
    change.db().execute("COMMIT").await?;
    change.give_back();
    Ok(())
}

async fn count(db: &mut AnyConnection) -> Result<usize, StoreError> {
    let streams: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM streams").fetch_one(db).await?;
    Ok(usize::try_from(streams).unwrap_or_default())
}

fn whole(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
