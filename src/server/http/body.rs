//! Request bodies: read whole, up to a limit.

use crate::model::error::{Error, Kind};
use axum::body::{Body, Bytes, to_bytes};

/// The largest request body, in bytes.
pub const BODY_MAX: usize = 64 * 1024;

/// The whole body. `TooLarge` (413) past [`BODY_MAX`].
pub async fn read(body: Body) -> Result<Bytes, Error> {
    to_bytes(body, BODY_MAX).await.map_err(|_| Error::new(Kind::TooLarge, format!("the request is larger than {BODY_MAX} bytes")))
}
