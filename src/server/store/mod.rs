//! The store: the log and the shop, in SQLite or PostgreSQL. A change and the events that tell of it are written in one transaction; when it
//! has committed, the commit notifier is told. Nothing outside this folder speaks SQL, and nothing inside it knows who is connected.
//!
//! One text of SQL serves both databases; what differs is in `database.rs` or beside its other form.
//!
//! Promises: every operation ends within 5 seconds, whatever the database does, its waiting included; a connection on which anything has
//! failed is never used again, so that no fault outlasts its cause (invariant 8).

mod audience;
mod audit;
mod connections;
mod continuity;
mod counters;
mod database;
mod demo;
mod demo_shop;
mod earlier_sessions;
mod epoch;
mod error;
mod flashes;
mod handle;
mod health;
mod idempotency_key;
mod log;
mod log_page;
mod log_state;
mod lookup;
mod migrations;
mod new_events;
mod notification_list;
mod notifications;
mod order_changes;
mod order_days;
mod order_details;
mod order_list;
mod order_rows;
mod order_runs;
mod order_search;
mod orders;
mod password_hashing;
mod passwords;
mod presence;
mod private_files;
mod probe;
mod push;
mod push_body;
mod recent_commits;
mod retention;
mod schema;
mod serving;
mod session_row;
mod sessions;
mod snapshot;
mod stats;
mod text;
mod transaction;
mod users;

pub use audience::{STAFF, subscriber};
pub use database::OpenError;
pub use demo_shop::{PastOrder, PastStep};
pub use error::StoreError;
pub use flashes::{FLASH_LIFETIME, TakenFlash};
pub use handle::Store;
pub use notification_list::NotificationsAt;
pub use notifications::Which;
pub use orders::DEMO_TRAFFIC;
pub use password_hashing::hashes_at_once;
pub use presence::{Instance, StreamRow};
pub use push::Pushed;
pub use push_body::Push;
pub use session_row::{SESSION_DATA, SessionData};
pub use sessions::{Kept, SessionRows};
pub use users::{Account, DEMO_SHOP_CUSTOMERS, DEMO_USERS};
