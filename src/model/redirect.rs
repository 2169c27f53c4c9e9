//! Places of this site that a person is led back to after signing in.

/// The sign-in page, which leads back to `place` (`/console?before=7`).
pub fn sign_in_url(place: &str) -> String {
    format!("{SIGN_IN}?next={}", leptos_router::location::Url::escape(place))
}

/// The sign-in page.
pub const SIGN_IN: &str = "/sign-in";

/// Whether `next`, which anyone may have written, is a place of this site that one can be led to. What a browser could take for another
/// host is none: it reads `//host` and `/\host` so, drops tabs and line ends before it reads, and takes dots away (`/.//host`).
pub fn is_redirect_target(next: &str) -> bool {
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let path = next.split(['?', '#']).next();
    next.starts_with('/') && plain && !next.contains("//") && path != Some(SIGN_IN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_place_of_this_site_is_led_to() {
        for place in ["/", "/console", "/console?before=7", "/?before=7#top", "/%2f%2fevil.example", "/a:b", "/@evil.example"] {
            assert!(is_redirect_target(place), "{place}");
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
