//! The Redis relay: carries commit notifications between instances over pub/sub. One connection an instance, however many streams; a
//! message carries no data, only the name of the instance that has committed.
//!
//! Promises: a connection that broke is opened again, after a pause that grows; one that is open but silent is found out, because the relay
//! sends probes to itself. Without Redis, a log tail finds other instances' events by polling: a delay, and nothing else.

use crate::server::sse::{CommitNotifier, CommitSubscription};
use metrics::Counter;
use redis::{AsyncConnectionConfig, Client, Msg, ProtocolVersion, PushInfo, PushKind, RedisError, aio::MultiplexedConnection};
use std::time::Duration;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};

/// How often the relay sends a probe to itself.
const PROBE: Duration = Duration::from_secs(1);

/// How long a probe, or any answer of Redis, may take before the connection is given up.
const SILENCE: Duration = Duration::from_secs(3);

/// The pause before the first attempt to connect again; each failure doubles it.
const BACKOFF: Duration = Duration::from_millis(100);

/// The longest such pause.
const BACKOFF_MAX: Duration = Duration::from_secs(2);

/// Whether notifications are relayed, or why not.
pub type RelayStatus = Result<(), String>;

/// Why a connection has ended.
#[derive(Debug, thiserror::Error)]
enum RelayError {
    #[error("{0}")]
    Redis(#[from] RedisError),
    #[error("the connection is open, but silent")]
    Silent,
    #[error("the connection broke")]
    Broken,
}

/// Relays `notifier` between all instances that read the log of the same `epoch`, for as long as the task runs, and reports its status.
/// `instance` is this instance's id; no two are the same.
pub async fn relay(
    notifier: CommitNotifier,
    redis: Client,
    epoch: watch::Receiver<String>,
    instance: String,
    status: watch::Sender<RelayStatus>,
) {
    let info = redis.get_connection_info();
    // RESP3: a connection that is subscribed may publish too.
    let info = info.clone().set_redis_settings(info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3));
    let from_others = metrics::counter!("orderwire_remote_commits_total");
    let mut relay = Relay { local: notifier.subscribe_local(), notifier, epoch, instance, status, from_others };
    let mut backoff = BACKOFF;
    loop {
        let ended = match Client::open(info.clone()) {
            Ok(redis) => relay.connect(&redis).await,
            Err(error) => error.into(),
        };
        if relay.report(Err(ended.to_string())) {
            tracing::warn!("the Redis relay is disconnected ({ended}); events of other instances come with a delay");
            backoff = BACKOFF;
        }
        // Jitter: the instances do not all come back at once.
        sleep(backoff.mul_f64(0.5 + fastrand::f64())).await;
        backoff = (backoff * 2).min(BACKOFF_MAX);
    }
}

struct Relay {
    notifier: CommitNotifier,
    /// This instance's own commits.
    local: CommitSubscription,
    /// The log's epoch names the channel. A new epoch is another log, and other instances may still be on the old one.
    epoch: watch::Receiver<String>,
    instance: String,
    status: watch::Sender<RelayStatus>,
    from_others: Counter,
}

impl Relay {
    /// Returns whether connected has become disconnected, or the other way round.
    fn report(&self, now: RelayStatus) -> bool {
        self.status.send_if_modified(|status| {
            let changed = status.is_ok() != now.is_ok();
            *status = now;
            changed
        })
    }

    /// The channel of all instances on the log, and the one of this instance's probes.
    fn channels(&mut self) -> (String, String) {
        let channel = format!("orderwire:{}:commits", *self.epoch.borrow_and_update());
        let own = format!("{channel}:{}", self.instance);
        (channel, own)
    }

    /// Connects, and relays until the connection ends.
    async fn connect(&mut self, redis: &Client) -> RelayError {
        let (sender, mut received) = mpsc::unbounded_channel();
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(SILENCE)).set_response_timeout(Some(SILENCE)).set_push_sender(sender);
        match redis.get_multiplexed_async_connection_with_config(&config).await {
            Ok(mut connection) => self.relay(&mut connection, &mut received).await.err().unwrap_or(RelayError::Broken),
            Err(error) => error.into(),
        }
    }

    async fn relay(
        &mut self,
        connection: &mut MultiplexedConnection,
        received: &mut mpsc::UnboundedReceiver<PushInfo>,
    ) -> Result<(), RelayError> {
        let (mut channel, mut own) = self.channels();
        connection.subscribe(&[&channel, &own]).await?;
        // Notifications may have been missed while there was no connection.
        self.notifier.notify_remote();
        let mut probe = interval(PROBE);
        probe.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut last_probe = Instant::now();
        loop {
            tokio::select! {
                push = received.recv() => {
                    let Some(push) = push else { return Err(RelayError::Broken) };
                    if push.kind == PushKind::Disconnection {
                        return Err(RelayError::Broken);
                    }
                    let Some(message) = Msg::from_push_info(push) else { continue };
                    if message.get_channel_name() == own {
                        last_probe = Instant::now();
                        if self.report(Ok(())) {
                            tracing::info!("the Redis relay is connected");
                        }
                    } else if message.get_channel_name() == channel && message.get_payload_bytes() != self.instance.as_bytes() {
                        self.from_others.increment(1);
                        self.notifier.notify_remote();
                    }
                }
                () = self.local.notified() => publish(connection, &channel, &self.instance).await?,
                Ok(()) = self.epoch.changed() => {
                    connection.unsubscribe(&[&channel, &own]).await?;
                    (channel, own) = self.channels();
                    connection.subscribe(&[&channel, &own]).await?;
                    self.notifier.notify_remote();
                }
                _ = probe.tick() => {
                    if last_probe.elapsed() > SILENCE {
                        return Err(RelayError::Silent);
                    }
                    publish(connection, &own, "").await?;
                }
            }
        }
    }
}

async fn publish(connection: &mut MultiplexedConnection, channel: &str, message: &str) -> Result<(), RelayError> {
    let mut publish = redis::cmd("PUBLISH");
    publish.arg(channel).arg(message);
    // A connection can also go silent in the middle of an answer.
    timeout(SILENCE, publish.query_async::<()>(connection)).await.map_err(|_| RelayError::Silent)?.map_err(RelayError::from)
}
