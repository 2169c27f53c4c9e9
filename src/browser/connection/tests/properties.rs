//! Random inputs, in any order and of any generation: what must hold after each of them.

use super::{
    super::{
        effect::Effect,
        input::{Input, Moment, SnapshotAnswer},
        machine,
        report::{ConnectionState, RetryReason},
        state::{Election, Phase, Source, State},
        tab_message::{Greeting, TabMessage},
    },
    tab::{self, snapshot},
};
use crate::model::event::EventId;
use proptest::prelude::*;

fn id() -> impl Strategy<Value = EventId> {
    (prop_oneof![9 => Just("e"), 1 => Just("f")], 0..6_i64).prop_map(|(epoch, sequence)| EventId { epoch: epoch.into(), sequence })
}

fn id_text() -> impl Strategy<Value = String> {
    prop_oneof![8 => id().prop_map(|id| id.to_string()), 1 => Just(String::new()), 1 => Just("no id".into())]
}

fn kind() -> impl Strategy<Value = String> {
    let kinds = ["notification", "order.updated", "notification.read", "ping", "streams", "weather"];
    prop_oneof![20 => proptest::sample::select(kinds.to_vec()), 1 => Just("resync"), 1 => Just("session.ended")].prop_map(str::to_owned)
}

fn message() -> impl Strategy<Value = TabMessage> {
    let greeting = || Greeting { data: "{}".into(), opened: "2026".into(), ahead: 0 };
    prop_oneof![
        Just(TabMessage::Opening),
        id().prop_map(move |past| TabMessage::Live { past, greeting: greeting() }),
        (id(), id_text(), kind()).prop_map(|(past, id, kind)| TabMessage::Received { past, id, kind, data: "{}".into() }),
        (0..100_000_u64).prop_map(|left_ms| TabMessage::Waiting { left_ms, why: RetryReason::Busy }),
        id().prop_map(TabMessage::Join),
        Just(TabMessage::RetryNow),
    ]
}

/// Whose generation an input bears.
#[derive(Clone, Copy, Debug)]
enum Of {
    Current,
    Beside,
    Late(u32),
}

fn of() -> impl Strategy<Value = Of> {
    prop_oneof![6 => Just(Of::Current), 2 => Just(Of::Beside), 1 => (0..40_u32).prop_map(Of::Late)]
}

/// An input, which is yet to bear its generation.
fn input() -> impl Strategy<Value = Input> {
    let (generation, opened_ms) = (0, Some(0));
    let user = prop_oneof![9 => Just("ada"), 1 => Just("grace")];
    prop_oneof![
        6 => id_text().prop_map(move |id| Input::Connected { generation, id, data: "{}".into(), opened: "2026".into(), opened_ms }),
        12 => (id_text(), kind()).prop_map(move |(id, kind)| Input::Said { generation, id, kind, data: "{}".into() }),
        3 => any::<bool>().prop_map(move |refused| Input::Failed { generation, refused }),
        3 => proptest::option::of(proptest::sample::select(vec![200_u16, 429, 503, 500, 401]))
            .prop_map(move |status| Input::RefusalLookedUp { generation, status, retry_after_ms: 1_000 }),
        4 => proptest::option::weighted(0.8, (user, id())).prop_map(move |fresh| Input::SnapshotFetched {
            generation,
            answer: fresh.map_or(SnapshotAnswer::Failed, |(user, cursor)| SnapshotAnswer::Fresh(Box::new(snapshot(user, cursor)))),
        }),
        12 => message().prop_map(move |message| Input::TabMessage { generation, message }),
        4 => Just(Input::TimerFired { generation }),
        4 => Just(Input::LockGranted { generation }),
        2 => Just(Input::LockStolen { generation }),
        1 => Just(Input::LockRefused { generation }),
        9 => proptest::sample::select(vec![
            Input::Checked,
            Input::Applied { time: None },
            Input::Applied { time: Some("2025".into()) },
            Input::PageHidden,
            Input::PageRestored,
            Input::WentOffline,
            Input::WentOnline,
            Input::Retry,
            Input::Disconnect,
            Input::Cut,
            Input::FallSilent,
            Input::ChangeLeader,
        ]),
    ]
}

/// Gives an input its generation, in a state.
fn bear(input: &mut Input, of: Of, state: &State) {
    let source = |source: &Option<Source>| source.as_ref().map_or(0, |source| source.generation);
    let current = match (&*input, of) {
        (_, Of::Late(generation)) => generation,
        (Input::Connected { .. } | Input::Failed { .. }, Of::Beside) => source(&state.beside),
        (Input::Connected { .. } | Input::Failed { .. } | Input::Said { .. }, _) => source(&state.source),
        (Input::TimerFired { .. }, _) => state.timer.unwrap_or(0),
        (Input::RefusalLookedUp { .. } | Input::SnapshotFetched { .. }, _) => match state.phase {
            Phase::LookingUp(generation) | Phase::Fetching(generation) => generation,
            _ => 0,
        },
        _ => match state.election {
            Election::Follower { generation, .. } | Election::Leader { generation } => generation,
            _ => 0,
        },
    };
    if let Some(generation) = generation(input) {
        *generation = current;
    }
}

