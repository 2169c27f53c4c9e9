//! The stylesheet of a page, and the scripts of a page with islands: leptos', and the WebAssembly of this kind of page alone.
//!
//! `make build` makes a stylesheet and a WebAssembly file for each [`Bundle`], so that a page loads the rules and the code of no other
//! (docs/weight.md). Where there is none of its own, in a development build, a page loads those that have the rules and the islands of all pages.

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::{HashedStylesheet, Link};
use std::{path::Path, time::Duration};

/// How long a page waits for the browser to be idle before it is hydrated.
const IDLE_MAX: Duration = Duration::from_millis(500);

/// A kind of pages, the stylesheet with their rules (`style/pages`), and the WebAssembly file with their islands. Each is a feature of the crate:
/// `page-console`, and so on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bundle {
    /// The release's main files.
    Console,
    Customer,
    /// The pages that the server alone renders, and fetches anew: an order's, the notifications', the account's. Pages without islands have its
    /// stylesheet.
    Order,
    Wire,
}

impl Bundle {
    /// The name of its folder, in that of the site's packages.
    fn name(self) -> &'static str {
        match self {
            Bundle::Console => "console",
            Bundle::Customer => "customer",
            Bundle::Order => "order",
            Bundle::Wire => "wire",
        }
    }

    /// Where its files are, if it has some.
    fn options(self, mut options: LeptosOptions) -> LeptosOptions {
        let folder = format!("{}/{}", options.site_pkg_dir, self.name());
        if Path::new(&*options.site_root).join(&folder).is_dir() {
            options.site_pkg_dir = folder.into();
            options.hash_file = format!("hash-{}.txt", self.name()).into();
        }
        options
    }
}

/// The page's stylesheet, in the document's head.
#[component]
pub fn Stylesheet(bundle: Bundle) -> impl IntoView {
    const HREF: &str = "href=\"";
    // leptos knows the file's hash, and makes an element that stands where the component does.
    let link = view! { <HashedStylesheet options=bundle.options(expect_context()) /> }.to_html();
    let href = link.split_once(HREF).and_then(|(_, rest)| rest.split_once('"')).map(|(href, _)| href.to_owned());
    view! { <Link rel="stylesheet" href=href.unwrap_or_default() /> }
}

/// leptos' scripts, with two changes. The Content Security Policy wants the nonce on the link that preloads one of them as well, and leptos gives it
/// to the script alone. (An attribute on the component would be there twice, and a script whose nonce is there twice does not run.) And leptos
/// hydrates when the browser is idle, however long that takes: a busy page, or one in a tab that is not shown, would not become live.
#[component]
pub fn Scripts(bundle: Bundle) -> impl IntoView {
    const PRELOAD: &str = "rel=\"modulepreload\"";
    const IDLE: &str = "window.requestIdleCallback(c)";
    let nonce = use_nonce().map(|nonce| format!("{PRELOAD} nonce=\"{nonce}\"")).unwrap_or_else(|| PRELOAD.into());
    let idle = format!("window.requestIdleCallback(c, {{ timeout: {} }})", IDLE_MAX.as_millis());
    let scripts = view! { <HydrationScripts options=bundle.options(expect_context()) islands=true /> }.to_html();
    view! { <div hidden inner_html=scripts.replace(PRELOAD, &nonce).replace(IDLE, &idle)></div> }
}
