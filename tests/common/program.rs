//! The program under test, as a child process.

use super::{TestUser, files, free_port, read};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use std::{
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
    thread::JoinHandle,
};
use tempfile::TempDir;

/// The bearer token that every program here is started with.
pub const TOKEN: &str = "test-token-of-16-characters";

/// A running program. Dropped, it is killed and its database is deleted; if it has panicked, its test fails.
pub struct Program {
    child: Child,
    /// For each run, the thread that passes its standard error on; its result is whether the program has panicked.
    errors: Vec<JoinHandle<bool>>,
    pub base: String,
    database: String,
    /// With a database of its own.
    folder: Option<TempDir>,
    flags: Vec<String>,
    limits: &'static str,
    clock: Clock,
}

/// How far the program's clock is ahead, in libfaketime's words, such as `+7d`; none where it is right.
type Clock = Option<&'static str>;

impl Program {
    /// Starts the demo with these flags beside the usual.
    pub fn start(flags: &[&str]) -> Self {
        Self::start_within("", flags)
    }

    /// Likewise, under limits in the words of the shell's `ulimit`.
    pub fn start_within(limits: &'static str, flags: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite://{}/orderwire.db", folder.path().display());
        let mut program = Self::begin(database, limits, flags, None);
        program.folder = Some(folder);
        program
    }

    /// Likewise, on a database that other instances may share.
    pub fn start_on(database: &str, flags: &[&str]) -> Self {
        Self::begin(database.into(), "", flags, None)
    }

    /// Likewise, with a clock that is ahead, such as by `+7d`. Debian's libfaketime must be there ([`faketime`]).
    pub fn start_ahead(ahead: &'static str, database: &str, flags: &[&str]) -> Self {
        Self::begin(database.into(), "", flags, Some(ahead))
    }

    fn begin(database: String, limits: &'static str, flags: &[&str], clock: Clock) -> Self {
        files();
        let flags: Vec<_> = flags.iter().map(|flag| flag.to_string()).collect();
        let (child, errors, base) = spawn(&database, &flags, &format!("127.0.0.1:{}", free_port()), limits, clock);
        Self { child, errors: vec![errors], base, database, folder: None, flags, limits, clock }
    }

    /// Kills the program as a crash would and starts it again on the same port and database.
    pub fn crash_and_restart(&mut self) {
        self.kill();
        self.restart();
    }

    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn restart(&mut self) {
        let addr = self.address();
        let (child, errors, base) = spawn(&self.database, &self.flags, &addr, self.limits, self.clock);
        (self.child, self.base) = (child, base);
        self.errors.push(errors);
    }

