//! The real PostgreSQL, Redis and nginx, each a process of its own with a free port and a temporary folder (`tools/service`).

use super::PATIENCE;
use sqlx::Connection;
use std::{
    fs::File,
    net::{Ipv4Addr, TcpListener},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;
use tokio::{net::TcpStream, time::timeout};

/// The file in the folder with what the service prints.
const LOG: &str = "output.log";

/// A running service. Dropped, it is killed and its data is deleted.
pub struct Service {
    child: Child,
    kind: &'static str,
    pub port: u16,
    folder: TempDir,
    /// The instances behind nginx.
    instances: Vec<String>,
}

impl Service {
    /// A PostgreSQL with an empty database; its address is [`Service::url`].
    pub async fn postgres() -> Self {
        Self::start("postgres", Vec::new()).await
    }

    pub async fn redis() -> Self {
        Self::start("redis", Vec::new()).await
    }

    /// nginx with `deploy/nginx.conf`, in front of these instances (`127.0.0.1:…`).
    pub async fn nginx(instances: Vec<String>) -> Self {
        Self::start("nginx", instances).await
    }

    async fn start(kind: &'static str, instances: Vec<String>) -> Self {
        let folder = tempfile::Builder::new().prefix("orderwire-").tempdir().unwrap();
        let port = free_port();
        let service = Self { child: spawn(kind, &folder, port, &instances), kind, port, folder, instances };
        service.ready().await;
        service
    }

    /// Its URL, as the settings take it.
    pub fn url(&self) -> String {
        match self.kind {
            "postgres" => format!("postgres://orderwire@127.0.0.1:{}/orderwire", self.port),
            "redis" => format!("redis://127.0.0.1:{}", self.port),
            _ => format!("https://localhost:{}", self.port),
        }
    }

    /// Ends it at once, like a crash.
    pub fn kill(&mut self) {
        // PostgreSQL and nginx have child processes, which a SIGKILL would leave behind.
        self.signal(match self.kind {
            "postgres" => "QUIT",
            "nginx" => "TERM",
            _ => "KILL",
        });
        self.child.wait().unwrap();
    }

    /// Starts it again on its data.
    pub async fn restart(&mut self) {
        self.child = spawn(self.kind, &self.folder, self.port, &self.instances);
        self.ready().await;
    }

    /// Sends a signal, such as `HUP`.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("sh").args(["-c", &format!("kill -s {name} {}", self.child.id())]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits until it answers.
    async fn ready(&self) {
        let answers = async {
            while !self.answers().await {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        if timeout(PATIENCE, answers).await.is_err() {
            let output = std::fs::read_to_string(self.folder.path().join(LOG)).unwrap_or_default();
            panic!("{} does not answer; it printed:\n{output}", self.kind);
        }
    }

    async fn answers(&self) -> bool {
        match self.kind {
            "postgres" => match sqlx::PgConnection::connect(&self.url()).await {
                Ok(connection) => connection.close().await.is_ok(),
                Err(_) => false,
            },
            "redis" => self.try_command(&["PING"]).await.is_ok(),
            _ => TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await.is_ok(),
        }
    }

    /// Sends a command to Redis.
    pub async fn command(&self, command: &[&str]) -> redis::Value {
        self.try_command(command).await.unwrap()
    }

    async fn try_command(&self, command: &[&str]) -> redis::RedisResult<redis::Value> {
        let mut connection = redis::Client::open(self.url())?.get_multiplexed_async_connection().await?;
        let mut query = redis::cmd(command[0]);
        for argument in &command[1..] {
            query.arg(*argument);
        }
        query.query_async(&mut connection).await
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // A stopped process receives no other signal.
        self.signal("CONT");
        self.kill();
    }
}

fn spawn(kind: &str, folder: &TempDir, port: u16, instances: &[String]) -> Child {
    Command::new(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tools/service"))
        .arg(kind)
        .arg(folder.path())
        .arg(port.to_string())
        .args(instances)
        .stdout(Stdio::null())
        .stdin(Stdio::null())
        .stderr(File::options().create(true).append(true).open(folder.path().join(LOG)).unwrap())
        .spawn()
        .unwrap()
}

/// A port that was free a moment ago, and is below the ephemeral ports (Linux: 32,768 and up): no outgoing connection takes it while what listens on
/// it is restarted.
pub fn free_port() -> u16 {
    std::iter::repeat_with(|| fastrand::u16(10_000..20_000)).find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok()).unwrap()
}
