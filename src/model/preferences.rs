//! Preferences: how a browser wants pages to be. Each is a cookie of its own, which the server reads when it renders a page: no other look
//! flashes up first, and no script is needed. A further preference is a constant and its place in [`ALL`].

/// A preference, and what it can be.
#[derive(Debug, PartialEq, Eq)]
pub struct Preference {
    /// The name of its cookie.
    pub name: &'static str,
    /// Each value, and what it is called on the page. The first is that of a browser which has not chosen.
    pub values: &'static [(&'static str, &'static str)],
}

/// The palette: that of the reader's system, or always the same.
pub const THEME: Preference = Preference { name: "theme", values: &[(SYSTEM, "System"), ("light", "Light"), ("dark", "Dark")] };

/// The value of [`THEME`] that leaves the choice to the reader's system.
pub const SYSTEM: &str = "system";

/// Notifications of the reader's desktop.
pub const ALERTS: Preference = Preference { name: "alerts", values: &[("off", "Off"), ("silent", "Silent"), ("sound", "With sound")] };

/// How close the rows of the console's table stand.
pub const DENSITY: Preference = Preference { name: "density", values: &[("comfortable", "Comfortable"), ("compact", "Compact")] };

/// The guided start of `--demo-shop`.
pub const GUIDE: Preference = Preference { name: "guide", values: &[("shown", "Shown"), (HIDDEN, "Hidden")] };

/// The value of [`GUIDE`] that hides it.
pub const HIDDEN: &str = "hidden";

/// All preferences.
pub const ALL: [&Preference; 4] = [&THEME, &ALERTS, &DENSITY, &GUIDE];

impl Preference {
    /// The value of a browser that has not chosen.
    pub fn default_value(&self) -> &'static str {
        self.values.first().map_or("", |(value, _)| value)
    }

    /// The value that `text` names, if it is one.
    pub fn value(&self, text: &str) -> Option<&'static str> {
        self.values.iter().map(|(value, _)| *value).find(|value| *value == text)
    }
}

/// There is a guided start, in the context of one rendering.
#[derive(Clone, Copy, Debug)]
pub struct OffersGuide;

/// What a browser has chosen, in the context of one rendering.
#[derive(Clone, Debug, Default)]
pub struct Preferences(pub Vec<(&'static str, &'static str)>);

impl Preferences {
    /// The value of a preference.
    pub fn of(&self, preference: &Preference) -> &'static str {
        self.0.iter().find(|(name, _)| *name == preference.name).map_or_else(|| preference.default_value(), |(_, value)| value)
    }
}
