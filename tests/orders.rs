//! Orders in their tables: items, steps, counters, and the lists that filters give; on each database.

mod common;

use common::{agrees_with_itself, customer, fill, items, on_each_database, open, outside, staff};
use futures::future::join_all;
use orderwire::{
    model::{
        filter::{Filter, Position, Sort},
        order::{Item, Order, Status, THE_SHOP},
        seen_order::SeenOrder,
        snapshot::{ORDERS_PER_PAGE, TALLY_MAX, Tallies},
        stats::POINTS,
        user::User,
    },
    server::{
        clock::{epoch_ms, now},
        sse::{Audience, CommitNotifier, EventLog, LogEvent, Subscriber},
        store::{DEMO_TRAFFIC, Push, Store, StoreError, subscriber},
    },
};
use sqlx::{Executor, Row};
use std::time::Duration;

on_each_database![
    each_step_says_who_made_it_and_when,
    an_order_is_shown_with_what_was_told_of_it_to_whom_it_concerns,
    what_is_refused_leaves_no_step_and_counts_nothing,
    items_keep_their_order_and_their_prices,
    counters_count_what_a_recount_finds,
    old_hours_and_points_are_trimmed_and_no_others,
    a_chart_shows_the_events_of_each_point,
    a_filter_gives_all_that_matches_it_and_nothing_else,
    a_tally_stops_at_its_limit,
    pages_in_both_directions_have_each_order_once_however_they_are_sorted,
    the_address_of_a_page_stays_true_when_new_orders_come,
    days_are_those_that_orders_were_placed_on,
    what_no_index_serves_is_refused,
    a_subscriber_reads_what_is_addressed_to_it_and_no_more,
    the_oldest_order_of_an_open_status_is_the_demos_next,
];

async fn each_step_says_who_made_it_and_when(url: &str) {
    let store = open(url).await;
    let order = store.place_order("ada", items(&[0])).await.unwrap();
    let packed = store.advance_order("ops", &order.order_id, None).await.unwrap();
    let seen = SeenOrder { order_id: order.order_id.clone(), version: None };
    let shipped = store.advance_orders(DEMO_TRAFFIC, &[seen]).await.unwrap().orders.remove(0);
    let cancelled = store.place_order("ada", items(&[0])).await.unwrap();
    let cancelled = store.cancel_order(&customer("ada"), &cancelled.order_id, None).await.unwrap();
    let steps = async |order: &Order| {
        let details = store.order_details(&staff(), order.number).await.unwrap();
        assert_eq!(&details.order, order);
        details.steps.into_iter().map(|step| (step.version, step.status, step.by.unwrap(), step.at)).collect::<Vec<_>>()
    };
    let want = [
        (1, Status::Placed, "ada".into(), order.placed_at),
        (2, Status::Packed, "ops".into(), packed.updated_at),
        (3, Status::Shipped, DEMO_TRAFFIC.into(), shipped.updated_at.clone()),
    ];
    assert_eq!(steps(&shipped).await, want);
    let want = [
        (1, Status::Placed, "ada".into(), cancelled.placed_at.clone()),
        (2, Status::Cancelled, "ada".into(), cancelled.updated_at.clone()),
    ];
    assert_eq!(steps(&cancelled).await, want);

    // The staff's names are what they sign in with: a customer is not told them.
    let told = store.order_details(&customer("ada"), order.number).await.unwrap().steps;
    let told: Vec<_> = told.into_iter().map(|step| step.by.unwrap()).collect();
    assert_eq!(told, ["ada", THE_SHOP, THE_SHOP]);
}

