//! Invariant 8: no fault outlasts its cause. One window a fault and database, in which all that the program does runs side by side. While it lasts,
//! each request is answered within ten seconds, if only with a clear refusal, and `/readyz` says what does not work; within seconds of its
//! end everything works, without a restart; and nothing was half done: what is in the log is what was answered and what streams were told.
//!
//! `docs/reliability.md` has the table of these windows; `RELIABILITY=write cargo test --features ssr --test faults` writes it anew.

#[path = "../common/mod.rs"]
mod common;

mod disk;
mod postgres;
mod sqlite;
mod table;
mod verdict;
mod window;
mod work;
