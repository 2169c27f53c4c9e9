//! What can happen to one tab, and as which inputs the machine gets it.

use super::super::{
    super::{
        input::{Input, SnapshotAnswer},
        tab_message::TabMessage,
    },
    tab::{id, snapshot},
};

/// Something that happens to one tab. Numbers are positions in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Happening {
    Opened(i64),
    Hidden,
    Restored,
    Retried,
    /// Nothing was heard for very long.
    Checked,
    TimerFired,
    Connected,
    BesideConnected,
    /// The next event of the log.
    Said(i64),
    Pinged(i64),
    /// The position cannot be served; the head is this one.
    Resynced(i64),
    Broke,
    Refused,
    BesideFailed,
    LookedUp,
    Fetched(i64),
    Granted,
    Stolen,
    /// A message of another tab, by its number.
    Heard(u8),
}

// The generations of a state that is compared with others.
pub const SOURCE: u32 = 1;
pub const BESIDE: u32 = 2;
pub const TIMER: u32 = 3;
pub const REQUEST: u32 = 4;
pub const LOCK: u32 = 5;

/// Far longer than any wait.
pub const LONG_MS: u64 = 1_000_000_000;

impl Happening {
    /// The inputs that it is for the machine, and their times.
    pub fn inputs(self, messages: &[TabMessage]) -> Vec<(u64, Input)> {
        let connected =
            |generation| Input::Connected { generation, id: String::new(), data: String::new(), opened: String::new(), opened_ms: None };
        let said = |generation, kind: &str, position| Input::Said {
            generation,
            id: id(position).to_string(),
            kind: kind.into(),
            data: String::new(),
        };
        let soon = |input| vec![(0, input)];
        match self {
            Happening::Opened(_) => soon(Input::Started),
            Happening::Hidden => soon(Input::PageHidden),
            Happening::Restored => soon(Input::PageRestored),
            Happening::Retried => soon(Input::Retry),
            Happening::Checked => vec![(LONG_MS, Input::Checked)],
            Happening::TimerFired => vec![(LONG_MS, Input::TimerFired { generation: TIMER })],
            Happening::Connected => soon(connected(SOURCE)),
            Happening::BesideConnected => soon(connected(BESIDE)),
            Happening::Said(position) => soon(said(SOURCE, "notification", position)),
            Happening::Pinged(position) => soon(said(SOURCE, "ping", position)),
            Happening::Resynced(head) => soon(said(SOURCE, "resync", head)),
            Happening::Broke => soon(Input::Failed { generation: SOURCE, refused: false }),
            Happening::Refused => soon(Input::Failed { generation: SOURCE, refused: true }),
            Happening::BesideFailed => soon(Input::Failed { generation: BESIDE, refused: false }),
            Happening::LookedUp => soon(Input::RefusalLookedUp { generation: REQUEST, status: Some(503), retry_after_ms: 0 }),
            Happening::Fetched(head) => {
                let answer = SnapshotAnswer::Fresh(Box::new(snapshot("ada", id(head))));
                soon(Input::SnapshotFetched { generation: REQUEST, answer })
            }
            Happening::Granted => soon(Input::LockGranted { generation: LOCK }),
            Happening::Stolen => soon(Input::LockStolen { generation: LOCK }),
            Happening::Heard(message) => soon(Input::TabMessage { generation: LOCK, message: messages[message as usize].clone() }),
        }
    }
}