/// A customer's page of an order shows what that customer was told; the staff's, whatever anybody was. Another's order does not exist.
async fn an_order_is_shown_with_what_was_told_of_it_to_whom_it_concerns(url: &str) {
    let store = open(url).await;
    store.add_user("grace", orderwire::model::user::Role::Customer, "a long secret").await.unwrap();
    let order = store.place_order("ada", items(&[0])).await.unwrap();
    store.place_order("grace", items(&[0])).await.unwrap();
    store.advance_order("ops", &order.order_id, None).await.unwrap();
    store.notify_user("ada", "of no order", "m", None).await.unwrap();
    let data = serde_json::json!({ "title": "for grace", "message": "m", "orderId": order.order_id }).to_string();
    store.push(&[Push::new("grace", "notification", &data, None).unwrap()]).await.unwrap().remove(0).unwrap();
    let titles = async |user: &User| {
        let details = store.order_details(user, order.number).await.unwrap();
        details.notifications.into_iter().map(|told| (told.title, told.read)).collect::<Vec<_>>()
    };
    assert_eq!(titles(&customer("ada")).await, [("Order packed".into(), false)]);
    store.mark_read("ada", orderwire::server::store::Which::All).await.unwrap();
    assert_eq!(titles(&customer("ada")).await, [("Order packed".into(), true)]);
    assert_eq!(titles(&staff()).await, [("for grace".into(), true), ("Order packed".into(), true)]);
    for (user, found) in [(customer("ada"), Some(order.number)), (staff(), Some(order.number)), (customer("grace"), None)] {
        assert_eq!(store.order_number(&user, &order.order_id).await.ok(), found, "{user:?}");
    }
    for nothing in ["none", "", "a\0", &"x".repeat(10_000)] {
        let refused = store.order_number(&staff(), nothing).await;
        assert!(matches!(refused, Err(StoreError::NotFound { .. })), "{refused:?}");
    }
    for (user, number) in [(customer("grace"), order.number), (customer("ada"), 1), (staff(), -1)] {
        let refused = store.order_details(&user, number).await;
        assert!(matches!(refused, Err(StoreError::NotFound { .. })), "{refused:?}");
    }
}

async fn what_is_refused_leaves_no_step_and_counts_nothing(url: &str) {
    let store = open(url).await;
    let order = store.place_order("ada", items(&[0])).await.unwrap();
    store.cancel_order(&customer("ada"), &order.order_id, None).await.unwrap();
    let before = (store.figures().await.unwrap().orders, store.sales("2000").await.unwrap());
    store.advance_order("ops", &order.order_id, None).await.unwrap_err();
    store.cancel_order(&staff(), &order.order_id, Some(1)).await.unwrap_err();
    store.advance_order("ops", "none", None).await.unwrap_err();
    assert_eq!((store.figures().await.unwrap().orders, store.sales("2000").await.unwrap()), before);
    assert_eq!(store.order_details(&staff(), order.number).await.unwrap().steps.len(), 2);
}

async fn items_keep_their_order_and_their_prices(url: &str) {
    let store = open(url).await;
    let other = |item: Item, quantity| Item { quantity, price_cents: item.price_cents + 7, ..item };
    let baskets = [items(&[5, 0, 3]), vec![other(items(&[2]).remove(0), 99)], items(&[4, 1])];
    for basket in &baskets {
        store.place_order("ada", basket.clone()).await.unwrap();
    }
    let page = store.snapshot(customer("ada"), Filter::default(), Duration::ZERO).await.unwrap();
    for (order, basket) in page.orders.iter().rev().zip(&baskets) {
        assert_eq!(&order.items, basket);
        assert_eq!(order.total_cents, basket.iter().map(|item| i64::from(item.quantity) * item.price_cents).sum::<i64>());
        assert_eq!(&store.order_details(&customer("ada"), order.number).await.unwrap().order, order);
        // What a change answers and tells has them, too.
        assert_eq!(&store.advance_order("ops", &order.order_id, None).await.unwrap().items, basket);
    }
}

