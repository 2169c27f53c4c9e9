//! Invariant 7, natively: the events of the log, applied to an old snapshot as a page applies them, give the snapshot of now.
//!
//! The seed is printed; `SEED=… cargo test --features ssr --test page_state` repeats its random choices.

mod common;

use common::checker;
use leptos::prelude::{GetUntracked, Owner, Set};
use orderwire::{
    browser::page_state::PageState,
    model::{
        cart::Cart,
        event::{Event, EventId},
        snapshot::{Filter, ORDERS_PER_PAGE, Snapshot},
        user::{Role, User},
    },
    server::{
        sse::{CommitNotifier, EventLog, Page},
        store::{Store, Which, subscriber},
    },
};
use std::time::Duration;

/// Changes in one run: enough that orders and notifications are pushed off the page.
const CHANGES: usize = 600;

/// Changes after which each page is compared with a fresh snapshot.
const COMPARE_EVERY: usize = 25;

#[tokio::test]
async fn invariant_7_what_a_page_shows_live_is_what_it_shows_after_a_reload() {
    let mut random = fastrand::Rng::with_seed(checker::seed());
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/orderwire.db", folder.path().display());
    let store = Store::open(&url, CommitNotifier::default()).await.unwrap();
    let users = [("ada", Role::Customer), ("grace", Role::Customer), ("ops", Role::Staff)];
    let users = users.map(|(name, role)| User { username: name.into(), role });
    for user in &users {
        store.add_user(&user.username, user.role, "password").await.unwrap();
    }
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
