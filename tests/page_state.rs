//! Invariant 7, natively: the events of the log, applied to an old snapshot as a page applies them, give the snapshot of now.
//!
//! The seed is printed; `SEED=… cargo test --features ssr --test page_state` repeats its random choices.

mod common;

use common::{checker, on_each_database};
use leptos::prelude::{GetUntracked, Owner, Set};
use orderwire::{
    browser::page_state::PageState,
    model::{
        cart::Cart,
        event::{Event, EventId},
        filter::{Filter, Sort},
        order::Status,
        snapshot::{ORDERS_PER_PAGE, Snapshot},
        user::{Role, User},
    },
    server::{
        clock::now,
        sse::{CommitNotifier, EventLog, Page},
        store::{Store, Which, subscriber},
    },
};
use std::{collections::BTreeSet, time::Duration};
use tempfile::TempDir;

/// Changes in one run: enough that orders and notifications are pushed off the page.
const CHANGES: usize = 600;

/// Changes after which each page is compared with a fresh snapshot.
const COMPARE_EVERY: usize = 25;

/// Changes while snapshots are taken.
const CHANGES_MEANWHILE: usize = 150;

#[tokio::test]
async fn invariant_7_what_a_page_shows_live_is_what_it_shows_after_a_reload() {
    let mut random = fastrand::Rng::with_seed(checker::seed());
    let (_folder, store, users) = shop().await;
    let owner = Owner::new();
    owner.set();
    let mut pages = Vec::new();
    for user in &users {
        pages.push((user, PageState::new(snapshot(&store, user).await)));
    }
    for number in 1..=CHANGES {
        change(&store, &users, &mut random).await;
        if number % COMPARE_EVERY == 0 {
            for (user, page) in &pages {
                catch_up(&store, user, *page).await;
                assert_eq!(page.snapshot(), snapshot(&store, user).await, "{} after {number} changes", user.username);
            }
        }
    }
    let (_, page) = &pages[2];
    assert_eq!(page.snapshot().orders.len(), ORDERS_PER_PAGE, "too few orders to prove anything");
}

/// The same for pages of which the server is asked again, as a page does by itself: a search, a status, later pages. Where orders are sorted by
/// what changes, once the user has asked for what waits.
#[tokio::test]
async fn invariant_7_a_filtered_page_is_what_a_reload_shows_once_nothing_is_due() {
    let mut random = fastrand::Rng::with_seed(checker::seed());
    let (_folder, store, users) = shop().await;
    for _ in 0..CHANGES {
        change(&store, &users, &mut random).await;
    }
    let (owner, today) = (Owner::new(), now()[..10].to_owned());
    owner.set();
    let newest = snapshot(&store, &users[2]).await.orders[0].number;
    let filter = Filter::default;
    let filters = [
        Filter { status: Some(Status::Placed), ..filter() },
        Filter { search: "ada".into(), ..filter() },
        Filter { search: "mug".into(), status: Some(Status::Packed), from: today, ..filter() },
        Filter { to: "2026-01-01".into(), ..filter() },
        Filter { before: Some((newest - 20).into()), ..filter() },
        Filter { before: Some((newest - 20).into()), status: Some(Status::Shipped), ..filter() },
        Filter { after: Some((newest - 150).into()), ..filter() },
        Filter { sort: Sort::Oldest, ..filter() },
        Filter { sort: Sort::Highest, status: Some(Status::Placed), ..filter() },
        Filter { sort: Sort::UpdatedLast, ..filter() },
        Filter { sort: Sort::UpdatedFirst, ..filter() },
    ];
    let ops = &users[2];
    let of = async |filter: &Filter| store.snapshot(ops.clone(), filter.clone(), Duration::from_secs(30)).await.unwrap();
    let mut pages = Vec::new();
    for filter in filters {
        pages.push((PageState::new(of(&filter).await), filter));
    }
    for number in 1..=CHANGES_MEANWHILE {
        change(&store, &users, &mut random).await;
        if number % COMPARE_EVERY == 0 {
            for (page, filter) in &pages {
                catch_up(&store, ops, *page).await;
                while page.begin_refresh() {
                    page.end_refresh(Some(of(filter).await));
                }
                page.orders.show_waiting();
                let (live, mut reloaded) = (page.snapshot(), of(filter).await);
                if filter.sort != Sort::Newest {
                    // Nobody asks the server for the rows that come from the next page.
                    assert!(reloaded.orders.len() == live.orders.len() || live.older, "{filter:?}");
                    reloaded.orders.truncate(live.orders.len());
                    reloaded.older = live.older;
                }
                assert_eq!(live, reloaded, "{filter:?} after {number} changes");
            }
        }
    }
}

on_each_database![invariant_7_a_snapshot_that_is_taken_while_others_write_is_what_its_cursor_says,];

/// A store in a folder of its own, with two customers and one of the staff.
async fn shop() -> (TempDir, Store, [User; 3]) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/orderwire.db", folder.path().display());
    let store = Store::open(&url, CommitNotifier::default()).await.unwrap();
    let users = [("ada", Role::Customer), ("grace", Role::Customer), ("ops", Role::Staff)];
    let users = users.map(|(name, role)| User { username: name.into(), role });
    for user in &users {
        store.add_user(&user.username, user.role, "password").await.unwrap();
    }
    (folder, store, users)
}