/// Whatever is changed at once, by however many.
async fn counters_count_what_a_recount_finds(url: &str) {
    let store = open(url).await;
    let instances = match store.is_shared() {
        true => join_all((0..4).map(|_| Store::open(url, CommitNotifier::default()))).await.into_iter().map(Result::unwrap).collect(),
        false => vec![store.clone(); 4],
    };
    let changes = join_all((0..8).map(|changer| {
        let store = instances[changer % instances.len()].clone();
        tokio::spawn(async move {
            let mut random = fastrand::Rng::with_seed(changer as u64);
            for _ in 0..12 {
                let orders = store.snapshot(staff(), Filter::default(), Duration::ZERO).await.unwrap().orders;
                let order = random.choice(&orders).map_or(String::new(), |order| order.order_id.clone());
                match random.u8(0..4) {
                    0 => _ = store.place_order("ada", items(&[random.usize(0..6)])).await.unwrap(),
                    1 => _ = store.cancel_order(&staff(), &order, None).await,
                    2 => _ = store.advance_order("ops", &order, None).await,
                    _ => {
                        let seen = |order: &Order| SeenOrder { order_id: order.order_id.clone(), version: Some(order.version) };
                        store.advance_orders("ops", &orders.iter().take(3).map(seen).collect::<Vec<_>>()).await.unwrap();
                    }
                }
            }
        })
    }));
    changes.await.into_iter().for_each(Result::unwrap);

    agrees_with_itself(&store, url).await;
}

async fn old_hours_and_points_are_trimmed_and_no_others(url: &str) {
    let store = open(url).await;
    store.place_order("ada", items(&[0])).await.unwrap();
    let mut database = outside(url).await;
    for old in [
        "INSERT INTO counters (counter, bucket, value) VALUES ('orders_by_hour', '2020-01-01T00', 5), ('revenue_by_hour', '2020-01-01T00', 5)",
        "INSERT INTO event_points (point, head) VALUES (1, 0)",
    ] {
        database.execute(old).await.unwrap();
    }
    assert_eq!(store.sales("2000").await.unwrap().len(), 2);
    store.trim(Duration::from_secs(3_600)).await.unwrap();
    assert_eq!(store.sales("2000").await.unwrap().len(), 1);
    assert_eq!(store.figures().await.unwrap().orders[0], 1);
    let points = sqlx::query("SELECT point FROM event_points ORDER BY point").fetch_all(&mut database).await.unwrap();
    assert!(!points.is_empty() && points[0].get::<i64, _>(0) > 1);
}

async fn a_chart_shows_the_events_of_each_point(url: &str) {
    let store = open(url).await;
    for _ in 0..6 {
        store.notify_user("ada", "t", "m", None).await.unwrap();
    }
    let point = epoch_ms() / 10_000;
    // Two events three points ago, none in the next, whose head is of a time before the clock was set back, then three, and one since.
    let heads = [(point - 3, 0), (point - 2, 4), (point - 1, 2), (point, 5)];
    let rows: Vec<_> = heads.iter().map(|(point, head)| format!("({point}, {head})")).collect();
    let mut database = outside(url).await;
    database.execute("DELETE FROM event_points").await.unwrap();
    database.execute(format!("INSERT INTO event_points (point, head) VALUES {}", rows.join(", ")).as_str()).await.unwrap();
    let each = store.figures().await.unwrap().events_each;
    assert_eq!((each.len(), each.iter().sum::<u32>()), (POINTS, 6));
    let first = each.iter().position(|count| *count > 0).unwrap();
    assert_eq!(each[first..first + 4], [2, 0, 3, 1]);
}

