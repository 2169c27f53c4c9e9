//! A session as a row of the table `sessions`: its own id is in no row, and what it is looked for by has columns of its own.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use time::OffsetDateTime;
use tower_sessions::session::Id;

/// The session's key of its [`SessionData`]. Rows of earlier versions have it: it must not change.
pub const SESSION_DATA: &str = "ticket";

/// axum-login's key of who is signed in.
const LOGIN_DATA: &str = "axum-login.data";

/// What a session keeps: a handle that is no secret, by which its streams can be ended, and its absolute end in milliseconds since 1970.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SessionData {
    pub handle: String,
    pub expires: i64,
}

/// A row, but for its id.
pub(super) struct SessionRow {
    /// Empty where nobody is signed in.
    pub username: String,
    pub handle: String,
    pub data: String,
    pub expires_at: i64,
    pub ends_at: i64,
}

impl SessionRow {
    /// The row of a session of that data, which ends at its own end, or else at `expiry`.
    pub fn of(data: &HashMap<String, serde_json::Value>, expiry: OffsetDateTime) -> serde_json::Result<Self> {
        let own = data.get(SESSION_DATA).cloned().and_then(|own| serde_json::from_value::<SessionData>(own).ok());
        let username = data.get(LOGIN_DATA).and_then(|login| login.get("user_id")?.as_str()).unwrap_or_default();
        let expiry = i64::try_from(expiry.unix_timestamp_nanos() / 1_000_000).unwrap_or(i64::MAX);
        let (handle, expires_at) = own.map_or((String::new(), expiry), |own| (own.handle, own.expires));
        Ok(Self { username: username.into(), handle, data: serde_json::to_string(data)?, expires_at, ends_at: expires_at })
    }
}

/// The row's id of the session with that id: SHA-256 of what the cookie carries, in hexadecimal.
pub(super) fn hashed(id: &Id) -> String {
    format!("{:x}", Sha256::digest(id.to_string()))
}
