//! A simulated server: its log, what is wrong with it, and what it answers.

use super::{
    super::input::{Input, SnapshotAnswer},
    tab::snapshot,
    world::World,
};
use crate::model::event::EventId;

pub struct Server {
    pub is_up: bool,
    /// It takes requests and answers none.
    pub holds: bool,
    /// Streams that are open get nothing.
    pub is_silent: bool,
    /// It takes a stream and ends it.
    pub ends_each: bool,
    /// It serves no position.
    pub serves_none: bool,
    /// The status and `retry-after` of its refusals.
    pub refuses: Option<(u16, u64)>,
    /// Whose session the browser has.
    pub session: Option<String>,
    pub epoch: String,
    /// When each event happened.
    pub log: Vec<String>,
    /// Positions before this one cannot be served.
    pub floor: i64,
}

impl Server {
    pub fn start() -> Self {
        Self {
            is_up: true,
            holds: false,
            is_silent: false,
            ends_each: false,
            serves_none: false,
            refuses: None,
            session: Some("ada".into()),
            epoch: "e".into(),
            log: vec![],
            floor: 0,
        }
    }
}

impl World {
    pub fn head(&self) -> EventId {
        EventId { epoch: self.server.epoch.clone(), sequence: self.server.log.len() as i64 }
    }

    /// Something happens to ada.
    pub fn append(&mut self) {
        self.now += 1;
        self.server.log.push(time(self.now));
        self.settle();
        self.now += 1;
    }

    /// Each open stream says that it is alive.
    pub fn ping(&mut self) {
        let head = self.head();
        for tab in 0..self.tabs.len() {
            let generations: Vec<_> =
                self.tabs[tab].sources.iter().filter(|source| source.sent.is_some()).map(|source| source.generation).collect();
            for generation in generations {
                self.input(tab, Input::Said { generation, id: head.to_string(), kind: "ping".into(), data: String::new() });
            }
        }
    }

    /// The server's answers to a tab's requests.
    pub fn answer(&mut self, tab: usize) -> bool {
        if self.server.holds {
            return false;
        }
        let status = self.refusal(&self.tabs[tab].user.clone());
        if let Some(generation) = self.tabs[tab].look_up.take() {
            let (status, retry_after_ms) = status.map_or((None, 0), |(status, after)| (Some(status), after));
            self.input(tab, Input::RefusalLookedUp { generation, status, retry_after_ms });
            return true;
        }
        if let Some(generation) = self.tabs[tab].fetch.take() {
            let answer = match (&self.server.session, self.server.is_up) {
                (_, false) => SnapshotAnswer::Failed,
                (None, _) => SnapshotAnswer::SignedOut,
                (Some(user), _) => SnapshotAnswer::Fresh(Box::new(snapshot(user, self.head()))),
            };
            self.input(tab, Input::SnapshotFetched { generation, answer });
            return true;
        }
        false
    }

    fn refusal(&self, user: &str) -> Option<(u16, u64)> {
        match &self.server.session {
            _ if !self.server.is_up => None,
            Some(session) if session == user => self.server.refuses,
            _ => Some((401, 0)),
        }
    }

    /// What the server sends next on a tab's streams.
    pub fn stream(&mut self, tab: usize) -> bool {
        let (head, opened_ms) = (self.head(), self.now as i64);
        let refused = self.refusal(&self.tabs[tab].user.clone()).is_some();
        let server = &self.server;
        let said =
            |generation, kind: &str, id: &EventId| Input::Said { generation, id: id.to_string(), kind: kind.into(), data: "{}".into() };
        let mut inputs = vec![];
        for source in &mut self.tabs[tab].sources {
            let generation = source.generation;
            match &mut source.sent {
                None if server.holds => {}
                None if !server.is_up || refused => {
                    source.sent = Some(head.clone());
                    inputs.push(Input::Failed { generation, refused: server.is_up });
                }
                None => {
                    let serves = source.after.epoch == head.epoch && source.after.sequence >= server.floor && !server.serves_none;
                    let from = if serves { source.after.clone() } else { EventId::nowhere() };
                    let opened = time(self.now);
                    inputs.push(Input::Connected {
                        generation,
                        id: from.to_string(),
                        data: "{}".into(),
                        opened,
                        opened_ms: Some(opened_ms),
                    });
                    if server.ends_each {
                        inputs.push(Input::Failed { generation, refused: false });
                    } else if !serves {
                        inputs.push(said(generation, "resync", &head));
                    }
                    source.sent = Some(if serves { from } else { head.clone() });
                }
                Some(sent) if !server.is_silent && sent.sequence < head.sequence => {
                    sent.sequence += 1;
                    inputs.push(said(generation, "notification", sent));
                }
                Some(_) => {}
            }
        }
        let any = !inputs.is_empty();
        inputs.into_iter().for_each(|input| self.input(tab, input));
        any
    }
}

/// A time that can be compared as text.
fn time(ms: u64) -> String {
    format!("{ms:020}")
}
