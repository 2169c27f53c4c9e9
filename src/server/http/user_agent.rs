//! The `User-Agent` header, in a word or two for the staff console.

/// `Firefox on Linux`, or else the program's own name (`curl`), or `unknown`.
pub fn describe(agent: &str) -> String {
    // Each of these browsers also claims to be those after it.
    const BROWSERS: [(&str, &str); 6] =
        [("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("CriOS/", "Chrome"), ("Safari/", "Safari")];
    const SYSTEMS: [(&str, &str); 6] =
        [("Android", "Android"), ("iPhone", "iOS"), ("iPad", "iPadOS"), ("Windows", "Windows"), ("Mac OS X", "macOS"), ("Linux", "Linux")];
    let known = |list: &[(&str, &'static str)]| list.iter().find(|(mark, _)| agent.contains(mark)).map(|(_, name)| *name);
    match (known(&BROWSERS), known(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.into(),
        _ => program(agent).unwrap_or("unknown").chars().take(PROGRAM_MAX).collect(),
    }
}

/// The longest program name that is shown, in characters.
const PROGRAM_MAX: usize = 32;

fn program(agent: &str) -> Option<&str> {
    agent.split(['/', ' ']).next().filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::describe;

    #[test]
    fn user_agents_are_shown_by_their_usual_names() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36";
        assert_eq!(describe(chrome), "Chrome on Linux");
        assert_eq!(describe(&format!("{chrome} Edg/130.0")), "Edge on Linux");
        assert_eq!(describe("curl/8.5.0"), "curl");
        assert_eq!(describe(""), "unknown");
        assert_eq!(describe(&"x".repeat(100)), "x".repeat(32));
    }
}
