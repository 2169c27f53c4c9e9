//! The tabs of one browser that share something: they elect a leader, and all can talk to each other.
//!
//! Promises: never do two lead that both know it; when the leader is closed, crashes or leaves, the next in the queue leads; a leader that
//! hangs can be relieved ([`TabEvent::LockStolen`] says so when it wakes). A message reaches all the others that have joined by then, in
//! order.
//!
//! The names are the walls: tabs that joined under different names know nothing of each other. What they say to each other is the caller's
//! own [`Message`].

mod lock;
mod message;

use js_sys::Array;
use lock::{Lock, LockStatus};
pub use message::Message;
use std::{marker::PhantomData, rc::Rc};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{BroadcastChannel, MessageEvent};

/// What a tab is told.
pub enum TabEvent<M> {
    /// It leads from now on.
    LockGranted,
    /// It led, until another took the lead.
    LockStolen,
    /// It will never lead: this page may not use locks.
    LockRefused,
    /// Another tab has said this.
    Message(M),
}

/// This tab among the others. Dropped, it has left: it neither leads nor hears, and the next may lead.
pub struct Tabs<M> {
    _lock: Lock,
    channel: BroadcastChannel,
    _heard: Closure<dyn Fn(MessageEvent)>,
    _message: PhantomData<M>,
}

impl<M: Message> Tabs<M> {
    /// Queues for the lead, or steals it from the leader. `told` is called later, and never again once this is dropped. `None` where the
    /// browser lacks locks or channels.
    pub fn join(name: &str, steal: bool, told: impl Fn(TabEvent<M>) + 'static) -> Option<Self> {
        let told = Rc::new(told);
        let lock = Lock::request(name, steal, {
            let told = Rc::clone(&told);
            move |status| {
                told(match status {
                    LockStatus::Held => TabEvent::LockGranted,
                    LockStatus::Stolen => TabEvent::LockStolen,
                    LockStatus::Refused => TabEvent::LockRefused,
                });
            }
        })?;
        let channel = BroadcastChannel::new(name).ok()?;
        let heard = Closure::<dyn Fn(MessageEvent)>::new(move |message: MessageEvent| {
            // A tab of another program may say what this one does not know.
            if let Some(message) = decode(&message.data()) {
                told(TabEvent::Message(message));
            }
        });
        channel.set_onmessage(Some(heard.as_ref().unchecked_ref()));
        Some(Self { _lock: lock, channel, _heard: heard, _message: PhantomData })
    }

    /// Says it to all the others.
    pub fn post(&self, message: M) {
        let fields: Array = message.encode().iter().map(|field| JsValue::from_str(field)).collect();
        let _ = self.channel.post_message(&fields);
    }
}

impl<M> Drop for Tabs<M> {
    fn drop(&mut self) {
        self.channel.set_onmessage(None);
        self.channel.close();
    }
}

fn decode<M: Message>(data: &JsValue) -> Option<M> {
    M::decode(data.dyn_ref::<Array>()?.iter().filter_map(|field| field.as_string()).collect())
}