/// Invariant 7: what the page adds while it is live (`Filter::matches`) is what the store finds. Names that begin alike, also with signs that
/// some collations pass over; more of them than are looked at one by one.
async fn a_filter_gives_all_that_matches_it_and_nothing_else(url: &str) {
    let store = open(url).await;
    let mut random = fastrand::Rng::with_seed(7);
    let many = (0..25).map(|place| format!("c{place}"));
    let names: Vec<_> = ["ada", "ad", "ad-a", "ad.b", "ad_c", "adz", "grace"].map(String::from).into_iter().chain(many).collect();
    for name in names.iter().chain(&names).chain(&names) {
        let mut products: Vec<_> = (0..6).collect();
        random.shuffle(&mut products);
        let order = store.place_order(name, items(&products[..random.usize(1..3)])).await.unwrap();
        for _ in 0..random.usize(0..4) {
            store.advance_order("ops", &order.order_id, None).await.unwrap();
        }
        if random.u8(0..5) == 0 {
            _ = store.cancel_order(&staff(), &order.order_id, None).await;
        }
    }
    let all = store.snapshot(staff(), Filter::default(), Duration::ZERO).await.unwrap().orders;
    assert!(all.len() == names.len() * 3 && all.len() < ORDERS_PER_PAGE);
    let searches = [
        "",
        "ad",
        "ada",
        "AD-",
        "ad.",
        "a",
        "adzz",
        "c",
        "c1",
        "c24",
        "grace",
        "race",
        "1",
        "10",
        "101",
        "1010",
        "1050",
        "2",
        "0",
        "01",
        "mug",
        "E",
        "500 g",
        "100",
        "filters, 100",
        "'",
        "%",
        "\0",
        "é",
    ];
    for user in [staff(), customer("ada"), customer("c1"), customer("nobody")] {
        let of_user: Vec<_> = all.iter().filter(|order| user.is_staff() || order.customer == user.username).collect();
        for search in searches {
            let with = |status, before: Option<i64>| Filter {
                status,
                before: before.map(Position::from),
                search: search.into(),
                ..Filter::default()
            };
            let tallies = store.snapshot(user.clone(), with(None, None), Duration::ZERO).await.unwrap().tallies;
            assert_eq!(tallies.is_some(), user.is_staff() && !search.is_empty(), "{user:?} {search:?}");
            for status in [None, Some(Status::Placed), Some(Status::Delivered), Some(Status::Cancelled)] {
                for before in [None, Some(1_040), Some(0)] {
                    let page = store.snapshot(user.clone(), with(status, before), Duration::ZERO).await.unwrap();
                    assert_eq!(page.filter.by_full_name, user.is_staff() && search == "c", "{search}");
                    let matches = |order: &&&Order| page.filter.matches(order) && before.is_none_or(|before| order.number < before);
                    let want: Vec<_> = of_user.iter().filter(matches).map(|order| (*order).clone()).collect();
                    assert_eq!(page.orders, want, "{user:?} {search:?} {status:?} {before:?}");
                    if let (Some(status), None, Some(tallies)) = (status, before, tallies) {
                        let place = Status::ALL.iter().position(|known| *known == status).unwrap();
                        assert_eq!(tallies.0[place], want.len() as i64, "{user:?} {search:?} {status:?}");
                    }
                }
            }
        }
    }
}

async fn a_tally_stops_at_its_limit(url: &str) {
    let store = open(url).await;
    let numbers = "WITH RECURSIVE numbers (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM numbers WHERE i < 1200)";
    let time = now();
    for rows in [
        format!(
            "{numbers} INSERT INTO orders (order_id, number, customer, status, total_cents, placed_at, updated_at, version) \
             SELECT 'o' || i, i, 'ada', CASE WHEN i <= 1100 THEN 'placed' ELSE 'packed' END, 1, '{time}', '{time}', 1 FROM numbers"
        ),
        format!(
            "{numbers} INSERT INTO order_items (number, position, sku, name, quantity, price_cents, customer, status) \
             SELECT i, 0, 'mug', 'Stoneware mug', 1, 1, 'ada', CASE WHEN i <= 1100 THEN 'placed' ELSE 'packed' END FROM numbers"
        ),
        "UPDATE log SET last_order_number = 1200".into(),
    ] {
        outside(url).await.execute(rows.as_str()).await.unwrap();
    }
    for search in ["ada", "mug"] {
        let filter = Filter { search: search.into(), ..Filter::default() };
        let tallies = store.snapshot(staff(), filter, Duration::ZERO).await.unwrap().tallies;
        assert_eq!(tallies, Some(Tallies([TALLY_MAX as i64 + 1, 100, 0, 0, 0])), "{search}");
    }
    let page = store.snapshot(staff(), Filter::default(), Duration::ZERO).await.unwrap();
    assert_eq!((page.orders.len(), page.older, page.orders[0].number), (ORDERS_PER_PAGE, true, 1_200));
}

