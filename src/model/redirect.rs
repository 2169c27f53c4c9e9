//! Redirect targets: where sign-in leads back to, always a path of this site.

/// The address of the sign-in page that leads back to `target` (`/console?before=7`).
pub fn sign_in_url(target: &str) -> String {
    format!("{SIGN_IN}?next={}", leptos_router::location::Url::escape(target))
}

/// The path of the sign-in page.
pub const SIGN_IN: &str = "/sign-in";

/// Whether `next`, which anyone may have written into a link, is a path that sign-in may lead to.
pub fn is_redirect_target(next: &str) -> bool {
    is_path(next) && next.split(['?', '#']).next() != Some(SIGN_IN)
}

/// Whether `text` is a path of this site, and maybe a query. Anything that a browser could read as another host is refused (an open
/// redirect): a browser reads `//host` and `/\host` as hosts, drops tabs and line ends first, and removes dot segments (`/.//host`); see
/// the URL Standard.
pub fn is_path(text: &str) -> bool {
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    text.starts_with('/') && plain && !text.contains("//")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_of_this_site_is_a_redirect_target() {
        for target in ["/", "/console", "/console?before=7", "/?before=7#top", "/%2f%2fevil.example", "/a:b", "/@evil.example"] {
            assert!(is_redirect_target(target), "{target}");
        }
        let elsewhere = [
            "",
            "evil.example",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            " //evil.example",
            "/.//evil.example",
            "/..//evil.example",
            "https://evil.example",
            "https:evil.example",
            "javascript:alert(1)",
            "%2f%2fevil.example",
            "/x\r\nSet-Cookie: a=b",
            "/\u{2028}",
            "/é",
            "/sign-in",
            "/sign-in?next=/",
        ];
        for next in elsewhere {
            assert!(!is_redirect_target(next), "{next:?}");
        }
    }
}
