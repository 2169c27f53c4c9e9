//! Who has received which event, and how long after it was sent.

use std::time::Instant;

/// Whom an event is for.
#[derive(Clone, Copy)]
pub enum Readers {
    /// Each of so many streams.
    All(usize),
    /// One of so many streams, in turn.
    One(usize),
}

/// The deliveries of a round. Its events are numbered from `first`; others do not count.
pub struct Deliveries {
    first: u32,
    readers: Readers,
    sent: Vec<Instant>,
    /// A bit for each delivery that was made.
    made: Vec<u64>,
    /// From sent to read, in microseconds.
    delays: Vec<u32>,
    repeated: usize,
    misdirected: usize,
}

/// What became of a round's events.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Faults {
    pub lost: usize,
    pub repeated: usize,
    /// Read by somebody whom they are not for.
    pub misdirected: usize,
}

impl Deliveries {
    pub fn new(first: u32, readers: Readers) -> Self {
        Self { first, readers, sent: Vec::new(), made: Vec::new(), delays: Vec::new(), repeated: 0, misdirected: 0 }
    }

    /// Notes that the next event is sent; returns its number and the stream it is for, the first of all.
    pub fn send(&mut self, now: Instant) -> (u32, usize) {
        let index = self.sent.len();
        self.sent.push(now);
        let reader = if let Readers::One(streams) = self.readers { index % streams } else { 0 };
        (self.first + index as u32, reader)
    }

    /// Notes that `stream` has read event `number`.
    pub fn take(&mut self, stream: usize, number: u32, now: Instant) {
        let Some(index) = number.checked_sub(self.first).map(|index| index as usize) else { return };
        let Some(sent) = self.sent.get(index) else { return };
        let delivery = match self.readers {
            Readers::All(streams) => index * streams + stream,
            Readers::One(streams) if index % streams == stream => index,
            Readers::One(_) => return self.misdirected += 1,
        };
        let (word, bit) = (delivery / 64, 1 << (delivery % 64));
        if self.made.len() <= word {
            self.made.resize(word + 1, 0);
        }
        if self.made[word] & bit != 0 {
            return self.repeated += 1;
        }
        self.made[word] |= bit;
        self.delays.push(now.duration_since(*sent).as_micros().try_into().unwrap_or(u32::MAX));
    }

    pub fn sent(&self) -> usize {
        self.sent.len()
    }

    pub fn made(&self) -> usize {
        self.delays.len()
    }

    /// Whether each event that was sent has been read by all whom it is for.
    pub fn is_complete(&self) -> bool {
        self.made() == self.expected()
    }

    pub fn faults(&self) -> Faults {
        Faults { lost: self.expected() - self.made(), repeated: self.repeated, misdirected: self.misdirected }
    }

    /// The delay that this share of deliveries does not exceed, in milliseconds; 0 without any.
    pub fn delay(&mut self, share: f64) -> f64 {
        if self.delays.is_empty() {
            return 0.0;
        }
        let index = ((self.delays.len() - 1) as f64 * share) as usize;
        f64::from(*self.delays.select_nth_unstable(index).1) / 1e3
    }

    fn expected(&self) -> usize {
        match self.readers {
            Readers::All(streams) => self.sent() * streams,
            Readers::One(_) => self.sent(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lost_repeated_and_misdirected_is_counted() {
        let now = Instant::now();
        let mut all = Deliveries::new(100, Readers::All(3));
        assert_eq!((all.send(now), all.send(now)), ((100, 0), (101, 0)));
        for (stream, number) in [(0, 100), (1, 100), (2, 100), (0, 101), (0, 101), (1, 102), (2, 99)] {
            all.take(stream, number, now);
        }
        assert!(!all.is_complete());
        assert_eq!(all.faults(), Faults { lost: 2, repeated: 1, misdirected: 0 });

        let mut one = Deliveries::new(0, Readers::One(2));
        assert_eq!((one.send(now), one.send(now), one.send(now)), ((0, 0), (1, 1), (2, 0)));
        for (stream, number) in [(0, 0), (1, 1), (1, 2), (0, 2)] {
            one.take(stream, number, now);
        }
        assert!(one.is_complete());
        assert_eq!(one.faults(), Faults { lost: 0, repeated: 0, misdirected: 1 });
    }
}