    /// Sends a signal, such as `TERM`.
    pub fn signal(&self, name: &str) {
        // The shell's builtin: a small system has no `kill` program.
        let sent = Command::new("sh").args(["-c", &format!("kill -s {name} {}", self.child.id())]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for the program to end by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        let mut child = std::mem::replace(&mut self.child, Command::new("true").spawn().unwrap());
        tokio::task::spawn_blocking(move || child.wait().unwrap()).await.unwrap()
    }

    pub fn database(&self) -> String {
        self.database.clone()
    }

    /// The address that it listens on, `127.0.0.1:…`.
    pub fn address(&self) -> String {
        self.base.split_once("://").unwrap().1.to_owned()
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Resident memory in KiB.
    pub fn memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// How many streams are open, by its metrics.
    pub async fn streams(&self) -> usize {
        let answer = Client::new().get(format!("{}/metrics", self.base)).send().await.unwrap();
        let metrics = answer.text().await.unwrap();
        metrics.lines().find_map(|line| line.strip_prefix("orderwire_streams ")).map_or(0, |count| count.parse().unwrap())
    }

    /// Adds a user on the command line, with the password [`PASSWORD`].
    pub fn add_user(&self, name: &str, staff: bool) {
        add_user(&self.database, name, staff);
    }

    /// Signs in, with the demo's password or [`PASSWORD`].
    pub async fn user(&self, username: &str) -> TestUser {
        TestUser::sign_in(&self.base, username).await
    }

    /// A client that has not signed in.
    pub fn anonymous(&self) -> TestUser {
        TestUser::anonymous(&self.base)
    }

    /// Pushes as another program would.
    pub async fn push(&self, push: Value) -> (StatusCode, Value) {
        let http = Client::new();
        let answer = http.post(format!("{}/api/push", self.base)).bearer_auth(TOKEN).json(&push).send().await.unwrap();
        read(answer).await
    }

    /// Pushes a notification with that title; returns the event's id.
    pub async fn notify(&self, username: &str, title: &str) -> String {
        let push = json!({ "user": username, "event": "notification", "data": { "title": title, "message": "m" } });
        let (status, answer) = self.push(push).await;
        assert_eq!(status, StatusCode::ACCEPTED, "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let panicked = self.errors.drain(..).any(|errors| errors.join().unwrap());
        assert!(!panicked || std::thread::panicking(), "the program panicked");
    }
}

/// The password of every user whom a test adds.
pub const PASSWORD: &str = "a long password";

/// Adds a user to that database on the command line, with the password [`PASSWORD`].
pub fn add_user(database: &str, name: &str, staff: bool) {
    let mut command = orderwire();
    command.args(["add-user", name, "--database-url", database]).args(staff.then_some("--staff"));
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(PASSWORD.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success());
}

/// libfaketime's library, where it is installed.
pub fn faketime() -> Option<PathBuf> {
    let libraries = std::fs::read_dir("/usr/lib").ok()?;
    libraries.flatten().map(|folder| folder.path().join("faketime/libfaketimeMT.so.1")).find(|library| library.exists())
}

fn spawn(database: &str, flags: &[String], addr: &str, limits: &str, clock: Clock) -> (Child, JoinHandle<bool>, String) {
    let mut command = orderwire_within(limits);
    if let Some(ahead) = clock {
        // Only the time of day: what waits goes by the other clock.
        command.env("LD_PRELOAD", faketime().unwrap()).env("FAKETIME", ahead).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }
    // `DIRECT_STREAMS=false` runs a test over the other way; a flag of the test's own counts more.
    command.env("ORDERWIRE_DIRECT_STREAMS", std::env::var("DIRECT_STREAMS").unwrap_or("true".into()));
    let mut child = command
        // A flag of the test's own counts more.
        .envs([("ORDERWIRE_SIGN_IN_RATE", "0"), ("ORDERWIRE_ORDER_RATE", "0")])
        .args(["--demo", "--addr", addr, "--push-token", TOKEN, "--database-url", database])
        .args(flags)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let errors = std::thread::spawn(|| {
        stderr.lines().map_while(Result::ok).inspect(|line| eprintln!("{line}")).filter(|line| line.contains("panicked at")).count() > 0
    });
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let line = lines.next().expect("the program ended before it served").unwrap();
    let base = line.strip_prefix("Orderwire serves at ").expect("an address").to_owned();
    // Keeps reading, so that the program never writes to a closed pipe.
    std::thread::spawn(move || lines.for_each(drop));
    (child, errors, base)
}

/// The program's command, without settings from the environment of the test run. `PROGRAM` names another build than the tests' own.
pub fn orderwire() -> Command {
    orderwire_within("")
}

/// Likewise, under limits in the words of the shell's `ulimit`.
pub fn orderwire_within(limits: &str) -> Command {
    let program = std::env::var_os("PROGRAM").unwrap_or_else(|| env!("CARGO_BIN_EXE_orderwire").into());
    let mut command = Command::new(if limits.is_empty() { program.clone() } else { "sh".into() });
    if !limits.is_empty() {
        command.arg("-c").arg(format!("ulimit {limits} && exec \"$@\"")).arg("sh").arg(program);
    }
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("ORDERWIRE_") || name.ends_with("_URL")) {
        command.env_remove(name);
    }
    command.env("RUST_LOG", "warn,tower_http=off").current_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR")));
    command
}
