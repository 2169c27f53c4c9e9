//! Notifications as a user sees them: the newest ones, a page of them, and how many are unread. Each audience is a run of one index.

use super::{error::StoreError, handle::Store, health::Part, text::can_be_kept};
use crate::model::{
    notification::{Notification, NotificationPage, UNREAD_MAX},
    snapshot::NOTIFICATIONS_PER_PAGE,
};
use sqlx::{AnyConnection, Row, any::AnyRow};

/// Where a page of notifications is. Each is known by its id, so that an address stays true when new ones come.
#[derive(Clone, Debug)]
pub enum NotificationsAt {
    Newest,
    /// Those before this one.
    Before(String),
    /// Those after it; the newest, where they would not fill a page.
    After(String),
}

impl Store {
    /// A page of the notifications that the user sees. The newest, where the one that it is beside is not kept any more, or is another's.
    pub async fn notification_page(&self, username: &str, at: NotificationsAt) -> Result<NotificationPage, StoreError> {
        self.watched(Part::Pages, async {
            let mut moment = self.moment(&self.pages).await?;
            let reader = Reader::of(moment.db(), username).await?;
            let (before, after) = match &at {
                NotificationsAt::Newest => (None, None),
                NotificationsAt::Before(id) => (position(moment.db(), &reader, id).await?, None),
                NotificationsAt::After(id) => (None, position(moment.db(), &reader, id).await?),
            };
            let some = NOTIFICATIONS_PER_PAGE + 1;
            let mut page = NotificationPage { newer: before.is_some(), ..NotificationPage::default() };
            if let Some(after) = after {
                page.notifications = between(moment.db(), &reader, after, i64::MAX, Order::OldestFirst, some).await?;
                (page.newer, page.older) = (page.notifications.len() == some, true);
                page.notifications.truncate(NOTIFICATIONS_PER_PAGE);
                page.notifications.reverse();
            }
            if !page.newer || before.is_some() {
                let before = before.unwrap_or(i64::MAX);
                page.notifications = between(moment.db(), &reader, i64::MIN, before, Order::NewestFirst, some).await?;
                page.older = page.notifications.len() == some;
                page.notifications.truncate(NOTIFICATIONS_PER_PAGE);
            }
            moment.end().await?;
            Ok(page)
        })
        .await
    }
}

/// Where one is that the user sees. Another's is none.
async fn position(db: &mut AnyConnection, reader: &Reader, id: &str) -> Result<Option<i64>, StoreError> {
    if !can_be_kept(id) {
        return Ok(None);
    }
    let position = "SELECT position FROM notifications WHERE id = $2 AND (audience = $1 OR audience = '*')";
    Ok(sqlx::query_scalar(position).bind(&reader.username).bind(id).fetch_optional(db).await?)
}

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

/// In which order rows are read.
#[derive(Clone, Copy)]
enum Order {
    NewestFirst,
    OldestFirst,
}

/// In commit order, the newest first, whatever time whoever pushed one has given it.
pub(super) async fn newest(db: &mut AnyConnection, reader: &Reader, limit: usize) -> Result<Vec<Notification>, StoreError> {
    between(db, reader, i64::MIN, i64::MAX, Order::NewestFirst, limit).await
}

/// Those past position `lower` and before `upper`.
async fn between(
    db: &mut AnyConnection,
    reader: &Reader,
    lower: i64,
    upper: i64,
    order: Order,
    limit: usize,
) -> Result<Vec<Notification>, StoreError> {
    let direction = match order {
        Order::NewestFirst => "DESC",
        Order::OldestFirst => "ASC",
    };
    // Whole rows of the index are compared, as above.
    let run = |audience: &str, lower: &str| {
        format!(
            "SELECT * FROM (SELECT n.id, n.title, n.message, n.created_at, n.order_id, n.position, \
                 CASE WHEN n.position <= $4 OR {READ} THEN 1 ELSE 0 END AS seen \
             FROM notifications n WHERE (n.audience, n.position) > ({audience}, {lower}) AND (n.audience, n.position) < ({audience}, $5) \
             ORDER BY n.audience {direction}, n.position {direction} LIMIT {limit}) AS part"
        )
    };
    let query = format!("{} UNION ALL {} ORDER BY position {direction} LIMIT {limit}", run("$1", "$2"), run("'*'", "$3"));
    let rows = sqlx::query(&query).bind(&reader.username).bind(lower).bind(lower.max(reader.since));
    let rows = rows.bind(reader.read_through).bind(upper).fetch_all(db).await?;
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
