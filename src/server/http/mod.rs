//! HTTP: the routes, and what every request passes. [`router`] joins them; [`auth`] says who asks; [`api`] calls server functions, and [`form_post`]
//! answers those that a browser's form calls;
//! [`events`] opens streams; [`push`] takes events from other programs.

pub mod api;
mod arguments;
pub mod auth;
mod body;
mod build_id;
mod content_security_policy;
mod cookies;
mod csv;
mod error_response;
pub mod events;
mod flash;
mod form_post;
mod headers;
mod health;
pub mod limits;
mod notice;
mod origin;
pub mod preferences;
pub mod push;
pub mod push_batcher;
pub mod request_log;
pub mod router;
mod run_to_end;
mod session_use;
pub mod sessions;
mod store_error;
mod user_agent;
