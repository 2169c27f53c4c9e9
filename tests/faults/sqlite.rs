//! Faults of a SQLite file. Its disk cannot be slow by order, and it has no connection that could fail: what is slow here is another writer.

use crate::{
    common::Program,
    disk::SmallDisk,
    window::{Effect, Fault, Window},
};
use rlimit::Resource;
use sqlx::{Connection, Executor, SqliteConnection};
use std::time::Duration;
use tokio::{task::JoinHandle, time::sleep};

const LASTS: Duration = Duration::from_secs(6);

fn window<'a>(fault: &'static str, how: &'static str, effect: Effect, program: &'a Program) -> Window<'a> {
    Window { fault, database: "SQLite", how, effect, program, lasts: LASTS }
}

/// Another process, on the same file.
async fn other(program: &Program) -> SqliteConnection {
    let mut other = SqliteConnection::connect(&program.database()).await.unwrap();
    other.execute("PRAGMA busy_timeout = 60000").await.unwrap();
    other
}

/// Holds the write lock.
struct Lock(SqliteConnection);

impl Fault for Lock {
    async fn begin(&mut self) {
        self.0.execute("BEGIN IMMEDIATE").await.unwrap();
    }

    async fn end(&mut self) {
        self.0.execute("COMMIT").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn busy() {
    let program = Program::start(&[]);
    let lock = Lock(other(&program).await);
    window("busy", "another process holds the write lock", Effect::NoWrites, &program).open(lock).await;
}

/// Holds the write lock most of the time.
struct LockNowAndThen(Option<SqliteConnection>, Option<JoinHandle<()>>);

impl Fault for LockNowAndThen {
    async fn begin(&mut self) {
        let mut other = self.0.take().unwrap();
        self.1 = Some(tokio::spawn(async move {
            loop {
                other.execute("BEGIN IMMEDIATE").await.unwrap();
                sleep(Duration::from_millis(200)).await;
                other.execute("COMMIT").await.unwrap();
                sleep(Duration::from_millis(200)).await;
            }
        }));
    }

    async fn end(&mut self) {
        self.1.take().unwrap().abort();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slow() {
    let program = Program::start(&[]);
    let lock = LockNowAndThen(Some(other(&program).await), None);
    window("slow", "another process holds the write lock for half of the time", Effect::Some, &program).open(lock).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn full() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = SmallDisk::mount(folder.path(), 8, "") else {
        println!("passed over: full on SQLite; a small disk can be mounted by root alone");
        return;
    };
    let program = Program::start_on(&format!("sqlite://{}/orderwire.db", folder.path().display()), &[]);
    window("full", "the disk has no room left", Effect::NoWrites, &program).open(&disk).await;
    drop(program);
}

/// Lets no file of the program's be written any more.
struct FileSize(u32);

impl FileSize {
    fn set(&self, bytes: u64) {
        let (pid, hard) = (i32::try_from(self.0).unwrap(), rlimit::INFINITY);
        rlimit::prlimit(pid, Resource::FSIZE, Some((bytes, hard)), None).unwrap();
    }
}

impl Fault for FileSize {
    async fn begin(&mut self) {
        self.set(1);
    }

    async fn end(&mut self) {
        self.set(rlimit::INFINITY);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn io_error() {
    // A write past the limit is then an error, and not the program's end.
    let program = Program::start_within("-S -n 1024; trap '' XFSZ", &[]);
    let limit = FileSize(program.pid());
    window("I/O error", "no file can be written past its first byte", Effect::NoWrites, &program).open(limit).await;
}
