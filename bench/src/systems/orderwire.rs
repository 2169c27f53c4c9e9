//! Orderwire: its users and their sessions are made once, through its own command and `sign_in`; each run begins with a copy of that database. On
//! PostgreSQL, all runs have the same one.

use super::{
    Folder, printed,
    requests::{TOKEN, name},
};
use crate::{
    Failure, http,
    plan::Plan,
    process::{Process, free_port},
};
use std::{
    fs,
    io::Write,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    process::{Command, Stdio},
    thread::{self, sleep},
    time::{Duration, Instant},
};

const PASSWORD: &str = "a long password";

/// Users that are added at the same time.
const AT_ONCE: usize = 2;

/// The log's lines without one for each request: no peer writes those.
const LOG: &str = "info,orderwire::request=warn";

/// The script that runs PostgreSQL.
const SERVICE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tools/service");

/// How long PostgreSQL may take from its first connection until it answers.
const POSTGRES_START: Duration = Duration::from_secs(10);

/// How often it is asked again until then.
const RETRY: Duration = Duration::from_millis(100);

/// Which database, and how streams are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Direct,
    Ordinary,
    Postgres,
}

/// A database with users, and a session of each.
pub struct Accounts {
    folder: Folder,
    cookies: Vec<String>,
    postgres: Option<Postgres>,
}

/// Likewise, on PostgreSQL. Dropped, it is stopped.
struct Postgres {
    url: String,
    cookies: Vec<String>,
    _process: Process,
    _folder: Folder,
}

impl Accounts {
    /// The cookies of the users' sessions.
    pub fn cookies(&self, way: Way) -> &[String] {
        match &self.postgres {
            Some(postgres) if way == Way::Postgres => &postgres.cookies,
            _ => &self.cookies,
        }
    }
}

pub fn check(plan: &Plan) -> Result<(), Failure> {
    let program = plan.program.display();
    if !plan.program.is_file() {
        return Err(format!("there is no {program}: run 'make build', or set PROGRAM").into());
    }
    printed(&plan.program.to_string_lossy(), "--version").map(|_| ()).ok_or_else(|| format!("{program} does not run").into())
}

pub fn version(plan: &Plan) -> String {
    printed(&plan.program.to_string_lossy(), "--version").unwrap_or_default()
}

/// Makes the users and signs them in; on PostgreSQL as well where a system needs it.
pub fn prepare(plan: &Plan, needs_postgres: bool) -> Result<Accounts, Failure> {
    let folder = Folder::make(&plan.work.join(format!("accounts-{}", std::process::id())))?;
    let url = url(&folder.0);
    // The first makes the database.
    add(plan, &url, 0)?;
    let cookies = make_users(plan, &url, &folder.0)?;
    let postgres = if needs_postgres { Some(Postgres::start(plan)?) } else { None };
    Ok(Accounts { folder, cookies, postgres })
}

impl Postgres {
    fn start(plan: &Plan) -> Result<Self, Failure> {
        let folder = Folder::make(&plan.work.join(format!("postgres-{}", std::process::id())))?;
        let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let mut service = Command::new(SERVICE);
        service.arg("postgres").arg(&folder.0).arg(addr.port().to_string());
        let process = Process::start("PostgreSQL", &mut service, addr, &folder.0)?;
        let url = format!("postgres://orderwire@{addr}/orderwire");
        // It accepts connections a moment before it answers them.
        let begun = Instant::now();
        while let Err(failure) = add(plan, &url, 0) {
            if begun.elapsed() > POSTGRES_START {
                return Err(failure);
            }
            sleep(RETRY);
        }
        Ok(Self { cookies: make_users(plan, &url, &folder.0)?, url, _process: process, _folder: folder })
    }
}

/// Adds all users but the first, and signs all in. Returns their cookies.
fn make_users(plan: &Plan, url: &str, folder: &Path) -> Result<Vec<String>, Failure> {
    let users = plan.users;
    let adders = (0..AT_ONCE).map(|adder| (1..users).skip(adder).step_by(AT_ONCE));
    thread::scope(|scope| {
        let adders: Vec<_> = adders.map(|mut users| scope.spawn(move || users.try_for_each(|user| add(plan, url, user)))).collect();
        adders.into_iter().try_for_each(|adder| adder.join().unwrap_or_else(|_| Err("a thread ended".into())))
    })?;
    let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
    let mut process = Process::start("Orderwire", &mut program(plan, url, addr, true), addr, folder)?;
    (0..users).map(|user| sign_in(addr, user)).collect::<Result<_, _>>().map_err(|failure| process.explain(&failure))
}

/// Orderwire on the accounts' database: a copy of it, or that on PostgreSQL.
pub fn command(plan: &Plan, accounts: &Accounts, addr: SocketAddr, folder: &Path, way: Way) -> Result<Command, Failure> {
    if way == Way::Postgres {
        let postgres = accounts.postgres.as_ref().ok_or("PostgreSQL does not run")?;
        return Ok(program(plan, &postgres.url, addr, true));
    }
    for entry in fs::read_dir(&accounts.folder.0)? {
        let entry = entry?;
        fs::copy(entry.path(), folder.join(entry.file_name()))?;
    }
    Ok(program(plan, &url(folder), addr, way == Way::Direct))
}

fn program(plan: &Plan, url: &str, addr: SocketAddr, direct: bool) -> Command {
    let mut command = Command::new(&plan.program);
    let streams = (plan.streams + 10).to_string();
    command.args(["--database-url", url, "--addr", &addr.to_string(), "--push-token", TOKEN]);
    command.args(["--max-streams-per-user", &streams, "--direct-streams", &direct.to_string()]).env("RUST_LOG", LOG);
    command
}

fn url(folder: &Path) -> String {
    format!("sqlite://{}/orderwire.db", folder.display())
}

fn add(plan: &Plan, url: &str, user: usize) -> Result<(), Failure> {
    let mut command = Command::new(&plan.program);
    command.args(["add-user", &name(user), "--database-url", url]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that has ended already reads nothing; its status and its last words say why.
        let _ = stdin.write_all(PASSWORD.as_bytes());
    }
    let output = child.wait_with_output()?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("Orderwire adds no user: {}", String::from_utf8_lossy(&output.stderr).trim()).into()),
    }
}

/// The cookie of a new session.
fn sign_in(addr: SocketAddr, user: usize) -> Result<String, Failure> {
    let body = format!("username={}&password={}", name(user), PASSWORD.replace(' ', "+"));
    let head = format!("POST /api/sign_in HTTP/1.1\r\nhost: {addr}\r\ncontent-type: application/x-www-form-urlencoded\r\n");
    let answer = http::request(addr, format!("{head}content-length: {}\r\n\r\n{body}", body.len()).as_bytes())?;
    let cookie = answer.header("set-cookie").and_then(|cookie| cookie.split(';').next());
    Ok(cookie.ok_or("signing in sets no cookie")?.to_owned())
}
