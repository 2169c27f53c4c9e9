//! What a page does when it cannot be loaded: it says so to whoever serves it.

use crate::model::error::Error;
use std::sync::Arc;

/// Called with the refusal, so that the page's response has the fitting status. In the context of a rendering.
#[derive(Clone)]
pub struct OnLoadError(pub Arc<dyn Fn(&Error) + Send + Sync>);
