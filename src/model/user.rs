//! Users: a name, and a role that decides what they may do.

use serde::{Deserialize, Serialize};

/// What a user may do. Customers see and place their own orders; staff see and move everybody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Customer,
    Staff,
}

impl Role {
    /// The role's name, as the database and JSON write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Customer => "customer",
            Role::Staff => "staff",
        }
    }

    /// The page that users of this role work on.
    pub fn home(self) -> &'static str {
        match self {
            Role::Customer => "/",
            Role::Staff => "/console",
        }
    }

    /// The role of that name, or `None`.
    pub fn parse(name: &str) -> Option<Role> {
        [Role::Customer, Role::Staff].into_iter().find(|role| role.as_str() == name)
    }
}

/// A user. The name is unique, never changes, and is what events are addressed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub username: String,
    pub role: Role,
}

impl User {
    pub fn is_staff(&self) -> bool {
        self.role == Role::Staff
    }

    /// The page that this user works on.
    pub fn home(&self) -> &'static str {
        self.role.home()
    }
}

/// The password of every demo user, which everybody knows.
pub const DEMO_PASSWORD: &str = "demo";

/// How many names a field for a user name is completed from.
pub const USERNAMES_MAX: usize = 100;

/// The longest user name, in bytes.
pub const USERNAME_MAX: usize = 32;

/// The shortest password that is taken, in characters.
pub const PASSWORD_MIN: usize = 8;

/// The longest password that is looked at, in bytes.
pub const PASSWORD_MAX: usize = 1_024;

/// Whether `name` can be a user name: 1 to [`USERNAME_MAX`] lower-case letters, digits, `-`, `_` and `.`, a letter first.
/// The log addresses everyone as `*` and sessions as `session:…`, so no name can mean either.
pub fn valid_name(name: &str) -> bool {
    name.len() <= USERNAME_MAX
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_never_be_an_audience_of_another_kind() {
        for good in ["ada", "grace-2", "o.p_s"] {
            assert!(valid_name(good), "{good}");
        }
        for bad in ["", "*", "session:1", "Ada", "1a", "a b", "a\n", &"a".repeat(USERNAME_MAX + 1)] {
            assert!(!valid_name(bad), "{bad:?}");
        }
    }
}
