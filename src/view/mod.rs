//! Pages and components: signals in, markup out. Every page renders on the server, and every form works without JavaScript.
//!
//! # Where the views leave idiomatic Leptos, and what each step saves
//!
//! A customer's first page costs at most 165,000 bytes over the network, another 180,000, and most of them are WebAssembly. Each departure below was measured on
//! that file, compressed with brotli (docs/weight.md has the whole table and how it was measured). Copy one only if you need its bytes;
//! in an app without such a limit the idiomatic form is the better choice.
//!
//! | idiomatic Leptos | here | WebAssembly before → after, bytes |
//! |---|---|---|
//! | the whole page is hydrated, the router with it | islands: only what changes is hydrated, pages are chosen on the server | 304,625 → 233,930 |
//! | `ActionForm`, a client for each server function | one client for all forms ([`form`]) | 233,930 → 203,013, with twice the features |
//! | a closure for each live text and attribute: `{move \|\| …}` | a `Signal<String>`: one type for all | 203,013 → 194,018 |
//! | `serde_json` reads events and responses | the browser's own JSON parser ([`browser::json`](crate::browser::json)) | 207,577 → 171,611 |
//! | a `<For>` with its own row type for each list | [`list::keyed_rows`]: one type for all lists, and a root owner for each row | 171,611 → 163,901 |
//! | `Effect::new` with a closure | [`browser::effect`](crate::browser::effect): one boxed type for all effects | 164,623 → 163,917 |
//! | `Signal::derive` with a closure | [`derived::derived`]: one boxed type for each type of value | 153,261 → 152,876 |
//! | typed window listeners | untyped ones (with two smaller changes) | 163,917 → 163,089 |
//!
//! What else differs:
//!
//! - Each kind of page has a WebAssembly file of its own, with its islands alone ([`scripts`]): 169,660 → 131,353 to 152,795.
//! - An island's properties would be read with `serde_json`. The snapshot stands in the page as a `<script type="application/json">` instead
//!   ([`live`]), and islands find the page state in the context of the outermost one, `Live`.
//! - A text that changes is set on its element ([`live_text`]), so that it survives a translator; and rows read no signal that outlives them
//!   ([`list`]), so that a page stays as small as it was.
//! - What is rich and changes rarely (an order, on its page and in the console's drawer; a page of older notifications) is rendered by the server
//!   alone, and fetched anew when an event concerns it ([`refreshed`]).
//! - What never changes (header, products, search form) is an island's child or stands outside of islands: it is not in the WebAssembly.

pub mod account;
pub mod alerts;
pub mod changes;
pub mod connection_badge;
#[cfg(any(feature = "ssr", feature = "page-console"))]
pub mod console;
#[cfg(any(feature = "ssr", feature = "page-customer"))]
pub mod dashboard;
pub mod derived;
pub mod focus;
pub mod form;
pub mod guide;
pub mod header;
pub mod hydrated;
pub mod in_use;
pub mod layout;
pub mod list;
pub mod live;
pub mod live_text;
pub mod new_version;
pub mod not_found;
pub mod notification_bell;
pub mod notification_list;
#[cfg(any(feature = "ssr", feature = "page-order"))]
pub mod notifications_page;
#[cfg(any(feature = "ssr", feature = "page-order"))]
pub mod order_page;
pub mod orders;
pub mod pager;
pub mod preference_switch;
pub mod presses;
pub mod received_events;
#[cfg(any(feature = "ssr", feature = "page-console", feature = "page-order"))]
pub mod refreshed;
#[cfg(any(feature = "ssr", feature = "page-order"))]
pub mod refreshed_page;
pub mod scripts;
pub mod sign_in;
pub mod time;
pub mod toasts;
pub mod unread;
#[cfg(any(feature = "ssr", feature = "page-wire"))]
pub mod wire_page;
