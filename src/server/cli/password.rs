//! The password prompt.

use crate::server::startup_error::StartupError;
use std::io::{self, IsTerminal, Read, stdin};

/// The most bytes that are read from standard input.
const INPUT_MAX: u64 = 4_096;

/// A password: typed at the terminal without echo, or else all of standard input, without the line end.
pub fn read() -> Result<String, StartupError> {
    if stdin().is_terminal() {
        return rpassword::prompt_password("Password: ").map_err(StartupError::Password);
    }
    let mut bytes = Vec::new();
    let length = stdin().take(INPUT_MAX).read_to_end(&mut bytes).map_err(StartupError::Password)?;
    let text = match String::from_utf8(bytes) {
        // It is too long in any case, and may have been cut within a character.
        Err(cut) if length as u64 == INPUT_MAX => String::from_utf8_lossy(cut.as_bytes()).into_owned(),
        read => read.map_err(|_| StartupError::Password(io::Error::other("it is no UTF-8")))?,
    };
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
