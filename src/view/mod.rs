//! What people see: signals in, markup out. Every view renders on the server, and every form works without JavaScript.

pub mod badge;
pub mod console;
pub mod dashboard;
pub mod form;
pub mod layout;
pub mod not_found;
pub mod notification_bell;
pub mod orders;
pub mod parts;
pub mod sign_in;
pub mod toasts;
pub mod wire_page;
