//! One window: everybody at work, a fault, and its end.

use crate::{
    common::{PATIENCE, Program},
    table::{self, Row},
    verdict,
    work::{Act, Cast, Outcome, Work},
};
use futures::future::join_all;
use reqwest::StatusCode;
use std::time::{Duration, Instant};
use tokio::{
    sync::watch,
    time::{sleep, timeout},
};

/// How long anybody may wait for an answer, whatever is wrong.
const ANSWERED_WITHIN: Duration = Duration::from_secs(10);

/// How soon all is well when the fault is over.
const WELL_WITHIN: Duration = Duration::from_secs(5);

/// How long `/readyz` may take: whoever asks gives up soon.
const READYZ_WITHIN: Duration = Duration::from_secs(3);

/// What a fault does to those who ask.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Whatever writes is refused, until its end.
    NoWrites,
    /// Everything is refused, until its end.
    Nothing,
    /// Some are refused, or none.
    Some,
}

/// Lets it begin and end.
pub trait Fault {
    async fn begin(&mut self);
    async fn end(&mut self);
}

/// A fault, and what it is done to.
pub struct Window<'a> {
    pub fault: &'static str,
    pub database: &'static str,
    pub how: &'static str,
    pub effect: Effect,
    pub program: &'a Program,
    /// How long it lasts at least.
    pub lasts: Duration,
}

impl Window<'_> {
    /// Opens the window.
    pub async fn open(self, mut fault: impl Fault) {
        let cast = Cast::of(self.program).await;
        let mut stream = cast.ada().open().await;
        let start = stream.start.clone();
        let ada = cast.ada();
        let (last, read_to) = watch::channel(0);
        let reader = tokio::spawn(async move { verdict::read(&ada, &mut stream, last).await });
        assert_eq!(cast.readiness().await.0, StatusCode::OK);
        let work = Work::begin(&cast);
        work.once_more(is_done).await;

        let began = Instant::now();
        fault.begin().await;
        let samples = {
            let watched = watch_readiness(&cast, &work, began, self.lasts, self.effect);
            timeout(PATIENCE, watched).await.expect("nobody is refused")
        };
        let ended = Instant::now();
        fault.end().await;
        // New ones, because those at work may still wait for what they began while the fault lasted.
        let well = async {
            while cast.readiness().await.0 != StatusCode::OK {
                sleep(Duration::from_millis(20)).await;
            }
            join_all(Act::ALL.map(|act| until_done(&cast, act))).await;
        };
        timeout(PATIENCE, well).await.expect("it is never well again");
        let well_after = ended.elapsed();
        timeout(PATIENCE, work.once_more(is_done)).await.expect("those at work are not well again");
        let outcomes = work.end().await;

        self.judge(&outcomes, began, ended);
        assert!(samples.iter().all(|sample| sample.took < READYZ_WITHIN), "{samples:?}");
        self.judge_readiness(&outcomes, &samples);
        assert!(well_after < WELL_WITHIN, "{} on {}: well again only after {well_after:?}", self.fault, self.database);
        verdict::nothing_half_done(&self.program.database(), &outcomes, &start, reader, read_to).await;
        table::write(Row::of(&self, &outcomes, began..ended, well_after));
    }

    fn judge(&self, outcomes: &[Outcome], began: Instant, ended: Instant) {
        let what = format!("{} on {}", self.fault, self.database);
        for outcome in outcomes {
            assert!(outcome.status.is_some() && outcome.took < ANSWERED_WITHIN, "{what}: {outcome:?}");
            let Some(status) = outcome.status else { continue };
            let refused_clearly = status == StatusCode::SERVICE_UNAVAILABLE && outcome.answer["error"].is_string();
            assert!(is_done(outcome) || refused_clearly, "{what}: {outcome:?}");
            // Outside of the window nobody is refused.
            assert!(is_done(outcome) || outcome.began + outcome.took > began, "{what}, before: {outcome:?}");
            assert!(is_done(outcome) || outcome.began < ended + WELL_WITHIN, "{what}, after: {outcome:?}");
        }
    }

    /// From the first write that was refused until the fault's end, `/readyz` says that it is not ready.
    fn judge_readiness(&self, outcomes: &[Outcome], samples: &[Sample]) {
        let refused = outcomes.iter().filter(|outcome| outcome.act.writes() && !is_done(outcome));
        let first = refused.map(|outcome| outcome.began + outcome.took).min();
        match (self.effect, first) {
            (Effect::Some, _) => {}
            (_, None) => panic!("{} on {}: nobody was refused", self.fault, self.database),
            (_, Some(first)) => {
                let wrong = samples.iter().find(|sample| sample.began > first && sample.status != StatusCode::SERVICE_UNAVAILABLE);
                assert!(wrong.is_none(), "{} on {}: {wrong:?}", self.fault, self.database);
            }
        }
    }
}

/// Does it until it is done.
async fn until_done(cast: &Cast, act: Act) {
    // Not the places of those at work: a push would be theirs.
    let mut place = 1_000_000;
    while !is_done(&cast.act(act, place).await) {
        place += 1;
        sleep(Duration::from_millis(20)).await;
    }
}

/// What `/readyz` said.
#[derive(Debug)]
#[allow(dead_code)]
struct Sample {
    began: Instant,
    took: Duration,
    status: StatusCode,
    text: String,
}

/// Asks `/readyz` over and over again, until the fault has lasted long enough and everybody whom it concerns has been refused.
async fn watch_readiness(cast: &Cast, work: &Work, began: Instant, lasts: Duration, effect: Effect) -> Vec<Sample> {
    let mut samples = Vec::new();
    loop {
        let asked = Instant::now();
        let (status, text, took) = cast.readiness().await;
        samples.push(Sample { began: asked, took, status, text });
        let concerned = |act: &&Act| match effect {
            // Where nothing is left to be read, marking all as read writes nothing.
            Effect::NoWrites => act.writes() && **act != Act::Read,
            Effect::Nothing => true,
            Effect::Some => false,
        };
        let all_refused = {
            let outcomes = work.outcomes.lock().unwrap();
            let refused = |act: &Act| outcomes.iter().any(|outcome| outcome.act == *act && outcome.began > began && !is_done(outcome));
            Act::ALL.iter().filter(concerned).all(refused)
        };
        if began.elapsed() >= lasts && all_refused {
            return samples;
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Done, or refused for what it is: another was quicker to advance that order.
pub fn is_done(outcome: &Outcome) -> bool {
    outcome.status.is_some_and(|status| status.is_success() || (status == StatusCode::CONFLICT && outcome.act == Act::Advance))
}
