//! To whom an event is addressed, as the log's columns have it.

use crate::{
    model::user::User,
    server::sse::{Audience, Subscriber},
};

/// The group of the staff.
pub const STAFF: &str = "staff";

/// The user as a subscriber of streams.
pub fn subscriber(user: &User) -> Subscriber {
    Subscriber { name: user.username.clone(), groups: if user.is_staff() { vec![STAFF.into()] } else { vec![] } }
}

/// One user, and the staff.
pub(super) fn user_and_staff(username: &str) -> Audience {
    Audience::UserAndGroup { user: username.into(), group: STAFF.into() }
}

/// The audience as the log's columns `audience` and `staff`. The staff are the one group that they know.
pub(super) fn to_columns(audience: &Audience) -> (String, i64) {
    match audience {
        Audience::User(name) => (name.clone(), 0),
        Audience::UserAndGroup { user, .. } => (user.clone(), 1),
        Audience::Everyone => ("*".into(), 0),
        Audience::SessionEnded(handle) => (format!("session:{handle}"), 0),
        Audience::SessionsEnded(name) => (format!("sessions-of:{name}"), 0),
        Audience::CloseStream(client) => (format!("stream:{client}"), 0),
    }
}

pub(super) fn from_columns(audience: String, staff: i64) -> Audience {
    match audience.split_once(':') {
        Some(("session", handle)) => Audience::SessionEnded(handle.into()),
        Some(("stream", client)) => Audience::CloseStream(client.into()),
        Some((_, name)) => Audience::SessionsEnded(name.into()),
        None if audience == "*" => Audience::Everyone,
        None if staff == 1 => user_and_staff(&audience),
        None => Audience::User(audience),
    }
}
