//! A log that goes back (invariant 5): a backup is restored, or a failover loses commits. The sequences that were lost are used again for
//! other events; whoever has seen the first ones gets a `resync`, never silence.

mod common;

use common::{PATIENCE, Program, Service, StreamClient, orderwire, sequence};
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};
use tokio::time::timeout;

/// Notifies Ada so often; returns the last id.
async fn notify(program: &Program, count: usize, title: &str) -> String {
    let mut id = String::new();
    for _ in 0..count {
        id = program.notify("ada", title).await;
    }
    id
}

/// The first that the log tells a stream is a `resync` in another epoch than `old`, at that position.
async fn gets_a_resync(stream: &mut StreamClient, old: &str, at: i64) {
    let event = timeout(PATIENCE, stream.next_logged()).await.expect("silence");
    assert_eq!((event.event.as_str(), sequence(&event.id)), ("resync", at), "{event:?}");
    assert_ne!(event.id.split('-').next(), old.split('-').next());
}

fn file(program: &Program) -> String {
    program.database().trim_start_matches("sqlite://").to_owned()
}

async fn stop(program: &mut Program) {
    program.signal("TERM");
    assert!(program.ended().await.success());
}

/// A backup as docs/deploying.md has it: made while the program serves.
async fn back_up(program: &Program, to: &str) {
    let mut database = SqliteConnection::connect(&program.database()).await.unwrap();
    database.execute(format!("VACUUM INTO '{to}'").as_str()).await.unwrap();
    database.close().await.unwrap();
}

/// The case that was missed: by the time the reader comes back, the restored log is longer than what the reader had seen.
#[tokio::test]
async fn a_restored_backup_of_a_sqlite_file_is_another_epoch() {
    let mut program = Program::start(&[]);
    let ada = program.user("ada").await;
    notify(&program, 4, "before").await;
    let backup = format!("{}.backup", file(&program));
    back_up(&program, &backup).await;
    let seen = notify(&program, 5, "lost").await;
    stop(&mut program).await;
    fs::copy(&backup, file(&program)).unwrap();
    program.restart();
    let last = notify(&program, 10, "after").await;
    assert!(sequence(&last) > sequence(&seen));
    gets_a_resync(&mut ada.resume(Some(&seen)).await, &seen, sequence(&last)).await;
}

/// Restored on another machine, where no file of the epoch is.
#[tokio::test]
async fn a_sqlite_file_without_its_file_of_the_epoch_is_another_epoch() {
    let mut program = Program::start(&[]);
    let ada = program.user("ada").await;
    let seen = notify(&program, 3, "before").await;
    stop(&mut program).await;
    fs::remove_file(format!("{}.epoch", file(&program))).unwrap();
    program.restart();
    gets_a_resync(&mut ada.resume(Some(&seen)).await, &seen, sequence(&seen)).await;
}

/// Being stopped or killed is no reason for it.
#[tokio::test]
async fn a_restart_is_no_other_epoch() {
    let mut program = Program::start(&[]);
    let ada = program.user("ada").await;
    let seen = notify(&program, 2, "before").await;
    program.crash_and_restart();
    let next = notify(&program, 1, "between").await;
    stop(&mut program).await;
    program.restart();
    assert_eq!(ada.resume(Some(&seen)).await.next_logged().await.id, next);
}

/// The log of a PostgreSQL loses its last events under running instances, as in a failover to a replica that was behind, and as many others
/// take their sequences before anybody has looked.
#[tokio::test]
async fn a_failover_that_lost_commits_is_another_epoch_on_every_instance() {
    let service = Service::postgres().await;
    let (a, b) = (Program::start_on(&service.url(), &[]), Program::start_on(&service.url(), &[]));
    let ada = a.user("ada").await;
    let (mut here, mut there) = (ada.open().await, ada.at(&b.base).open().await);
    let seen = notify(&a, 6, "lost in part").await;
    for stream in [&mut here, &mut there] {
        while stream.next_logged().await.id != seen {}
    }
    let mut database = PgConnection::connect(&service.url()).await.unwrap();
    let lost = "BEGIN; SELECT head FROM log FOR UPDATE; UPDATE events SET nonce = nonce / 2 + 1, data = '{}' WHERE sequence > 3; COMMIT";
    database.execute(lost).await.unwrap();
    for stream in [&mut here, &mut there] {
        gets_a_resync(stream, &seen, sequence(&seen)).await;
    }
    // Both have agreed on one epoch, and go on in it.
    let next = notify(&b, 1, "after").await;
    assert_eq!([here.next_logged().await.id, there.next_logged().await.id], [next.clone(), next]);

    // And where there are fewer events than before.
    let mut database = PgConnection::connect(&service.url()).await.unwrap();
    database.execute("BEGIN; DELETE FROM events WHERE sequence > 4; UPDATE log SET head = 4; COMMIT").await.unwrap();
    for stream in [&mut here, &mut there] {
        gets_a_resync(stream, &seen, 4).await;
    }
}

