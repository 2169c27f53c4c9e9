//! The store's errors, as callers of the API see them. Nothing is logged here: a failure of the database's is logged by the store, which knows
//! whether it is a new one.

use crate::{
    model::error::{Error, Kind},
    server::store::StoreError,
};

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let line = error.to_string();
        let (kind, field) = match error {
            StoreError::Unavailable { .. } => (Kind::Unavailable, None),
            StoreError::OrderChanged { order, .. } => return Error::new(Kind::Conflict, line).with_order(*order),
            StoreError::Conflict(_) => (Kind::Conflict, None),
            StoreError::NotFound { field, .. } => (Kind::NotFound, field),
            StoreError::Invalid { field, .. } => (Kind::Invalid, field),
            StoreError::TooLarge(_) => (Kind::TooLarge, None),
            StoreError::Malformed(_) => (Kind::Malformed, None),
            StoreError::Internal(_) => (Kind::Internal, None),
        };
        let error = Error::new(kind, line);
        match field {
            Some(field) => error.at(field),
            None => error,
        }
    }
}
