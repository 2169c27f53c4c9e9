//! A batch: what one read of the log's tail has for one subscriber, as all of the subscriber's streams get it.

use super::{
    super::{Sink, Taken},
    cursor::Cursor,
    tail_position::TailPosition,
};
use bytes::Bytes;
use std::sync::{Arc, OnceLock};

/// The events of one batch, for one subscriber.
pub struct Batch {
    pub tail: Arc<TailPosition>,
    /// The sequence of the subscriber's last event before the batch, or one past it that is before the batch as well.
    pub after: i64,
    /// The sequence of the first of the events.
    pub first: i64,
    pub events: Vec<Bytes>,
    /// The sequence up to which the log has been read with the batch.
    pub through: i64,
    /// The events, framed by the first sink that it was written to.
    pub framed: OnceLock<Bytes>,
}

impl Batch {
    /// Writes the batch to the sink of a stream that waits at `cursor`, and moves the cursor past what was taken; nothing where the
    /// cursor stands somewhere else than before the batch.
    pub fn write(&self, cursor: &mut Cursor, sink: &dyn Sink) -> Taken {
        if !cursor.is_between(&self.tail, self.after, self.first) {
            return Taken::Nothing;
        }
        let taken = sink.try_write(self.framed.get_or_init(|| sink.frame(&self.events)));
        if taken != Taken::Nothing {
            cursor.sequence = self.through;
        }
        taken
    }
}