/// Orders of many totals and times, some of them equal; seven orders were placed on each day from 2026-01-01 on.
async fn filled(url: &str, orders: i64) -> Store {
    let store = open(url).await;
    fill(url, orders).await;
    let changes = [
        "UPDATE orders SET total_cents = (number * 7919) % 13 * 950, updated_at = '2026-03-' || (10 + (number * 31) % 17) || 'T10:00:00.000Z'",
        "UPDATE orders SET placed_at = '2026-01-' || substr('0' || (1 + number / 7), -2) || 'T10:00:00.000Z' WHERE number < 210",
        "UPDATE order_items SET name = CASE sku WHEN 'mug' THEN 'Stoneware mug' ELSE 'Green tea, 100 g' END",
    ];
    for change in changes {
        // PostgreSQL counts no letters from the end.
        let change = if store.is_shared() {
            change.replace("substr('0' || (1 + number / 7), -2)", "right('0' || (1 + number / 7), 2)")
        } else {
            change.into()
        };
        outside(url).await.execute(change.as_str()).await.unwrap();
    }
    store
}

async fn pages_in_both_directions_have_each_order_once_however_they_are_sorted(url: &str) {
    let store = filled(url, 450).await;
    let page = async |filter: &Filter| store.snapshot(staff(), filter.clone(), Duration::ZERO).await.unwrap();
    for sort in Sort::ALL {
        for status in [None, Some(Status::Delivered), Some(Status::Packed)] {
            let first = Filter { sort, status, ..Filter::default() };
            let (mut pages, mut all) = (vec![page(&first).await], Vec::new());
            while let Some(last) = pages.last().filter(|page| page.older) {
                let before = last.orders.last().map(|order| Position::of(order, sort));
                pages.push(page(&Filter { before, ..first.clone() }).await);
            }
            for page in &pages {
                assert_eq!(page.places, all.len() as i64, "{sort:?} {status:?}");
                all.extend(page.orders.clone());
            }
            let count = "SELECT COUNT(*) FROM orders WHERE status = $1 OR $1 = ''";
            let count: i64 = sqlx::query_scalar(count)
                .bind(status.map(Status::as_str).unwrap_or_default())
                .fetch_one(&mut outside(url).await)
                .await
                .unwrap();
            assert_eq!(all.len() as i64, count, "{sort:?} {status:?}");
            assert!(all.windows(2).all(|pair| sort.is_before(&pair[0], &pair[1])), "{sort:?} {status:?}");
            // And back.
            while let Some(last) = pages.pop() {
                let after = last.orders.first().map(|order| Position::of(order, sort));
                let before_it = page(&Filter { after: after.clone(), ..first.clone() }).await;
                let Some(want) = pages.last() else {
                    assert_eq!(
                        (before_it.orders, before_it.filter),
                        (last.orders, first.clone()),
                        "{sort:?} {status:?}: nothing is before the first page"
                    );
                    break;
                };
                assert_eq!((&before_it.orders, before_it.places), (&want.orders, want.places), "{sort:?} {status:?}");
                let is_first = pages.len() == 1;
                assert_eq!((before_it.older, before_it.filter.after), (true, after.filter(|_| !is_first)), "{sort:?} {status:?}");
            }
        }
    }
}

