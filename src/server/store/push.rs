//! Events that other programs push. Those that arrive together are appended in one transaction and a handful of statements, however many
//! there are; each gets its own answer.

use super::{
    error::StoreError,
    handle::Store,
    health::Part,
    idempotency_key::IdempotencyKey,
    notifications::NotificationRow,
    push_body::Push,
    text::can_be_kept,
    transaction::{Change, FirstQuery},
};
use crate::{model::event::EventId, server::sse::Audience};
use sqlx::{Row, any::AnyRow};
use std::collections::{HashMap, HashSet};

/// A push's outcome: the event's id, or why there is none.
pub type Pushed = Result<EventId, StoreError>;

impl Store {
    /// Appends all that can be appended, in order, in one transaction. A failure of the database's is everybody's.
    ///
    /// A push whose key is kept already, for the same user, type and data, is answered with that event's id; for anything else it is a conflict.
    pub async fn push(&self, pushes: &[Push]) -> Result<Vec<Pushed>, StoreError> {
        self.watched(Part::Writer, async {
            // In the transaction: a user who is removed at the same time is told nothing any more.
            let query = format!("SELECT username FROM users WHERE username IN ({})", self.database.texts());
            let argument = json_array(pushes.iter().map(|push| push.user.as_str()))?;
            let (mut change, users) = self.change_and_find(Some(FirstQuery { query: &query, argument: &argument })).await?;
            let outcomes = change.push(pushes, &first_texts(&users)?).await;
            change.finish(outcomes).await
        })
        .await
    }
}

/// What was pushed under a key before.
struct Earlier {
    sequence: i64,
    user: String,
    event: String,
    /// Empty for what was pushed to a version that kept none.
    hash: String,
}

impl Change {
    /// `users` are those whom the pushes name and who exist.
    async fn push(&mut self, pushes: &[Push], users: &HashSet<String>) -> Result<Vec<Pushed>, StoreError> {
        let mut taken = self.taken(pushes).await?;
        let mut keys = self.earlier(pushes).await?;
        let mut rows = Vec::new();
        let mut outcomes = Vec::with_capacity(pushes.len());
        for push in pushes {
            if let Some(key) = &push.key
                && let Some(earlier) = keys.get(&key.key)
            {
                outcomes.push(earlier.answer(push, key).map(|sequence| self.id(sequence)));
                continue;
            }
            if !users.contains(&push.user) {
                outcomes.push(Err(StoreError::not_found(format!("there is no user {:?}", push.user)).at("user")));
                continue;
            }
            if let Some(notification) = &push.notification
                && !taken.insert(notification.id.clone())
            {
                outcomes.push(Err(StoreError::conflict(format!("there is a notification {} already", notification.id))));
                continue;
            }
            let audience = Audience::User(push.user.clone());
            let id = self.append(&audience, &push.event, push.data.clone(), push.key.as_ref());
            rows.extend(push.notification.as_ref().map(|notification| NotificationRow::new(notification, &audience, id.sequence)));
            if let Some(IdempotencyKey { key, hash }) = push.key.clone() {
                keys.insert(key, Earlier { sequence: id.sequence, user: push.user.clone(), event: push.event.clone(), hash });
            }
            outcomes.push(Ok(id));
        }
        if !rows.is_empty() {
            self.write_notifications(&rows).await?;
        }
        Ok(outcomes)
    }

    /// Which of the pushes' notifications there are already, by their ids.
    async fn taken(&mut self, pushes: &[Push]) -> Result<HashSet<String>, StoreError> {
        if pushes.iter().all(|push| push.notification.is_none()) {
            return Ok(HashSet::new());
        }
        let query = format!("SELECT id FROM notifications WHERE id IN ({})", self.texts());
        let ids = json_array(pushes.iter().filter_map(|push| push.notification.as_ref()).map(|notification| notification.id.as_str()))?;
        first_texts(&sqlx::query(&query).bind(ids).fetch_all(self.db()).await?)
    }

    /// What the pushes' keys were used for before.
    async fn earlier(&mut self, pushes: &[Push]) -> Result<HashMap<String, Earlier>, StoreError> {
        let keys: HashSet<_> = pushes.iter().filter_map(|push| push.key.as_ref()).map(|key| key.key.as_str()).collect();
        let mut earlier = HashMap::new();
        if keys.is_empty() {
            return Ok(earlier);
        }
        let among = self.database().among(self.texts());
        let query = format!("SELECT idempotency_key, sequence, audience, type, body_hash FROM events WHERE idempotency_key {among}");
        for row in sqlx::query(&query).bind(serde_json::to_string(&keys)?).fetch_all(self.db()).await? {
            let known = Earlier { sequence: row.try_get(1)?, user: row.try_get(2)?, event: row.try_get(3)?, hash: row.try_get(4)? };
            earlier.insert(row.try_get(0)?, known);
        }
        Ok(earlier)
    }
}

/// Texts as a JSON array, each once.
fn json_array<'a>(texts: impl Iterator<Item = &'a str>) -> Result<String, StoreError> {
    // PostgreSQL refuses the whole list for a NUL in one of them, and no name has one.
    let texts: HashSet<_> = texts.filter(|text| can_be_kept(text)).collect();
    Ok(serde_json::to_string(&texts)?)
}

/// The first column of rows.
fn first_texts(rows: &[AnyRow]) -> Result<HashSet<String>, StoreError> {
    Ok(rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>()?)
}

impl Earlier {
    fn answer(&self, push: &Push, key: &IdempotencyKey) -> Result<i64, StoreError> {
        let same = self.user == push.user && self.event == push.event && (self.hash.is_empty() || self.hash == key.hash);
        if same { Ok(self.sequence) } else { Err(StoreError::conflict(format!("the key {:?} was used for another push", key.key))) }
    }
}