/// The generation that an input bears.
fn generation(input: &mut Input) -> Option<&mut u32> {
    match input {
        Input::Connected { generation, .. }
        | Input::Said { generation, .. }
        | Input::Failed { generation, .. }
        | Input::RefusalLookedUp { generation, .. }
        | Input::SnapshotFetched { generation, .. }
        | Input::TimerFired { generation }
        | Input::LockGranted { generation }
        | Input::LockStolen { generation }
        | Input::LockRefused { generation }
        | Input::TabMessage { generation, .. } => Some(generation),
        _ => None,
    }
}

fn moment() -> impl Strategy<Value = (u64, f64, bool)> {
    (prop_oneof![0..3_000_u64, 0..200_000_u64], 0.0..1.0, proptest::bool::weighted(0.9))
}

/// The generations that the state holds.
fn held(state: &State) -> Vec<u32> {
    let mut held: Vec<u32> = [&state.source, &state.beside].into_iter().flatten().map(|source| source.generation).collect();
    held.extend(state.timer);
    if let Phase::LookingUp(generation) | Phase::Fetching(generation) = state.phase {
        held.push(generation);
    }
    if let Election::Follower { generation, .. } | Election::Leader { generation } = state.election {
        held.push(generation);
    }
    held
}

fn check(before: &State, after: &State, input: &Input, effects: &[Effect], now: u64) -> Result<(), TestCaseError> {
    let mut position = before.position.clone();
    let mut open: Vec<u32> = [&before.source, &before.beside].into_iter().flatten().map(|source| source.generation).collect();
    let mut shown = before.shown;
    let mut last = before.generation;
    for effect in effects {
        if let Effect::OpenSource { generation, .. }
        | Effect::LookUpRefusal { generation, .. }
        | Effect::FetchSnapshot { generation }
        | Effect::StartTimer { generation, .. }
        | Effect::RequestLock { generation, .. } = effect
        {
            prop_assert!(*generation > before.generation, "a generation is never given out twice");
            last = last.max(*generation);
        }
        match effect {
            Effect::OpenSource { generation, .. } => open.push(*generation),
            Effect::CloseSource { generation } => {
                prop_assert!(open.contains(generation), "only what is open is closed");
                open.retain(|open| open != generation);
            }
            Effect::Apply { position: next, .. } | Effect::MoveTo(next) => {
                prop_assert!(next.epoch != position.epoch || next.sequence > position.sequence, "an event is never applied twice");
                position = next.clone();
            }
            Effect::Replace(snapshot) => {
                let cursor = &snapshot.cursor;
                prop_assert!(cursor.epoch != position.epoch || cursor.sequence >= position.sequence, "the position never goes back");
                prop_assert_eq!(&snapshot.user, &before.user);
                position = cursor.clone();
            }
            Effect::Post(TabMessage::Join(_) | TabMessage::RetryNow) => prop_assert!(after.follows()),
            Effect::Post(_) => prop_assert!(before.leads() || after.leads()),
            Effect::Show(state) => {
                prop_assert_ne!(*state, shown);
                shown = *state;
            }
            _ => {}
        }
    }
    prop_assert_eq!(&after.position, &position, "the state knows the page's position");
    prop_assert_eq!(last, after.generation);
    prop_assert_eq!(shown, after.connection_state(now), "what is shown is true");

    let held_sources: Vec<u32> = [&after.source, &after.beside].into_iter().flatten().map(|source| source.generation).collect();
    prop_assert_eq!(&open, &held_sources, "at most one source counts, and one beside it");
    prop_assert!(after.source.is_some() || after.beside.is_none());
    prop_assert!(open.is_empty() || matches!(after.election, Election::Leader { .. } | Election::Alone), "a follower has no source");
    if after.timer.is_some() {
        let counts = matches!(after.phase, Phase::Waiting { .. } | Phase::Refused | Phase::Live { shows_missed: true, .. });
        prop_assert!(counts, "no timer without a use: {:?}", after.phase);
    }
    let needs = matches!(after.phase, Phase::Waiting { .. } | Phase::Refused | Phase::Live { shows_missed: true, .. });
    prop_assert_eq!(needs, after.timer.is_some(), "whoever waits for a timer has one");

    let closed = [ConnectionState::Disconnected, ConnectionState::SignedOut, ConnectionState::Offline];
    if closed.contains(&shown) || after.phase == Phase::Suspended {
        prop_assert!(open.is_empty() && matches!(after.election, Election::Out | Election::Alone), "what is closed holds nothing");
    }
    match before.phase {
        Phase::SignedOut => prop_assert!(effects.is_empty() && after == before, "signed out is for good"),
        Phase::Disconnected if !matches!(input, Input::Retry) => {
            prop_assert!(effects.is_empty() && after == before, "only the user opens what the user closed");
        }
        _ => {}
    }
    if generation(&mut input.clone()).is_some_and(|generation| !held(before).contains(generation)) {
        let same = State { shown: before.shown, ..after.clone() };
        prop_assert_eq!(&same, before, "what answers late changes nothing");
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn whatever_happens_the_machine_keeps_its_promises(inputs in proptest::collection::vec((input(), of(), moment()), 1..60)) {
        let mut state = tab::state("ada", EventId { epoch: "e".into(), sequence: 0 });
        let mut now = 1_000_000;
        let started = (Input::Started, Of::Current, (0, 0.5, true));
        for (mut input, of, (passed, chance, online)) in std::iter::once(started).chain(inputs) {
            now += passed;
            bear(&mut input, of, &state);
            let (after, effects) = machine::step(state.clone(), Moment { now, chance, online }, input.clone());
            check(&state, &after, &input, &effects, now)?;
            state = after;
        }
    }
}