async fn the_address_of_a_page_stays_true_when_new_orders_come(url: &str) {
    let store = filled(url, 350).await;
    let page = async |filter: &Filter| store.snapshot(staff(), filter.clone(), Duration::ZERO).await.unwrap();
    let older = Filter { before: Some(150.into()), ..Filter::default() };
    let newer = Filter { after: Some(149.into()), ..Filter::default() };
    let before = [page(&older).await, page(&newer).await];
    store.place_order("ada", items(&[0])).await.unwrap();
    for (filter, before) in [older, newer].iter().zip(before) {
        let now = page(filter).await;
        assert_eq!((now.orders, now.older, now.places), (before.orders, before.older, before.places + 1), "{filter:?}");
    }
    // Where an order is updated, the others stand where they stood.
    let sorted = Filter { sort: Sort::UpdatedLast, ..Filter::default() };
    let first = page(&sorted).await;
    let edge = first.orders.last().unwrap();
    let second = Filter { before: Some(Position::of(edge, sorted.sort)), ..sorted.clone() };
    let before = page(&second).await;
    let moved = format!("UPDATE orders SET updated_at = '2026-12-01T00:00:00.000Z' WHERE number = {}", edge.number);
    outside(url).await.execute(moved.as_str()).await.unwrap();
    let now = page(&second).await;
    assert_eq!(now.orders, before.orders);
}

async fn days_are_those_that_orders_were_placed_on(url: &str) {
    let store = filled(url, 209).await;
    let all = async |filter: &Filter| {
        let mut orders = Vec::new();
        let mut next = Some(filter.clone());
        while let Some(filter) = next {
            let (page, more) = store.order_page(&staff(), filter.clone()).await.unwrap();
            next = page.last().filter(|_| more).map(|last| Filter { before: Some(Position::of(last, Sort::Newest)), ..filter });
            orders.extend(page);
        }
        orders
    };
    let shop = all(&Filter::default()).await;
    assert_eq!(shop.len(), 209);
    let days = ["", "2025-12-31", "2026-01-01", "2026-01-02", "2026-01-15", "2026-01-29", "2026-01-30", "2026-01-31"];
    for from in days {
        for to in days {
            for (status, search, sort) in
                [(None, "", Sort::Newest), (Some(Status::Delivered), "c1", Sort::Newest), (None, "mug", Sort::Oldest)]
            {
                let filter = Filter { status, search: search.into(), from: from.into(), to: to.into(), sort, ..Filter::default() };
                let page = store.snapshot(staff(), filter.clone(), Duration::ZERO).await.unwrap();
                let mut want: Vec<_> = shop.iter().filter(|order| page.filter.matches(order)).cloned().collect();
                if sort == Sort::Oldest {
                    want.reverse();
                }
                assert_eq!(page.orders, want[..want.len().min(ORDERS_PER_PAGE)], "{filter:?}");
                let counted = page.tallies.map(|tallies| tallies.0.iter().sum::<i64>());
                let finds = shop.iter().filter(|order| page.filter.finds(order)).count() as i64;
                assert_eq!(counted, filter.is_narrowed().then_some(finds), "{filter:?}");
            }
        }
    }
}

async fn what_no_index_serves_is_refused(url: &str) {
    let store = open(url).await;
    let position = Position::parse;
    let first = Filter::default;
    let refused = [
        ("sort", Filter { sort: Sort::Highest, search: "mug".into(), ..first() }),
        ("sort", Filter { sort: Sort::UpdatedFirst, from: "2026-01-01".into(), ..first() }),
        ("from", Filter { from: "yesterday".into(), ..first() }),
        ("to", Filter { to: "2026-02-32".into(), ..first() }),
        ("q", Filter { search: "x".repeat(101), ..first() }),
        ("after", Filter { before: position("7"), after: position("7"), ..first() }),
        ("before", Filter { before: position("100~7"), ..first() }),
        ("before", Filter { before: position("7"), sort: Sort::Highest, ..first() }),
        ("before", Filter { before: position("-1~7"), sort: Sort::Highest, ..first() }),
        ("after", Filter { after: position("x~7"), sort: Sort::Lowest, ..first() }),
    ];
    for (field, filter) in refused {
        let refusal = store.snapshot(staff(), filter.clone(), Duration::ZERO).await.unwrap_err();
        assert!(matches!(&refusal, StoreError::Invalid { field: Some(named), .. } if *named == field), "{filter:?}: {refusal:?}");
        assert_eq!(store.order_page(&staff(), filter).await.unwrap_err(), refusal);
    }
    let sorted = Filter { sort: Sort::Highest, ..first() };
    assert!(
        matches!(store.snapshot(customer("ada"), sorted, Duration::ZERO).await, Err(StoreError::Invalid { .. })),
        "a customer has no such index"
    );
}

