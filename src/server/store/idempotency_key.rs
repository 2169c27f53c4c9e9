//! Idempotency keys: a caller's own name for an event. What is asked for again under the same key happens once, for as long as the log
//! keeps the event; anything else under that key is a conflict.

use super::{error::StoreError, text::can_be_kept};
use sha2::{Digest, Sha256};

/// The longest key that a caller gives, in bytes.
const KEY_MAX: usize = 128;

/// A key, and the hash of what was asked for under it.
#[derive(Clone, Debug)]
pub(super) struct IdempotencyKey {
    pub key: String,
    pub hash: String,
}

impl IdempotencyKey {
    /// `parts` are what is asked for. Each is hashed with its length, so that no two lists of them run together to the same bytes.
    pub fn new(key: String, parts: &[&str]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self { key, hash: hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect() }
    }

    /// Refuses a caller's key that is empty, longer than [`KEY_MAX`], or cannot be kept.
    pub fn check(key: &str) -> Result<(), StoreError> {
        match !key.is_empty() && key.len() <= KEY_MAX && can_be_kept(key) {
            true => Ok(()),
            false => Err(StoreError::invalid(format!("key has 1 to {KEY_MAX} bytes and no NUL"))),
        }
    }
}
