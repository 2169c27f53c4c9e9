//! A system's processes: started, watched, stopped, and what they use.

use crate::Failure;
use std::{
    fs::{self, File},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

/// How long a system may take until it accepts connections.
const START: Duration = Duration::from_secs(30);

/// How long a system may take to stop before it is killed.
const STOP: Duration = Duration::from_secs(10);

/// How often something is looked at that cannot be waited for.
const LOOK: Duration = Duration::from_millis(10);

/// The unit of the times in /proc/<pid>/stat: USER_HZ is 100 on every Linux that programs are built for.
const TICK: Duration = Duration::from_millis(10);

/// Lines of a system's log that a failure shows.
const SHOWN: usize = 5;

/// A program and its children. Dropped, they are stopped.
pub struct Process {
    child: Child,
    log: PathBuf,
    name: String,
}

impl Process {
    /// Starts a system that listens on `addr`, and waits until it accepts connections. What it prints goes to a file in `folder`.
    pub fn start(name: &str, command: &mut Command, addr: SocketAddr, folder: &Path) -> Result<Self, Failure> {
        let log = folder.join("log");
        let file = File::create(&log)?;
        let program = command.get_program().to_string_lossy().into_owned();
        let spawned = command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).spawn();
        let child = spawned.map_err(|error| format!("{name} does not start: {program}: {error}"))?;
        let mut process = Self { child, log, name: name.into() };
        let begun = Instant::now();
        while TcpStream::connect(addr).is_err() {
            if let Some(status) = process.child.try_wait()? {
                return Err(format!("{name} does not start: {program} ended with {status}\n{}", process.last_lines()).into());
            }
            if begun.elapsed() > START {
                return Err(format!("{name} accepts no connection after {START:?}\n{}", process.last_lines()).into());
            }
            sleep(LOOK);
        }
        Ok(process)
    }

    /// The id of the process that was started.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// CPU time that the processes have taken so far.
    pub fn cpu(&self) -> Result<Duration, Failure> {
        self.tree().into_iter().map(cpu_of).sum()
    }

    /// Memory in KiB: what each process has for itself, and its share of what several have together.
    pub fn memory(&self) -> Result<f64, Failure> {
        let mut sum = 0.0;
        for pid in self.tree() {
            let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
            let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).ok_or("no Pss in smaps_rollup")?;
            sum += line.trim().trim_end_matches(" kB").parse::<f64>()?;
        }
        Ok(sum)
    }

    /// A failure in words, with what became of the system.
    pub fn explain(&mut self, failure: &Failure) -> Failure {
        let name = &self.name;
        // A connection is reset a moment before the process is gone.
        sleep(10 * LOOK);
        match self.child.try_wait() {
            Ok(Some(status)) => format!("{name} died ({status}): {failure}\n{}", self.last_lines()).into(),
            _ => format!("{name}: {failure}\n{}", self.last_lines()).into(),
        }
    }

    fn last_lines(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = text.lines().collect();
        let last = &lines[lines.len().saturating_sub(SHOWN)..];
        last.iter().map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
    }

    /// The process and those under it.
    fn tree(&self) -> Vec<u32> {
        let pairs: Vec<_> = fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(|entry| parent(&entry.path())).collect();
        let mut tree = vec![self.child.id()];
        let mut next = 0;
        while next < tree.len() {
            let of = tree[next];
            tree.extend(pairs.iter().filter(|(_, parent)| *parent == of).map(|(pid, _)| *pid));
            next += 1;
        }
        tree
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The shell's builtin: a small system has no `kill` program.
        let _ = Command::new("sh").args(["-c", &format!("kill -s TERM {}", self.child.id())]).stderr(Stdio::null()).status();
        let begun = Instant::now();
        while let Ok(None) = self.child.try_wait() {
            if begun.elapsed() > STOP {
                let _ = self.child.kill();
                let _ = self.child.wait();
                return;
            }
            sleep(LOOK);
        }
    }
}

/// CPU time that the load tool itself has taken so far.
pub fn own_cpu() -> Result<Duration, Failure> {
    cpu_of(std::process::id())
}

/// A port that nobody listens on.
pub fn free_port() -> Result<u16, Failure> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// User and system time of a process and of its threads, also those that have ended.
fn cpu_of(pid: u32) -> Result<Duration, Failure> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields: Vec<_> = after_name(&stat).split(' ').collect();
    let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<u32>().ok()).ok_or("no times in /proc/<pid>/stat");
    Ok(TICK * (ticks(11)? + ticks(12)?))
}

/// A process and its parent.
fn parent(folder: &Path) -> Option<(u32, u32)> {
    let pid = folder.file_name()?.to_str()?.parse().ok()?;
    let stat = fs::read_to_string(folder.join("stat")).ok()?;
    Some((pid, after_name(&stat).split(' ').nth(1)?.parse().ok()?))
}

/// The fields from the third one on: the second, a name in parentheses, may have anything in it.
fn after_name(stat: &str) -> &str {
    stat.rsplit_once(") ").map_or("", |(_, fields)| fields)
}
