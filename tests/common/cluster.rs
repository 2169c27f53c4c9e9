//! Several instances as they are deployed: PostgreSQL, Redis and nginx around them.

use super::{FaultProxy, Program, Service, TestUser};

/// Instances a, b, c, … on one database. Fields are dropped in order: clients before servers.
pub struct Cluster {
    pub nginx: Service,
    pub instances: Vec<Program>,
    /// Between the instances and PostgreSQL.
    pub database_line: FaultProxy,
    pub redis: Service,
    pub postgres: Service,
}

/// The names of the instances.
pub const NAMES: [&str; 3] = ["a", "b", "c"];

impl Cluster {
    /// Starts `count` instances with these flags beside the usual.
    pub async fn start(count: usize, flags: &[&str]) -> Self {
        let (postgres, redis) = tokio::join!(Service::postgres(), Service::redis());
        let database_line = FaultProxy::start(postgres.port).await;
        let database = postgres.url().replace(&postgres.port.to_string(), &database_line.port.to_string());
        let redis_url = redis.url();
        let start = |name: &&str| Program::start_on(&database, &[&["--redis-url", &redis_url, "--instance", name], flags].concat());
        let instances: Vec<_> = NAMES[..count].iter().map(start).collect();
        let nginx = Service::nginx(instances.iter().map(Program::address).collect()).await;
        Self { nginx, instances, database_line, redis, postgres }
    }

    /// Signs in through nginx.
    pub async fn user(&self, username: &str) -> TestUser {
        TestUser::sign_in(&self.nginx.url(), username).await
    }
}
