//! The password prompt.

use crate::server::startup_error::StartupError;
use std::io::{IsTerminal, Read, stdin};

/// The most bytes that are read from standard input.
const INPUT_MAX: u64 = 4_096;

/// A password: typed at the terminal without echo, or else all of standard input, without the line end.
pub fn read() -> Result<String, StartupError> {
    if stdin().is_terminal() {
        return rpassword::prompt_password("Password: ").map_err(StartupError::Password);
    }
    let mut text = String::new();
    stdin().take(INPUT_MAX).read_to_string(&mut text).map_err(StartupError::Password)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