/// The place where page and stream meet, while others write: a snapshot holds what the events up to its cursor say, no more and no less.
async fn invariant_7_a_snapshot_that_is_taken_while_others_write_is_what_its_cursor_says(url: &str) {
    let mut random = fastrand::Rng::with_seed(checker::seed());
    let store = Store::open(url, CommitNotifier::default()).await.unwrap();
    let users = [("ada", Role::Customer), ("grace", Role::Customer), ("ops", Role::Staff)];
    let users = users.map(|(name, role)| User { username: name.into(), role });
    for user in &users {
        store.add_user(&user.username, user.role, "password").await.unwrap();
    }
    let mut first = Vec::new();
    for user in &users {
        first.push(snapshot(&store, user).await);
    }
    let (writing, of_whom) = (store.clone(), users.clone());
    let writer = tokio::spawn(async move {
        for _ in 0..CHANGES_MEANWHILE {
            change(&writing, &of_whom, &mut random).await;
        }
    });
    let mut taken: Vec<Vec<Snapshot>> = vec![Vec::new(); users.len()];
    while !writer.is_finished() {
        for (user, taken) in users.iter().zip(&mut taken) {
            taken.push(snapshot(&store, user).await);
        }
    }
    writer.await.unwrap();
    let owner = Owner::new();
    owner.set();
    for ((user, first), taken) in users.iter().zip(first).zip(taken) {
        let positions: BTreeSet<_> = taken.iter().map(|snapshot| snapshot.cursor.sequence).collect();
        assert!(positions.len() > 10, "too few snapshots between the changes to prove anything: {positions:?}");
        let page = PageState::new(first);
        for snapshot in taken {
            apply_up_to(&store, user, page, snapshot.cursor.sequence).await;
            page.cursor.set(snapshot.cursor.clone());
            assert_eq!(page.snapshot(), snapshot, "{}", user.username);
        }
    }
}

/// Applies the events past the page's cursor, up to that position.
async fn apply_up_to(store: &Store, user: &User, page: PageState, position: i64) {
    let subscriber = subscriber(user);
    loop {
        let EventId { epoch, sequence } = page.cursor.get_untracked();
        let Page { events, through, .. } = store.after(sequence, Some(&subscriber)).await.unwrap();
        for event in events.iter().take_while(|event| event.sequence <= position) {
            let id = EventId { epoch: epoch.clone(), sequence: event.sequence };
            page.apply(id, &Event::decode(&event.kind, &event.data).unwrap().unwrap());
        }
        if through >= position || events.is_empty() {
            return;
        }
    }
}

async fn snapshot(store: &Store, user: &User) -> Snapshot {
    store.snapshot(user.clone(), Filter::default(), Duration::from_secs(30)).await.unwrap()
}

/// One change by chance. A refusal, such as of an order that is delivered, is as good.
async fn change(store: &Store, [ada, grace, ops]: &[User; 3], random: &mut fastrand::Rng) {
    let customer = if random.bool() { ada } else { grace };
    let shown = snapshot(store, ops).await.orders;
    let order = random.choice(&shown).map_or(String::new(), |order| order.order_id.clone());
    match random.u8(0..10) {
        0..4 => {
            let cart: Cart = serde_json::from_value(serde_json::json!({ "mug": random.u8(1..5), "tea": random.u8(0..2) })).unwrap();
            store.place_order(&customer.username, cart.items().unwrap()).await.unwrap();
        }
        4..7 => _ = store.advance_order(&ops.username, &order, None).await,
        7 => _ = store.cancel_order(ops, &order, None).await,
        8 if random.bool() => _ = store.broadcast("to all", "m", None).await.unwrap(),
        8 => _ = store.notify_user(&customer.username, "to one", "m", None).await.unwrap(),
        _ => {
            let notifications = snapshot(store, customer).await.notifications;
            let one = random.choice(&notifications).map(|notification| notification.id.clone());
            let which = one.filter(|_| random.u8(0..4) > 0).map_or(Which::All, Which::One);
            store.mark_read(&customer.username, which).await.unwrap();
        }
    }
}

/// Applies the events past the page's cursor, as its stream would bring them, some of them twice.
async fn catch_up(store: &Store, user: &User, page: PageState) {
    let subscriber = subscriber(user);
    loop {
        let EventId { epoch, sequence } = page.cursor.get_untracked();
        let Page { events, through, .. } = store.after(sequence, Some(&subscriber)).await.unwrap();
        for event in &events {
            let id = EventId { epoch: epoch.clone(), sequence: event.sequence };
            let event = Event::decode(&event.kind, &event.data).unwrap().unwrap();
            assert!(page.apply(id.clone(), &event));
            assert!(!page.apply(id, &event));
        }
        if events.is_empty() {
            // As a ping does.
            page.cursor.set(EventId { epoch, sequence: through });
            return;
        }
    }
}
