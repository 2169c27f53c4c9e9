//! Notifications as a user sees them: the newest ones, and how many are unread. Each audience is a run of one index.

use super::error::StoreError;
use crate::model::notification::{Notification, UNREAD_MAX};
use sqlx::{AnyConnection, Row, any::AnyRow};

/// What a user sees and has read, by position.
pub(super) struct Reader {
    username: String,
    /// What was broadcast up to there was told before the user came.
    since: i64,
    /// All up to there has been read.
    read_through: i64,
}

/// The user's own past `$2`, and everybody's past `$3`. Whole rows of the index are compared, so that PostgreSQL reads them along it
/// whatever it guesses.
const OWN: &str = "(n.audience, n.position) > ($1, $2) AND (n.audience, n.position) <= ($1, 9223372036854775807)";
const EVERYBODYS: &str = "(n.audience, n.position) > ('*', $3) AND (n.audience, n.position) <= ('*', 9223372036854775807)";

/// Not EXISTS: for that, PostgreSQL may read all that the user has ever read, and then look for the one.
pub(super) const READ: &str = "(SELECT COUNT(*) FROM notification_reads r WHERE r.username = $1 AND r.notification_id = n.id) = 1";

const NEWEST_FIRST: &str = "ORDER BY n.audience DESC, n.position DESC";

impl Reader {
    pub async fn of(db: &mut AnyConnection, username: &str) -> Result<Self, StoreError> {
        let row =
            sqlx::query("SELECT since_position, read_through FROM users WHERE username = $1").bind(username).fetch_optional(db).await?;
        // Who was removed a moment ago sees nothing.
        let (since, read_through) = row.map_or(Ok((i64::MAX, i64::MAX)), |row| Ok::<_, sqlx::Error>((row.try_get(0)?, row.try_get(1)?)))?;
        Ok(Self { username: username.into(), since, read_through })
    }
}

/// In commit order, the newest first, whatever time whoever pushed one has given it.
pub(super) async fn newest(db: &mut AnyConnection, reader: &Reader, limit: usize) -> Result<Vec<Notification>, StoreError> {
    let newest = |audience: &str| {
        format!(
            "SELECT * FROM (SELECT n.id, n.title, n.message, n.created_at, n.order_id, n.position, \
                 CASE WHEN n.position <= $4 OR {READ} THEN 1 ELSE 0 END AS seen \
             FROM notifications n WHERE {audience} {NEWEST_FIRST} LIMIT {limit}) AS part"
        )
    };
    let query = format!("{} UNION ALL {} ORDER BY position DESC LIMIT {limit}", newest(OWN), newest(EVERYBODYS));
    let rows = sqlx::query(&query).bind(&reader.username).bind(i64::MIN).bind(reader.since);
    let rows = rows.bind(reader.read_through).fetch_all(db).await?;
    rows.iter().map(shown).collect()
}

/// Reads a row of id, title, message, time, order, position, and whether it was read.
pub(super) fn shown(row: &AnyRow) -> Result<Notification, StoreError> {
    Ok(Notification {
        id: row.try_get(0)?,
        title: row.try_get(1)?,
        message: row.try_get(2)?,
        timestamp: row.try_get(3)?,
        order_id: row.try_get(4)?,
        read: row.try_get::<i64, _>(6)? == 1,
    })
}

/// How many notifications the user has not read, counted to [`UNREAD_MAX`].
pub(super) async fn unread(db: &mut AnyConnection, reader: &Reader) -> Result<i64, StoreError> {
    let unread = |audience: &str| {
        format!(
            "SELECT * FROM (SELECT n.id FROM notifications n WHERE {audience} AND NOT {READ} {NEWEST_FIRST} LIMIT {UNREAD_MAX}) AS part"
        )
    };
    let query = format!("SELECT COUNT(*) FROM ({} UNION ALL {}) AS unread", unread(OWN), unread(EVERYBODYS));
    let (own, everybodys) = (reader.read_through, reader.read_through.max(reader.since));
    let count = sqlx::query_scalar(&query).bind(&reader.username).bind(own).bind(everybodys).fetch_one(db);
    Ok(UNREAD_MAX.min(count.await?))
}
