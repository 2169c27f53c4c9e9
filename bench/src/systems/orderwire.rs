//! Orderwire: its users and their sessions are made once, through its own command and `sign_in`; each run begins with a copy of that database.

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
    thread,
};

const PASSWORD: &str = "a long password";

/// Users that are added at the same time.
const AT_ONCE: usize = 2;

/// The log's lines without one for each request: no peer writes those.
const LOG: &str = "info,orderwire::request=warn";

/// A database with users, and a session of each.
pub struct Accounts {
    folder: Folder,
    pub cookies: Vec<String>,
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

/// Makes the users and signs them in.
pub fn prepare(plan: &Plan) -> Result<Accounts, Failure> {
    let folder = Folder::make(&plan.work.join(format!("accounts-{}", std::process::id())))?;
    let (url, users) = (url(&folder.0), plan.users);
    // The first makes the database.
    add(plan, &url, 0)?;
    let adders = (0..AT_ONCE).map(|adder| (1..users).skip(adder).step_by(AT_ONCE));
    thread::scope(|scope| {
        let adders: Vec<_> = adders
            .map(|mut users| {
                scope.spawn({
                    let url = &url;
                    move || users.try_for_each(|user| add(plan, url, user))
                })
            })
            .collect();
        adders.into_iter().try_for_each(|adder| adder.join().unwrap_or_else(|_| Err("a thread ended".into())))
    })?;
    let addr = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
    let mut process = Process::start("Orderwire", &mut program(plan, &url, addr, true), addr, &folder.0)?;
    let cookies = (0..users).map(|user| sign_in(addr, user)).collect::<Result<_, _>>().map_err(|failure| process.explain(&failure))?;
    Ok(Accounts { folder, cookies })
}

/// Orderwire on a copy of the accounts' database, with direct streams or without.
pub fn command(plan: &Plan, accounts: &Accounts, addr: SocketAddr, folder: &Path, direct: bool) -> Result<Command, Failure> {
    for entry in fs::read_dir(&accounts.folder.0)? {
        let entry = entry?;
        fs::copy(entry.path(), folder.join(entry.file_name()))?;
    }
    Ok(program(plan, &url(folder), addr, direct))
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
