//! The tabs of one browser that share something: one of them leads, and all can talk to each other.
//!
//! Promises: never do two lead that both know it; when the one that leads is closed, crashes or leaves, the next in line leads; one that
//! hangs can be relieved ([`LockStatus::Stolen`] tells it so when it wakes). A word reaches all the others that have joined by then, in order.
//!
//! The names are the walls: tabs that joined under different names know nothing of each other.

mod lock;
mod word;

use lock::Lock;
pub use lock::LockStatus;
use std::rc::Rc;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};
pub use word::TabMessage;

/// What a tab is told.
pub enum TabEvent {
    /// Its place in the line for the lead has changed.
    LockStatus(LockStatus),
    /// Another tab has said this.
    TabMessage(TabMessage),
}

/// This tab among the others. Dropped, it has left: it neither leads nor hears, and the next may lead.
pub struct Tabs {
    lock: Lock,
    channel: BroadcastChannel,
    _heard: Closure<dyn Fn(MessageEvent)>,
}

impl Tabs {
    /// Gets in line for the lead, or takes it from whoever has it. `None` where the browser lacks locks or channels.
    pub fn join(name: &str, take: bool, told: impl Fn(TabEvent) + 'static) -> Option<Self> {
        let told = Rc::new(told);
        let lock = Lock::request(name, take, {
            let told = Rc::clone(&told);
            move |place| told(TabEvent::LockStatus(place))
        })?;
        let channel = BroadcastChannel::new(name).ok()?;
        let heard = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
            // A tab of an earlier or a later program may say what this one does not know.
            if let Some(word) = TabMessage::read(&message.data()) {
                told(TabEvent::TabMessage(word));
            }
        });
        channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        Some(Self { lock, channel, _heard: heard })
    }

    /// Says it to all the others.
    pub fn say(&self, word: &TabMessage) {
        let _ = self.channel.post_message(&word.write());
    }

    pub fn leads(&self) -> bool {
        self.lock.is_held()
    }
}

impl Drop for Tabs {
    fn drop(&mut self) {
        self.channel.set_onmessage(None);
        self.channel.close();
    }
}
