//! The load: many event streams and some pushers, in one thread over epoll, which does as little as it can for each event: a read into a
//! buffer that all share, and a look for the event's number.

mod deliveries;
mod frames;
mod pusher;
mod stream;

pub use deliveries::{Deliveries, Faults, Readers};
pub use frames::{DIGITS, MARK};

use crate::Failure;
use mio::{Events, Interest, Poll, Token};
use pusher::Pusher;
use std::{
    io::ErrorKind,
    net::SocketAddr,
    time::{Duration, Instant},
};
use stream::Stream;

/// Streams that are opened at the same time: fewer than a listener's queue holds, so that none has to try again.
const OPENING: usize = 256;

/// How long all may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Tokens from here on are pushers'.
const PUSHERS: usize = 1 << 32;

/// Bytes that are read at a time.
const BUFFER: usize = 64 * 1024;

pub struct Client {
    addr: SocketAddr,
    poll: Poll,
    events: Events,
    buffer: Vec<u8>,
    streams: Vec<Stream>,
    /// Streams whose answer has begun.
    opened: usize,
    pushers: Vec<Pusher>,
    /// Pushers that have nothing under way.
    free: Vec<usize>,
    /// Of the round that is measured.
    pub deliveries: Deliveries,
}

impl Client {
    pub fn new(addr: SocketAddr) -> Result<Self, Failure> {
        Ok(Self {
            addr,
            poll: Poll::new()?,
            events: Events::with_capacity(1_024),
            buffer: vec![0; BUFFER],
            streams: Vec::new(),
            opened: 0,
            pushers: Vec::new(),
            free: Vec::new(),
            deliveries: Deliveries::new(0, Readers::All(0)),
        })
    }

    /// Opens so many streams, and returns once each has its answer.
    pub fn open(&mut self, count: usize, request: impl Fn(usize) -> Vec<u8>) -> Result<(), Failure> {
        let deadline = Instant::now() + PATIENCE;
        while self.opened < count {
            while self.streams.len() < count && self.streams.len() < self.opened + OPENING {
                let index = self.streams.len();
                let mut stream = Stream::open(self.addr, &request(index))?;
                self.poll.registry().register(&mut stream.socket, Token(index), Interest::READABLE)?;
                self.streams.push(stream);
            }
            self.turn(deadline)?;
            if Instant::now() > deadline {
                return Err(format!("after {PATIENCE:?}, {} of {count} streams are open", self.opened).into());
            }
        }
        Ok(())
    }

    /// Closes all streams.
    pub fn close(&mut self) {
        self.streams.clear();
        self.opened = 0;
    }

    /// Sends a push: `request` makes it from the event's number and the stream that it is for. Where all pushers wait for their answers, there
    /// is one more.
    pub fn push(&mut self, request: impl Fn(u32, usize) -> Vec<u8>) -> Result<(), Failure> {
        let index = match self.free.pop() {
            Some(index) => index,
            None => {
                let mut pusher = Pusher::connect(self.addr)?;
                let index = self.pushers.len();
                self.poll.registry().register(&mut pusher.socket, Token(PUSHERS + index), Interest::READABLE)?;
                self.pushers.push(pusher);
                index
            }
        };
        let (number, stream) = self.deliveries.send(Instant::now());
        self.pushers[index].send(&request(number, stream))
    }

    /// How many pushes are under way.
    pub fn under_way(&self) -> usize {
        self.pushers.len() - self.free.len()
    }

    /// Reads until that moment.
    pub fn read_until(&mut self, moment: Instant) -> Result<(), Failure> {
        while Instant::now() < moment {
            self.turn(moment)?;
        }
        Ok(())
    }

    /// Reads until each push is answered.
    pub fn read_answers(&mut self) -> Result<(), Failure> {
        let deadline = Instant::now() + PATIENCE;
        while self.under_way() > 0 {
            self.turn(deadline)?;
            if Instant::now() > deadline {
                return Err(format!("after {PATIENCE:?}, a push has no answer").into());
            }
        }
        Ok(())
    }

    /// Reads until each push is answered and each event is with all whom it is for, or until nothing has come for so long that it is lost.
    pub fn read_rest(&mut self, patience: Duration) -> Result<(), Failure> {
        let (mut last, mut seen) = (Instant::now(), self.deliveries.made());
        while !(self.under_way() == 0 && self.deliveries.is_complete()) && last.elapsed() < patience {
            self.turn(last + patience)?;
            if self.deliveries.made() != seen {
                (last, seen) = (Instant::now(), self.deliveries.made());
            }
        }
        Ok(())
    }

    /// Waits until something has come, at most until `deadline`, and reads it.
    pub fn turn(&mut self, deadline: Instant) -> Result<(), Failure> {
        match self.poll.poll(&mut self.events, Some(deadline.saturating_duration_since(Instant::now()))) {
            Err(error) if error.kind() == ErrorKind::Interrupted => return Ok(()),
            other => other?,
        }
        for event in &self.events {
            let Token(token) = event.token();
            if let Some(index) = token.checked_sub(PUSHERS) {
                if self.pushers[index].read(&mut self.buffer)? {
                    self.free.push(index);
                }
            } else {
                let (deliveries, now) = (&mut self.deliveries, Instant::now());
                let opened = self.streams[token].read(&mut self.buffer, |number| deliveries.take(token, number, now))?;
                self.opened += usize::from(opened);
            }
        }
        Ok(())
    }
}
