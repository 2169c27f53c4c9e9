//! Sessions of earlier versions, whose table (that of the crate tower-sessions-sqlx-store) has the cookies' ids as they are. They are moved
//! into the table `sessions` when the database is opened, so who was signed in still is.
//!
//! During a rolling deploy an instance of such a version does not find a session that was moved, and makes new ones in the old table; the next
//! instance that opens the database moves those too.

use super::{
    database::Database,
    session_row::{SessionRow, hashed},
};
use sqlx::{AnyConnection, Connection, Executor, Row};
use time::OffsetDateTime;
use tower_sessions::session::{Id, Record};

/// Moves what is there, in one transaction. What cannot be read is deleted.
pub(super) async fn take_over(database: Database, db: &mut AnyConnection) -> Result<(), sqlx::Error> {
    let (find, table) = match database {
        Database::Sqlite => ("SELECT COUNT(*) FROM sqlite_master WHERE name = 'tower_sessions'", "tower_sessions"),
        Database::Postgres => (
            "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = 'tower_sessions' AND table_name = 'session'",
            "tower_sessions.session",
        ),
    };
    let tables: i64 = sqlx::query_scalar(find).fetch_one(&mut *db).await?;
    if tables == 0 {
        return Ok(());
    }
    if database == Database::Sqlite {
        // Else the ids would stay readable in the file, where the rows were.
        db.execute("PRAGMA secure_delete = ON").await?;
    }
    let mut change = db.begin().await?;
    let rows = sqlx::query(&format!("DELETE FROM {table} RETURNING id, data")).fetch_all(&mut *change).await?;
    for row in rows {
        let (id, data): (String, Vec<u8>) = (row.try_get(0)?, row.try_get(1)?);
        let (Ok(id), Ok(record)) = (id.parse::<Id>(), rmp_serde::from_slice::<Record>(&data)) else { continue };
        let Ok(row) = SessionRow::of(&record.data, record.expiry_date) else { continue };
        if record.expiry_date <= OffsetDateTime::now_utc() {
            continue;
        }
        let insert = "INSERT INTO sessions (id, username, handle, data, expires_at, ends_at) VALUES ($1, $2, $3, $4, $5, $6) \
                      ON CONFLICT (id) DO NOTHING";
        let insert = sqlx::query(insert).bind(hashed(&id)).bind(row.username).bind(row.handle).bind(row.data);
        insert.bind(row.expires_at).bind(row.ends_at).execute(&mut *change).await?;
    }
    change.commit().await
}
