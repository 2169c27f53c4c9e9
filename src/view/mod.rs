//! What people see: signals in, markup out. Every view renders on the server, and every form works without JavaScript.

pub mod badge;
pub mod bell;
pub mod console;
pub mod dashboard;
pub mod form;
pub mod frame;
pub mod not_found;
pub mod orders;
pub mod parts;
pub mod sign_in;
pub mod toasts;
pub mod wire;
