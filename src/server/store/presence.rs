//! The presence of open streams, where several instances share PostgreSQL: who is connected, and where. It is no part of the log, and nothing
//! here is worth a disk's wait: what a crash of the database takes away, each instance writes again at its next heartbeat.

use super::{Store, begin};
use crate::model::{error::Error, stats::ConnectionInfo};
use serde::Serialize;
use sqlx::{Any, AnyConnection, Row, Transaction};
use std::time::Duration;
use uuid::Uuid;

/// An instance that has not been heard of for so long is dead, and its streams with it.
const DEAD_AFTER: Duration = Duration::from_secs(4);

/// The database's clock: those of several machines differ.
const NOW: &str = "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)";

/// An instance, as the presence knows it.
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

    /// Takes the streams that leave off the presence, and enters the others. Answers which have entered: one that would be its user's
    /// `per_user` + 1st, over all instances, does not.
    pub async fn update_streams(
        &self,
        of: &Instance,
        leaving: &[Uuid],
        entering: &[StreamRow],
        per_user: usize,
    ) -> Result<Vec<Uuid>, Error> {
        let mut presence = self.presence().await?;
        let leave = "DELETE FROM streams WHERE client_id IN (SELECT json_array_elements_text(CAST($1 AS JSON)))";
        sqlx::query(leave).bind(serde_json::json!(leaving).to_string()).execute(&mut *presence).await?;
        let enter = "INSERT INTO streams (client_id, instance, username, browser, since, behind) \
                     SELECT client_id, $1, username, browser, since, 0 FROM ( \
                         SELECT line.*, row_number() OVER (PARTITION BY username) AS place, \
                             (SELECT COUNT(*) FROM (SELECT 1 FROM streams WHERE username = line.username LIMIT $3) AS there) AS there \
                         FROM json_to_recordset(CAST($2 AS JSON)) AS line (client_id TEXT, username TEXT, browser TEXT, since TEXT) \
                     ) AS coming WHERE there + place <= $3 RETURNING client_id";
        let enter = sqlx::query_scalar(enter).bind(&of.id).bind(serde_json::json!(entering).to_string()).bind(whole(per_user));
        let entered: Vec<String> = enter.fetch_all(&mut *presence).await?;
        presence.commit().await?;
        Ok(entered.iter().filter_map(|client| client.parse().ok()).collect())
    }

    /// Says that the instance lives, and which of its streams are `behind` by how much now; strikes out the dead. Answers with how many
    /// streams there are on the whole presence, or nothing where the presence does not know the instance (any more).
    pub async fn heartbeat(&self, of: &Instance, behind: &[(Uuid, Option<usize>)]) -> Result<Option<usize>, Error> {
        let mut presence = self.presence().await?;
        let heartbeat = format!("UPDATE instances SET beat_at = {NOW} WHERE instance = $1");
        if sqlx::query(&heartbeat).bind(&of.id).execute(&mut *presence).await?.rows_affected() == 0 {
            return Ok(None);
        }
        if !behind.is_empty() {
            let told = "UPDATE streams SET behind = said.behind FROM json_to_recordset(CAST($1 AS JSON)) AS said (client TEXT, behind BIGINT) \
                        WHERE client_id = said.client";
            let said: Vec<_> = behind.iter().map(|(client, behind)| serde_json::json!({ "client": client, "behind": behind })).collect();
            sqlx::query(told).bind(serde_json::Value::from(said).to_string()).execute(&mut *presence).await?;
        }
        let dead = format!("DELETE FROM instances WHERE beat_at < {NOW} - $1");
        let dead = sqlx::query(&dead).bind(whole(DEAD_AFTER.as_millis())).execute(&mut *presence).await?.rows_affected();
        if dead > 0 {
            tracing::warn!(instances = dead, "not heard of any more; struck off the presence");
        }
        let streams = count(&mut presence).await?;
        presence.commit().await?;
        Ok(Some(streams))
    }

    /// Puts the instance on the presence, with these streams and no others.
    pub async fn register(&self, of: &Instance, lines: &[&StreamRow]) -> Result<(), Error> {
        let mut presence = self.presence().await?;
        sqlx::query("DELETE FROM instances WHERE instance = $1").bind(&of.id).execute(&mut *presence).await?;
        let here = format!("INSERT INTO instances (instance, name, beat_at) VALUES ($1, $2, {NOW})");
        sqlx::query(&here).bind(&of.id).bind(&of.name).execute(&mut *presence).await?;
        let all = "INSERT INTO streams (client_id, instance, username, browser, since, behind) \
                   SELECT client_id, $1, username, browser, since, 0 FROM json_to_recordset(CAST($2 AS JSON)) \
                   AS line (client_id TEXT, username TEXT, browser TEXT, since TEXT)";
        sqlx::query(all).bind(&of.id).bind(serde_json::json!(lines).to_string()).execute(&mut *presence).await?;
        presence.commit().await?;
        Ok(())
    }

    /// Takes the instance off the presence, with all of its streams.
    pub async fn deregister(&self, of: &Instance) -> Result<(), Error> {
        let mut presence = self.presence().await?;
        sqlx::query("DELETE FROM instances WHERE instance = $1").bind(&of.id).execute(&mut *presence).await?;
        presence.commit().await?;
        Ok(())
    }

    /// How many streams are open, on all instances, and the newest of them, at most `most`.
    pub async fn present(&self, most: usize) -> Result<(usize, Vec<ConnectionInfo>), Error> {
        let mut moment = self.moment().await?;
        let streams = count(&mut moment).await?;
        let newest = "SELECT client_id, username, since, browser, behind, name FROM streams JOIN instances USING (instance) \
                      ORDER BY since DESC, client_id LIMIT $1";
        let mut present = Vec::new();
        for row in sqlx::query(newest).bind(whole(most)).fetch_all(&mut *moment).await? {
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
        moment.commit().await?;
        Ok((streams, present))
    }

    /// Whether that stream is on the presence.
    pub async fn is_present(&self, client: Uuid) -> Result<bool, Error> {
        let found = sqlx::query("SELECT 1 FROM streams WHERE client_id = $1").bind(client.to_string());
        Ok(found.fetch_optional(&self.reader).await?.is_some())
    }

    /// Begins a change of the presence. They run one after the other, so that two who count at once do not both take the last seat.
    async fn presence(&self) -> Result<Transaction<'static, Any>, Error> {
        begin(&self.reader, "BEGIN; SET LOCAL synchronous_commit = off; LOCK TABLE streams IN SHARE ROW EXCLUSIVE MODE").await
    }
}

async fn count(db: &mut AnyConnection) -> Result<usize, Error> {
    let streams: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM streams").fetch_one(db).await?;
    Ok(usize::try_from(streams).unwrap_or_default())
}

fn whole(number: impl TryInto<i64>) -> i64 {
    number.try_into().unwrap_or(i64::MAX)
}
