//! A Web Lock that is held until it is dropped. The little that is used of the API is declared here: web-sys has it only for those who
//! build everything with `web_sys_unstable_apis`.

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
    InLine,
    /// Called, the function lets go.
    Held(Function),
    Left,
}

/// Dropped, it is let go, or the place in line is given up.
pub struct Lock {
    state: Rc<RefCell<State>>,
    withdraw: AbortController,
}

impl Lock {
    /// Waits for the lock, or takes it at once from whoever holds it. `told` is called later, and never again once this is dropped.
    pub fn request(name: &str, take: bool, told: impl Fn(LockStatus) + 'static) -> Option<Self> {
        let locks = Reflect::get(&window().navigator(), &"locks".into()).ok().filter(JsValue::is_object)?;
        let withdraw = AbortController::new().ok()?;
        let options = Object::new();
        // Who takes does not wait, and has nothing to withdraw: both together are refused.
        let (option, value) = if take { ("steal", JsValue::TRUE) } else { ("signal", withdraw.signal().into()) };
        Reflect::set(&options, &option.into(), &value).ok()?;
        let (state, told) = (Rc::new(RefCell::new(State::InLine)), Rc::new(told));
        let granted = Closure::once_into_js({
            let (state, told) = (Rc::clone(&state), Rc::clone(&told));
            move || -> JsValue {
                // It was given up while the grant was on its way.
                if matches!(*state.borrow(), State::Left) {
                    return JsValue::UNDEFINED;
                }
                let until = Promise::new(&mut |let_go, _| _ = state.replace(State::Held(let_go)));
                told(LockStatus::Held);
                until.into()
            }
        });
        let over = locks.unchecked_into::<Locks>().request(name, &options, &granted).ok()?;
        spawn_local({
            let state = Rc::clone(&state);
            async move {
                if JsFuture::from(over).await.is_err() {
                    match state.replace(State::Left) {
                        State::InLine => told(LockStatus::Refused),
                        State::Held(_) => told(LockStatus::Stolen),
                        State::Left => {}
                    }
                }
            }
        });
        Some(Self { state, withdraw })
    }

    pub fn is_held(&self) -> bool {
        matches!(*self.state.borrow(), State::Held(_))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let State::Held(let_go) = self.state.replace(State::Left) {
            let _ = let_go.call0(&JsValue::UNDEFINED);
        }
        self.withdraw.abort();
    }
}
