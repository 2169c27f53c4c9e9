//! Shell scripts as a user would run them, and the programs that they call.

use super::PATIENCE;
use std::{
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    time::Instant,
};

/// A running shell script, in a process group of its own. When dropped, the group is killed.
pub struct Shell {
    child: Child,
    output: Receiver<String>,
    kept: Vec<String>,
}

impl Shell {
    pub fn start(script: &str, folder: &Path) -> Self {
        let mut command = plain("bash");
        command.arg("-c").arg(format!("exec 2>&1\n{script}")).current_dir(folder).process_group(0);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (sender, output) = channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Self { child, output, kept: Vec::new() }
    }

    /// The next line that it prints.
    pub fn next(&mut self) -> String {
        self.next_before(Instant::now() + PATIENCE)
    }

    /// The next line with `what` in it.
    pub fn until(&mut self, what: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let line = self.next_before(deadline);
            if line.contains(what) {
                return line;
            }
        }
    }

    fn next_before(&mut self, deadline: Instant) -> String {
        let line = self.output.recv_timeout(deadline.saturating_duration_since(Instant::now()));
        let line = line.unwrap_or_else(|_| panic!("what was expected did not come; this did:\n{}", self.kept.join("\n")));
        self.kept.push(line.clone());
        line
    }

    pub fn signal(&self, name: &str) {
        assert!(Command::new("sh").args(["-c", &format!("kill -s {name} {}", self.child.id())]).status().unwrap().success());
    }

    /// Waits for its end, however long it builds before; returns all that it printed since the last [`Shell::next`].
    pub fn succeeds(&mut self) -> String {
        let output: Vec<_> = self.output.iter().collect();
        let (status, output) = (self.child.wait().unwrap(), output.join("\n"));
        assert!(status.success(), "{status}; it printed:\n{output}");
        output
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = Command::new("sh").args(["-c", &format!("kill -s KILL -- -{}", self.child.id())]).stderr(Stdio::null()).status();
        let _ = self.child.wait();
    }
}

/// A program whose environment has neither the variables of a `make` that runs this test nor the settings of whoever runs it.
pub fn plain(program: &str) -> Command {
    let mut command = Command::new(program);
    for (name, _) in std::env::vars() {
        let is_make = ["MAKEFLAGS", "MFLAGS", "MAKELEVEL", "MAKEOVERRIDES"].contains(&name.as_str());
        if is_make || name.starts_with("ORDERWIRE_") || name.ends_with("_URL") {
            command.env_remove(name);
        }
    }
    command
}
