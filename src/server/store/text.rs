//! Texts and ids as the database keeps them.

use super::error::StoreError;

/// A new id for a thing: time-ordered, so that rows made together lie together.
pub(super) fn new_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// Refuses a text that is empty, longer than `max` characters, or cannot be kept; `field` is the argument that gave it.
pub(super) fn check(field: &'static str, text: &str, max: usize) -> Result<(), StoreError> {
    let refuse = |why: String| Err(StoreError::invalid(format!("the {field} {why}")).at(field));
    match text.trim().is_empty() {
        true => refuse("is empty".into()),
        false if text.chars().count() > max => refuse(format!("is longer than {max} characters")),
        false if !can_be_kept(text) => refuse("has a NUL".into()),
        false => Ok(()),
    }
}

/// Whether a text can be in the database at all: PostgreSQL keeps no NUL, and a transaction that asks for one is lost.
pub(super) fn can_be_kept(text: &str) -> bool {
    !text.contains('\0')
}