/// As docs/deploying.md has it: dumped while the program serves, and restored while no instance runs.
#[tokio::test]
async fn a_dump_of_a_postgresql_is_restored_as_another_epoch() {
    let service = Service::postgres().await;
    let mut program = Program::start_on(&service.url(), &[]);
    let ada = program.user("ada").await;
    let order = ada.place_order().await;
    notify(&program, 4, "before").await;
    let dump = tempfile::NamedTempFile::new().unwrap();
    run(Command::new("pg_dump").arg("--file").arg(dump.path()).arg(service.url()));
    let seen = notify(&program, 5, "lost").await;
    stop(&mut program).await;
    let maintenance = format!("{}/postgres", service.url().trim_end_matches("/orderwire"));
    for statement in ["DROP DATABASE orderwire", "CREATE DATABASE orderwire"] {
        run(Command::new("psql").args(["--quiet", "--command", statement, &maintenance]));
    }
    let mut restore = Command::new("psql");
    run(restore.args(["--quiet", "--set", "ON_ERROR_STOP=1", "--file"]).arg(dump.path()).arg(service.url()).stdout(Stdio::null()));
    run(orderwire().args(["new-epoch", "--database-url", &service.url()]).stdout(Stdio::null()));
    program.restart();
    let last = notify(&program, 10, "after").await;
    assert!(sequence(&last) > sequence(&seen));
    // The session is one of the dump, too.
    gets_a_resync(&mut ada.resume(Some(&seen)).await, &seen, sequence(&last)).await;
    let page = ada.snapshot().await;
    assert_eq!((&page["orders"][0]["orderId"], page["unread"].as_i64()), (&order["orderId"], Some(14)));
}

fn run(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?}");
}

/// What nobody can have noticed is said by who restored it.
#[tokio::test]
async fn a_new_epoch_by_command_reaches_open_streams_and_those_that_come_back() {
    let service = Service::postgres().await;
    let program = Program::start_on(&service.url(), &[]);
    let ada = program.user("ada").await;
    let mut stream = ada.open().await;
    let seen = notify(&program, 1, "before").await;
    assert_eq!(stream.next_logged().await.id, seen);
    let output = orderwire().args(["new-epoch", "--database-url", &service.url()]).output().unwrap();
    assert!(output.status.success(), "{output:?}");
    gets_a_resync(&mut stream, &seen, sequence(&seen)).await;
    gets_a_resync(&mut ada.resume(Some(&seen)).await, &seen, sequence(&seen)).await;
}

/// After a clean stop the file alone is the whole database: nothing of it is left in a write-ahead log beside it.
#[tokio::test]
async fn after_a_clean_stop_the_sqlite_file_alone_is_complete() {
    let mut program = Program::start(&[]);
    let ada = program.user("ada").await;
    let order = ada.place_order().await;
    notify(&program, 20, "t").await;
    stop(&mut program).await;
    let copy = format!("{}.copy", file(&program));
    fs::copy(file(&program), &copy).unwrap();
    assert!(!Path::new(&format!("{}-wal", file(&program))).exists());
    let restored = Program::start_on(&format!("sqlite://{copy}"), &[]);
    let page = ada.at(&restored.base).snapshot().await;
    assert_eq!((&page["orders"][0]["orderId"], page["unread"].as_i64()), (&order["orderId"], Some(20)));
}

/// One process serves a SQLite file; commands work beside it.
#[tokio::test]
async fn a_second_process_does_not_serve_the_same_sqlite_file() {
    let program = Program::start(&[]);
    let mut second = tokio::process::Command::from(orderwire());
    second.args(["--addr", "127.0.0.1:0", "--database-url", &program.database()]).kill_on_drop(true);
    let output = timeout(PATIENCE, second.output()).await.expect("it serves").unwrap();
    let line = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.code() == Some(2) && line.lines().count() == 1 && line.contains("another process serves"), "{line}");
    program.add_user("lin", false);
    program.user("lin").await;
}
