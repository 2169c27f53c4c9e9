//! Accounts: a password is changed, set, composed in another way; sessions end, are kept in use by streams, and are in no row as the cookie
//! carries them.

mod common;

use argon2::{Argon2, PasswordHasher, password_hash::SaltString};
use common::{PATIENCE, Program, StreamClient, data, orderwire, read};
use reqwest::{
    StatusCode,
    header::{ACCEPT, COOKIE},
};
use serde_json::json;
use sqlx::{Connection, SqliteConnection};
use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Instant,
};
use tokio::time::timeout;

const NEW: &str = "a new password";

/// Runs a command beside the server, with a password on its standard input.
fn run(program: &Program, arguments: &[&str], password: &str) -> Output {
    let mut command = orderwire();
    command.args(arguments).args(["--database-url", &program.database()]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(password.as_bytes()).unwrap_or_default();
    child.wait_with_output().unwrap()
}

fn refusal(output: &Output) -> String {
    let line = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!((output.status.code(), line.lines().count()), (Some(2), 1), "{line}");
    line
}

async fn sign_in(program: &Program, username: &str, password: &str) -> StatusCode {
    program.anonymous().call("sign_in", json!({ "username": username, "password": password })).await.0
}

/// The stream says that its session has ended, and ends.
async fn ends(stream: &mut StreamClient) {
    let event = timeout(PATIENCE, stream.next_logged()).await.expect("the stream goes on");
    assert_eq!(event.event, "session.ended");
    assert_eq!(stream.next_or_end().await, None);
}

/// How many sessions a user has, as `list-users` says.
fn sessions(program: &Program, username: &str) -> usize {
    let listed = String::from_utf8(run(program, &["list-users"], "").stdout).unwrap();
    let mut lines = listed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    lines.find(|line| line[0] == username).unwrap().last().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_changed_password_ends_the_users_other_sessions_and_no_stream_of_this_one() {
    let program = Program::start(&[]);
    let (ada, elsewhere, grace) = (program.user("ada").await, program.user("ada").await, program.user("grace").await);
    let (mut here, mut there, mut of_grace) = (ada.open().await, elsewhere.open().await, grace.open().await);
    let old_cookie = ada.cookie();
    let changed = ada.call_ok("change_password", json!({ "old": "demo", "new": NEW })).await;
    assert_eq!(changed["username"], "ada");

    ends(&mut there).await;
    assert_eq!(elsewhere.events(None, None).await.status(), StatusCode::UNAUTHORIZED);
    program.notify("ada", "still here").await;
    assert_eq!(data(&here.next_logged().await)["title"], "still here");
    program.notify("grace", "her too").await;
    assert_eq!(data(&of_grace.next_logged().await)["title"], "her too");

    // This session goes on, under another id.
    assert_eq!(ada.snapshot().await["user"]["username"], "ada");
    assert_ne!(ada.cookie(), old_cookie);
    let with_old = program.anonymous().http.get(format!("{}/api/snapshot", program.base)).header(COOKIE, old_cookie);
    assert_eq!(with_old.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(sessions(&program, "ada"), 1);
    assert_eq!(sign_in(&program, "ada", "demo").await, StatusCode::UNAUTHORIZED);
    assert_eq!(sign_in(&program, "ada", NEW).await, StatusCode::OK);
    ada.call_ok("sign_out", json!({})).await;
    ends(&mut here).await;
}

#[tokio::test]
async fn a_password_is_changed_by_who_knows_the_old_one_and_to_one_of_eight_characters() {
    let program = Program::start(&["--sign-in-rate", "2/1d"]);
    let ada = program.user("ada").await;
    let long = "a".repeat(1_025);
    for (old, new, field) in [("demo", "7-chars", "new"), ("demo", long.as_str(), "new"), ("wrong", NEW, "old"), (&long, NEW, "old")] {
        let (status, refused) = ada.call("change_password", json!({ "old": old, "new": new })).await;
        assert_eq!((status, &refused["field"]), (StatusCode::UNPROCESSABLE_ENTITY, &json!(field)), "{refused}");
    }
    // Two wrong ones were two failed sign-ins.
    assert_eq!(ada.call("change_password", json!({ "old": "demo", "new": NEW })).await.0, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(sign_in(&program, "ada", "demo").await, StatusCode::TOO_MANY_REQUESTS);
    let (status, _) = program.anonymous().call("change_password", json!({ "old": "demo", "new": NEW })).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(ada.snapshot().await["user"]["username"], "ada");
}

#[tokio::test]
async fn the_account_page_works_without_javascript() {
    let program = Program::start(&[]);
    let (ada, other) = (program.user("ada").await, program.user("ada").await);
    let page = ada.http.get(format!("{}/account", program.base)).send().await.unwrap();
    let (status, html) = read(page).await;
    let html = html.as_str().unwrap();
    assert_eq!(status, StatusCode::OK);
    for part in [r#"action="/api/change_password""#, r#"autocomplete="current-password""#, r#"autocomplete="new-password""#] {
        assert!(html.contains(part), "{part}: {html}");
    }
    let link = r#"href="/account""#;
    let home = read(ada.http.get(&program.base).send().await.unwrap()).await.1;
    assert!(home.as_str().unwrap().contains(link));
    let form = ada.http.post(format!("{}/api/change_password", program.base)).header(ACCEPT, "text/html");
    let answer = form.form(&[("old", "demo"), ("new", NEW)]).send().await.unwrap();
    assert!(answer.status().is_redirection(), "{answer:?}");
    assert_eq!(other.events(None, None).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(ada.snapshot().await["user"]["username"], "ada");
}

#[tokio::test]
async fn set_password_and_end_sessions_end_a_users_streams_in_a_running_server() {
    let program = Program::start(&[]);
    let (ada, grace) = (program.user("ada").await, program.user("grace").await);
    let (mut of_ada, mut of_grace) = (ada.open().await, grace.open().await);
    assert_eq!((sessions(&program, "ada"), sessions(&program, "ops")), (1, 0));

    assert!(run(&program, &["end-sessions", "ada"], "").status.success());
    ends(&mut of_ada).await;
    assert_eq!(ada.events(None, None).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!((sessions(&program, "ada"), sessions(&program, "grace")), (0, 1));

    let ada = program.user("ada").await;
    let mut of_ada = ada.open().await;
    assert!(run(&program, &["set-password", "ada"], NEW).status.success());
    ends(&mut of_ada).await;
    assert_eq!(ada.events(None, None).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!((sign_in(&program, "ada", "demo").await, sign_in(&program, "ada", NEW).await), (StatusCode::UNAUTHORIZED, StatusCode::OK));

    program.notify("grace", "still here").await;
    assert_eq!(data(&of_grace.next_logged().await)["title"], "still here");
    for (arguments, password, says) in [
        (&["set-password", "nobody"][..], NEW, "no user"),
        (&["set-password", "ada"], "7-chars", "8 characters"),
        (&["add-user", "lin"], "7-chars", "8 characters"),
        (&["end-sessions", "nobody"], "", "no user"),
    ] {
        let line = refusal(&run(&program, arguments, password));
        assert!(line.contains(says), "{arguments:?}: {line}");
    }
}

#[tokio::test]
async fn a_password_signs_in_however_it_is_composed() {
    let (composed, decomposed) = ("cr\u{e8}me br\u{fb}l\u{e9}e", "cre\u{300}me bru\u{302}le\u{301}e");
    let program = Program::start(&[]);
    assert!(run(&program, &["add-user", "lin"], decomposed).status.success());
    assert_eq!(sign_in(&program, "lin", composed).await, StatusCode::OK);
    assert_eq!(sign_in(&program, "lin", decomposed).await, StatusCode::OK);

    // An earlier version hashed what was typed. Once its user has signed in so, the other way is right too.
    let salt = SaltString::from_b64("c29tZSBzYWx0IGhlcmU").unwrap();
    let hash = Argon2::default().hash_password(decomposed.as_bytes(), &salt).unwrap();
    let mut database = SqliteConnection::connect(&program.database()).await.unwrap();
    let set = "UPDATE users SET password_hash = $1 WHERE username = 'lin'";
    sqlx::query(set).bind(hash.to_string()).execute(&mut database).await.unwrap();
    assert_eq!(sign_in(&program, "lin", composed).await, StatusCode::UNAUTHORIZED);
    assert_eq!(sign_in(&program, "lin", decomposed).await, StatusCode::OK);
    assert_eq!(sign_in(&program, "lin", composed).await, StatusCode::OK);
}

#[tokio::test]
async fn who_reads_the_database_cannot_sign_in_with_it() {
    let program = Program::start(&[]);
    let ada = program.user("ada").await;
    let id = ada.cookie().split_once('=').unwrap().1.to_owned();
    let path = path(&program);
    let files: Vec<u8> = ["", "-wal"].iter().flat_map(|ending| fs::read(beside(&path, ending)).unwrap()).collect();
    let has = |text: &str| files.windows(text.len()).any(|part| part == text.as_bytes());
    let mut database = SqliteConnection::connect(&program.database()).await.unwrap();
    let row: String = sqlx::query_scalar("SELECT id FROM sessions").fetch_one(&mut database).await.unwrap();
    assert!(has(&row) && !has(&id));
    let request = |cookie: &str| program.anonymous().http.get(format!("{}/api/snapshot", program.base)).header(COOKIE, cookie.to_owned());
    assert_eq!(request(&format!("orderwire={row}")).send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(request(&format!("orderwire={id}")).send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_database_is_for_the_programs_user_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("made/data/orderwire.db");
    let mut program = Program::start_on(&format!("sqlite://{}", path.display()), &[]);
    program.user("ada").await.place_order().await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    let files = ["", "-wal", "-shm", ".lock", ".epoch"].map(|ending| beside(&path, ending));
    assert_eq!(files.each_ref().map(|file| mode(file)), [0o600; 5]);
    assert_eq!((mode(path.parent().unwrap()), mode(&folder.path().join("made"))), (0o700, 0o700));
    // One that everybody can read is closed to them; what a group may do stays.
    program.kill();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o664)).unwrap();
    program.restart();
    assert_eq!(mode(&path), 0o660);
}

/// A path that was mistyped: nothing of what is there is changed, and nothing is left beside it.
#[test]
fn a_file_that_is_no_database_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("letters.txt");
    fs::write(&path, "not a database, and longer than sixteen bytes").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    for (path, arguments) in [(path.as_path(), &["list-users"][..]), (&path, &["--addr", "127.0.0.1:0"]), (folder.path(), &["new-epoch"])] {
        let output = orderwire().args(arguments).arg("--database-url").arg(format!("sqlite://{}", path.display())).output().unwrap();
        assert_eq!(refusal(&output), format!("orderwire: {} is no SQLite database\n", path.display()));
    }
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o644);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_command_about_what_is_there_makes_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("made/a.db");
    let commands: [&[&str]; 5] =
        [&["list-users"], &["end-sessions", "ada"], &["remove-user", "ada"], &["set-password", "ada"], &["new-epoch"]];
    for arguments in commands {
        let mut command = orderwire();
        command.args(arguments).arg("--database-url").arg(format!("sqlite://{}", database.display())).stdin(Stdio::null());
        assert_eq!(refusal(&command.output().unwrap()), format!("orderwire: there is no database {}\n", database.display()));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_password_that_is_cut_within_a_character_is_too_long() {
    let program = Program::start(&[]);
    for (password, line) in [(format!("x{}", "é".repeat(5_000)), "at most 1024 bytes"), ("1234567".into(), "at least 8 characters")] {
        assert!(refusal(&run(&program, &["set-password", "ada"], &password)).contains(line), "{line}");
    }
}

#[tokio::test]
async fn a_session_that_is_not_used_ends_and_a_request_or_an_open_stream_is_a_use() {
    let program = Program::start(&["--session-idle", "6s"]);
    let ada = program.user("ada").await;
    let _stream = ada.open().await;
    let ops = program.user("ops").await;
    // Hers, which is not used, ends last.
    let grace = program.user("grace").await;
    let begun = Instant::now();
    while sessions(&program, "grace") == 1 {
        assert_eq!(ops.snapshot().await["user"]["username"], "ops");
        assert!(begun.elapsed() < PATIENCE, "her session goes on");
    }
    assert_eq!(grace.events(None, None).await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(sessions(&program, "ada"), 1);
    assert_eq!(ada.snapshot().await["user"]["username"], "ada");
}

/// Whatever has ended it, and whether anybody was told.
#[tokio::test]
async fn invariant_6_a_stream_whose_session_is_gone_ends() {
    let program = Program::start(&["--session-idle", "4s"]);
    let ada = program.user("ada").await;
    let mut stream = ada.open().await;
    let mut database = SqliteConnection::connect(&program.database()).await.unwrap();
    sqlx::query("DELETE FROM sessions").execute(&mut database).await.unwrap();
    ends(&mut stream).await;
}

fn path(program: &Program) -> PathBuf {
    program.database().strip_prefix("sqlite://").unwrap().into()
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    format!("{}{ending}", path.display()).into()
}