/// Invariant 6, in the log: page by page, what a subscriber is given is what is addressed to it.
async fn a_subscriber_reads_what_is_addressed_to_it_and_no_more(url: &str) {
    let store = open(url).await;
    for (name, user) in [("grace", customer("grace")), ("ops", staff())] {
        store.add_user(name, user.role, "a long secret").await.unwrap();
    }
    let mut random = fastrand::Rng::with_seed(3);
    for _ in 0..100 {
        let pushes: Vec<_> = (0..random.usize(0..6))
            .map(|_| Push::new(["ada", "grace", "ops"][random.usize(0..3)], "weather", "{}", None).unwrap())
            .collect();
        store.push(&pushes).await.unwrap();
        match random.u8(0..4) {
            0 => _ = store.broadcast("t", "m", None).await.unwrap(),
            // An order of the staff's own is told once.
            1 => _ = store.place_order("ops", items(&[0])).await.unwrap(),
            _ => _ = store.place_order(["ada", "grace"][random.usize(0..2)], items(&[0])).await.unwrap(),
        }
    }
    let all = read(&store, None).await;
    assert!(all.len() > 256, "more than a page: {}", all.len());
    for user in [customer("ada"), customer("grace"), staff(), customer("nobody")] {
        let is_theirs = |audience: &Audience| match audience {
            Audience::Everyone => true,
            Audience::User(name) => *name == user.username,
            Audience::UserAndGroup { user: name, .. } => *name == user.username || user.is_staff(),
            _ => false,
        };
        let sequences = |events: Vec<&LogEvent>| events.iter().map(|event| event.sequence).collect::<Vec<_>>();
        let want = sequences(all.iter().filter(|event| is_theirs(&event.audience)).collect());
        assert_eq!(sequences(read(&store, Some(&subscriber(&user))).await.iter().collect()), want, "{user:?}");
    }
}

/// All of the log that is the subscriber's, page by page.
async fn read(store: &Store, subscriber: Option<&Subscriber>) -> Vec<LogEvent> {
    let (mut events, mut cursor) = (Vec::new(), 0);
    loop {
        let page = store.after(cursor, subscriber).await.unwrap();
        events.extend(page.events);
        if page.through == cursor {
            return events;
        }
        cursor = page.through;
    }
}

async fn the_oldest_order_of_an_open_status_is_the_demos_next(url: &str) {
    let store = open(url).await;
    assert_eq!(store.some_open_order().await.unwrap(), None);
    let mut orders = Vec::new();
    for steps in [3, 2, 2, 1, 1, 0, 0] {
        let order = store.place_order("ada", items(&[0])).await.unwrap();
        for _ in 0..steps {
            store.advance_order("ops", &order.order_id, None).await.unwrap();
        }
        orders.push(order.order_id);
    }
    let mut chosen = std::collections::BTreeSet::new();
    // Three of them, each by chance; that one is missing after so many is as good as never.
    for _ in 0..200 {
        chosen.insert(store.some_open_order().await.unwrap().unwrap());
    }
    assert_eq!(chosen, [1, 3, 5].map(|place: usize| orders[place].clone()).into());
}
