//! Carries the bell between instances, over Redis pub/sub: what rings here is published, what others publish rings here. One connection
//! an instance, however many streams; it carries no data, only the name of who rang.
//!
//! Promises: a connection that broke is made anew, after a pause that grows; one that is up but silent is found out, because the relay
//! listens for words of its own. Redis away costs the delay until the tail looks by itself, and nothing else.

use crate::server::sse::{CommitNotifier, CommitSubscription};
use metrics::Counter;
use redis::{AsyncConnectionConfig, Client, Msg, ProtocolVersion, PushInfo, PushKind, RedisError, aio::MultiplexedConnection};
use std::time::Duration;
use tokio::{
    sync::{mpsc, watch},
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};

/// How often the relay says a word to itself.
const PROBE: Duration = Duration::from_secs(1);

/// How long its own word, or any answer of Redis', may take before the connection is given up.
const SILENCE: Duration = Duration::from_secs(3);

/// The pause before the first try to connect again; each failure doubles it.
const PAUSE: Duration = Duration::from_millis(100);

/// The longest such pause.
const PAUSE_MAX: Duration = Duration::from_secs(2);

/// Whether the bell is carried, or why not.
pub type RelayStatus = Result<(), String>;

/// Why a connection has ended.
#[derive(Debug, thiserror::Error)]
enum RelayError {
    #[error("{0}")]
    Redis(#[from] RedisError),
    #[error("the connection is up, but silent")]
    Silent,
    #[error("the connection broke")]
    Broke,
}

/// Relays `notifier` between all instances that read the log of the same `epoch`, for as long as the task runs; says in `state` whether it
/// can. `instance` is this one's own name, which no other has.
pub async fn relay(
    notifier: CommitNotifier,
    redis: Client,
    epoch: watch::Receiver<String>,
    instance: String,
    state: watch::Sender<RelayStatus>,
) {
    let info = redis.get_connection_info();
    // RESP3: a connection that listens may publish too.
    let info = info.clone().set_redis_settings(info.redis_settings().clone().set_protocol(ProtocolVersion::RESP3));
    let from_others = metrics::counter!("orderwire_rings_from_afar_total");
    let mut relay = RedisRelay { local: notifier.subscribe_local(), notifier, epoch, instance, state, from_others };
    let mut pause = PAUSE;
    loop {
        let ended = match Client::open(info.clone()) {
            Ok(redis) => relay.connect(&redis).await,
            Err(error) => error.into(),
        };
        if relay.set(Err(ended.to_string())) {
            tracing::warn!("the bell is not carried over Redis ({ended}); others' events come with a delay");
            pause = PAUSE;
        }
        // Each instance at a time of its own.
        sleep(pause.mul_f64(0.5 + fastrand::f64())).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

struct RedisRelay {
    notifier: CommitNotifier,
    local: CommitSubscription,
    /// The log's epoch names the channel. A new one is another log, and others may be at work on the old one.
    epoch: watch::Receiver<String>,
    instance: String,
    state: watch::Sender<RelayStatus>,
    from_others: Counter,
}

impl RedisRelay {
    /// Returns whether that is news.
    fn set(&self, now: RelayStatus) -> bool {
        self.state.send_if_modified(|state| {
            let news = state.is_ok() != now.is_ok();
            *state = now;
            news
        })
    }

    /// The channel of all instances on the log, and this instance's own.
    fn channels(&mut self) -> (String, String) {
        let channel = format!("orderwire:{}:notifier", *self.epoch.borrow_and_update());
        let own = format!("{channel}:{}", self.instance);
        (channel, own)
    }

    /// Connects, and carries until the connection ends.
    async fn connect(&mut self, redis: &Client) -> RelayError {
        let (sender, mut heard) = mpsc::unbounded_channel();
        let config =
            AsyncConnectionConfig::new().set_connection_timeout(Some(SILENCE)).set_response_timeout(Some(SILENCE)).set_push_sender(sender);
        match redis.get_multiplexed_async_connection_with_config(&config).await {
            Ok(mut connection) => self.relay(&mut connection, &mut heard).await.err().unwrap_or(RelayError::Broke),
            Err(error) => error.into(),
        }
    }

    async fn relay(
        &mut self,
        connection: &mut MultiplexedConnection,
        heard: &mut mpsc::UnboundedReceiver<PushInfo>,
    ) -> Result<(), RelayError> {
        let (mut channel, mut own) = self.channels();
        connection.subscribe(&[&channel, &own]).await?;
        // Nobody knows which commits there were meanwhile.
        self.notifier.notify_remote();
        let mut probe = interval(PROBE);
        probe.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard_own = Instant::now();
        loop {
            tokio::select! {
                push = heard.recv() => {
                    let Some(push) = push else { return Err(RelayError::Broke) };
                    if push.kind == PushKind::Disconnection {
                        return Err(RelayError::Broke);
                    }
                    let Some(message) = Msg::from_push_info(push) else { continue };
                    if message.get_channel_name() == own {
                        heard_own = Instant::now();
                        if self.set(Ok(())) {
                            tracing::info!("the bell is carried over Redis");
                        }
                    } else if message.get_payload_bytes() != self.instance.as_bytes() {
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
                    if heard_own.elapsed() > SILENCE {
                        return Err(RelayError::Silent);
                    }
                    publish(connection, &own, "").await?;
                }
            }
        }
    }
}

async fn publish(connection: &mut MultiplexedConnection, channel: &str, word: &str) -> Result<(), RelayError> {
    let mut publish = redis::cmd("PUBLISH");
    publish.arg(channel).arg(word);
    // Silence may come upon a connection in the middle of an answer, too.
    timeout(SILENCE, publish.query_async::<()>(connection)).await.map_err(|_| RelayError::Silent)?.map_err(RelayError::from)
}
