//! perf: records the stacks of a running process while it uses a CPU, and prints them.
//!
//! The event is the CPU's clock, which a virtual machine has too, and the kernel's functions are part of a stack. perf copies the top of the
//! stack with each sample and unwinds it later: the program keeps no frame pointers, nor does the C library, and the release has all else that
//! unwinding needs. So what is profiled is the very program that is measured.
//!
//! Recording takes more rights than a process usually has: [`check`] asks for them before anything else is started.

use crate::Failure;
use inferno::collapse::{
    Collapse,
    perf::{Folder, Options},
};
use std::{
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, ChildStdin, Command, Stdio},
};

/// Samples of each core a second. Not a whole multiple of what the kernel's own timers have, which would be sampled too often.
const FREQUENCY: &str = "499";

/// Bytes of the stack that are copied with a sample: as many as perf can. A deeper stack begins with a function that nobody has called, `[unknown]`.
const CALL_GRAPH: &str = "dwarf,65528";

/// Bytes for samples that perf has not written yet, for each core. What does not fit is lost, and perf's own choice holds eight.
const UNWRITTEN: &str = "8M";

/// Says that perf records from now on, and waits until its input ends. perf starts a command when it has begun, and ends with it.
const UNTIL_END: &str = "echo recording; read -r _ || true";

const INSTALL: &str = "run 'tools/setup bench' (Debian's linux-perf)";

const ALLOW: &str =
    "perf may not record here: run 'sysctl kernel.perf_event_paranoid=-1' as root, and in a container allow perf_event_open";

/// Whether perf can record here. Otherwise: what to do.
pub fn check(folder: &Path) -> Result<(), Failure> {
    let data = folder.join("perf-check");
    let output = record(&data).args(["--", "true"]).output().map_err(|error| format!("perf does not run: {error}: {INSTALL}"))?;
    // It may be there or not; nobody reads it.
    let _ = std::fs::remove_file(&data);
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{ALLOW}\n{}", String::from_utf8_lossy(&output.stderr).trim()).into()),
    }
}

/// perf, while it records a process.
pub struct Recording {
    perf: Child,
    stop: ChildStdin,
    log: ChildStderr,
    data: PathBuf,
}

impl Recording {
    /// Returns once perf records. `folder` is for its data.
    pub fn begin(process: u32, folder: &Path) -> Result<Self, Failure> {
        let data = folder.join("perf.data");
        let mut command = record(&data);
        command.args(["--pid", &process.to_string(), "--", "sh", "-c", UNTIL_END]);
        let mut perf = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let (stop, begun, log) = (perf.stdin.take(), perf.stdout.take(), perf.stderr.take());
        let (Some(stop), Some(begun), Some(log)) = (stop, begun, log) else { return Err("perf has no pipes".into()) };
        let recording = Self { perf, stop, log, data };
        let mut line = String::new();
        match BufReader::new(begun).read_line(&mut line)? {
            0 => Err(recording.stopped()),
            _ => Ok(recording),
        }
    }

    /// Ends it; returns each stack with its CPU time in nanoseconds, a line each: functions from the outermost to the innermost with
    /// semicolons between them, after the name of the thread.
    pub fn end(mut self) -> Result<String, Failure> {
        drop(self.stop);
        let mut log = String::new();
        self.log.read_to_string(&mut log)?;
        match self.perf.wait()?.success() {
            true => folded(&self.data),
            false => Err(format!("perf recorded nothing: {}", log.trim()).into()),
        }
    }

    fn stopped(self) -> Failure {
        self.end().err().unwrap_or_else(|| "perf recorded nothing".into())
    }
}

fn record(data: &Path) -> Command {
    let mut command = Command::new("perf");
    command.args(["record", "--event", "cpu-clock", "--freq", FREQUENCY, "--call-graph", CALL_GRAPH, "--mmap-pages", UNWRITTEN]);
    // Without the cache of build ids, which would be written into the user's home.
    command.args(["--no-buildid-cache", "--output"]).arg(data);
    command
}

fn folded(data: &Path) -> Result<String, Failure> {
    let script = Command::new("perf").args(["script", "--no-inline", "--input"]).arg(data).stdin(Stdio::null()).output()?;
    if !script.status.success() {
        return Err(format!("perf cannot print what it recorded: {}", String::from_utf8_lossy(&script.stderr).trim()).into());
    }
    let (mut options, mut folded) = (Options::default(), Vec::new());
    options.annotate_kernel = true;
    Folder::from(options).collapse(script.stdout.as_slice(), &mut folded)?;
    Ok(String::from_utf8_lossy(&folded).into_owned())
}
