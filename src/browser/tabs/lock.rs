//! A Web Lock that is held until it is dropped (W3C Web Locks API). The little that is used of the API is declared here: web-sys has it
//! only for those who build everything with `web_sys_unstable_apis`.

use js_sys::{Function, Object, Promise, Reflect};
use leptos::{prelude::window, task::spawn_local};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast, JsValue, closure::Closure, prelude::wasm_bindgen};
use wasm_bindgen_futures::JsFuture;
use web_sys::AbortController;

#[wasm_bindgen]
extern "C" {
    type Locks;
    #[wasm_bindgen(method, catch)]
    fn request(this: &Locks, name: &str, options: &JsValue, granted: &JsValue) -> Result<Promise, JsValue>;
}

/// What has become of a request for the lock.
pub enum LockStatus {
    Held,
    /// It was held, until another took it.
    Stolen,
    /// It will never be held: this page may not use locks.
    Refused,
}

enum State {
    Queued,
    /// Called, the function releases it.
    Held(Function),
    Left,
}

/// Dropped, it is released, or the place in the queue is given up.
pub struct Lock {
    state: Rc<RefCell<State>>,
    withdraw: AbortController,
}

impl Lock {
    /// Queues for the lock, or steals it from whoever holds it. `told` is called later, and never again once this is dropped.
    pub fn request(name: &str, steal: bool, told: impl Fn(LockStatus) + 'static) -> Option<Self> {
        let locks = Reflect::get(&window().navigator(), &"locks".into()).ok().filter(JsValue::is_object)?;
        let withdraw = AbortController::new().ok()?;
        let options = Object::new();
        // A request that steals does not queue, and cannot be withdrawn: both options together are refused.
        let (option, value) = if steal { ("steal", JsValue::TRUE) } else { ("signal", withdraw.signal().into()) };
        Reflect::set(&options, &option.into(), &value).ok()?;
        let (state, told) = (Rc::new(RefCell::new(State::Queued)), Rc::new(told));
        let granted = Closure::once_into_js({
            let (state, told) = (Rc::clone(&state), Rc::clone(&told));
            move || -> JsValue {
                // It was given up while the grant was on its way.
                if matches!(*state.borrow(), State::Left) {
                    return JsValue::UNDEFINED;
                }
                let until = Promise::new(&mut |release, _| _ = state.replace(State::Held(release)));
                told(LockStatus::Held);
                until.into()
            }
        });
        let ended = locks.unchecked_into::<Locks>().request(name, &options, &granted).ok()?;
        spawn_local({
            let state = Rc::clone(&state);
            async move {
                if JsFuture::from(ended).await.is_err() {
                    match state.replace(State::Left) {
                        State::Queued => told(LockStatus::Refused),
                        State::Held(_) => told(LockStatus::Stolen),
                        State::Left => {}
                    }
                }
            }
        });
        Some(Self { state, withdraw })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let State::Held(release) = self.state.replace(State::Left) {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
        self.withdraw.abort();
    }
}
