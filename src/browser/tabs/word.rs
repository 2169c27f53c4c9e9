//! What tabs that share a line say to each other, written as JSON.

use crate::{browser::line::Why, event::EventId};
use serde::{Deserialize, Serialize};
use wasm_bindgen::JsValue;

#[derive(Serialize, Deserialize)]
pub enum Word {
    /// Of who leads: the line is being opened.
    Opening,
    /// Of who leads: it is open, and has been read up to `past`.
    Live {
        past: EventId,
        /// The data of `connected`.
        greeting: String,
        /// See [`crate::browser::line::Frame::ahead`].
        ahead: i64,
    },
    /// Of who leads: this frame has come, and there was nothing between it and `past`.
    Frame { past: EventId, id: String, kind: String, data: String },
    /// Of who leads: the line is opened again in so many milliseconds.
    Waiting { left_ms: u64, why: Why },
    /// Of who follows: this is where it stands; what is there, and what comes?
    Join(EventId),
    /// Of who follows: somebody does not want to wait.
    Now,
}

impl Word {
    pub fn write(&self) -> JsValue {
        serde_json::to_string(self).unwrap_or_default().into()
    }

    pub fn read(said: &JsValue) -> Option<Self> {
        serde_json::from_str(&said.as_string()?).ok()
    }
}
