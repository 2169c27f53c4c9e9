//! Systems that fail while the checker runs: one program on SQLite, and three instances with the services around them.

use super::{
    super::{Cluster, PATIENCE, Program, TOKEN},
    SystemUnderTest,
};
use crate::common::LineFault;
use reqwest::{Client, StatusCode};
use serde_json::json;
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use std::time::Duration;
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    time::{sleep, timeout},
};

/// Clients that leave in one fault.
const LEAVING: usize = 20;

/// A client that leaves does so at most so long after it has sent its request, in milliseconds: before, while or after it is handled.
const LEAVES_WITHIN_MS: u64 = 5;

/// One program on SQLite, with each fault in turn.
pub struct FailingProgram {
    program: Program,
    faults: usize,
}

impl FailingProgram {
    pub fn start(flags: &[&str]) -> Self {
        Self { program: Program::start(flags), faults: 0 }
    }
}

impl SystemUnderTest for FailingProgram {
    const ALWAYS_ANSWERS: bool = true;

    fn base(&self) -> String {
        self.program.base.clone()
    }

    fn database(&self) -> String {
        self.program.database()
    }

    async fn inject_fault(&mut self, random: &mut fastrand::Rng) -> &'static str {
        self.faults += 1;
        match self.faults % 3 {
            1 => {
                self.program.crash_and_restart();
                "the program killed"
            }
            2 => {
                let mut other = SqliteConnection::connect(&self.database()).await.unwrap();
                other.execute("PRAGMA busy_timeout = 60000; BEGIN IMMEDIATE").await.unwrap();
                until_ready_is(StatusCode::SERVICE_UNAVAILABLE, &self.program).await;
                other.execute("COMMIT").await.unwrap();
                until_ready_is(StatusCode::OK, &self.program).await;
                "the write lock held"
            }
            _ => {
                leave(&self.program, self.faults, random).await;
                "clients left"
            }
        }
    }
}

/// Three instances; they, or a service around them, fail, each in turn.
pub struct FailingCluster {
    cluster: Cluster,
    faults: usize,
}

/// The faults of a [`FailingCluster`].
pub const CLUSTER_FAULTS: usize = 10;

impl FailingCluster {
    pub async fn start(flags: &[&str]) -> Self {
        Self { cluster: Cluster::start(3, flags).await, faults: 0 }
    }
}

impl SystemUnderTest for FailingCluster {
    const ALWAYS_ANSWERS: bool = true;

    fn base(&self) -> String {
        self.cluster.nginx.url()
    }

    fn database(&self) -> String {
        self.cluster.postgres.url()
    }

    fn queue(&self) -> Option<String> {
        Some(self.cluster.redis.url())
    }

    async fn inject_fault(&mut self, random: &mut fastrand::Rng) -> &'static str {
        let turn = self.faults;
        self.faults += 1;
        let Cluster { nginx, instances, database_line, redis, postgres } = &mut self.cluster;
        let instance = &mut instances[random.usize(..3)];
        match turn % CLUSTER_FAULTS {
            0 => {
                instance.crash_and_restart();
                "an instance killed"
            }
            1 => {
                redis.kill();
                redis.restart().await;
                "Redis killed"
            }
            2 => {
                redis.command(&["CLIENT", "KILL", "TYPE", "pubsub"]).await;
                "Redis' subscribers killed"
            }
            3 => {
                postgres.kill();
                postgres.restart().await;
                "PostgreSQL killed"
            }
            4 => {
                nginx.signal("HUP");
                "nginx reloaded"
            }
            5 => {
                instance.signal("TERM");
                assert!(instance.ended().await.success());
                instance.restart();
                "an instance stopped"
            }
            6 => {
                // They stay silent for ever, and the instances have to notice.
                database_line.set(LineFault::OpenSilent);
                database_line.set(LineFault::None);
                until_ready_is(StatusCode::OK, instance).await;
                "PostgreSQL's open connections silent"
            }
            7 => {
                database_line.set(LineFault::Silent);
                until_ready_is(StatusCode::SERVICE_UNAVAILABLE, instance).await;
                database_line.set(LineFault::None);
                until_ready_is(StatusCode::OK, instance).await;
                "PostgreSQL silent"
            }
            8 => {
                let mut other = PgConnection::connect(&postgres.url()).await.unwrap();
                other.execute("BEGIN; SELECT head FROM log FOR UPDATE").await.unwrap();
                until_ready_is(StatusCode::SERVICE_UNAVAILABLE, instance).await;
                other.execute("COMMIT").await.unwrap();
                until_ready_is(StatusCode::OK, instance).await;
                "the log's row held"
            }
            _ => {
                leave(instance, turn, random).await;
                "clients left"
            }
        }
    }
}

/// Waits until the instance's readiness is that.
async fn until_ready_is(status: StatusCode, instance: &Program) {
    let (http, url) = (Client::new(), format!("{}/readyz", instance.base));
    let ready = async { while http.get(&url).send().await.ok().map(|answer| answer.status()) != Some(status) {} };
    timeout(PATIENCE, ready).await.unwrap_or_else(|_| panic!("{url} never answers {status}"));
}

/// Pushes, and closes the connection before, while or after the program handles the request: it is done whole, or not at all.
async fn leave(instance: &Program, fault: usize, random: &mut fastrand::Rng) {
    for number in 0..LEAVING {
        let data = json!({ "title": format!("left {fault}.{number}"), "message": "m" });
        let body = json!({ "user": "customer0", "event": "notification", "data": data }).to_string();
        let head = "POST /api/push HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json";
        let request = format!("{head}\r\nauthorization: Bearer {TOKEN}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        let Ok(mut connection) = TcpStream::connect(instance.address()).await else { continue };
        if connection.write_all(request.as_bytes()).await.is_ok() {
            sleep(Duration::from_millis(random.u64(0..LEAVES_WITHIN_MS))).await;
        }
    }
}
