//! No query walks a table that grows with the shop. Every statement that the store's operations send is caught as it is sent, and the
//! database is asked for its plan: on PostgreSQL the generic one, which it takes whoever asks, from the sixth time on.

mod common;

use common::{Service, fill};
use orderwire::{
    model::{
        event::EventId,
        filter::{Filter, Position, Sort},
        order::{CATALOGUE, Item, Status},
        seen_order::SeenOrder,
        user::{Role, User},
    },
    server::{
        sse::{CommitNotifier, EventLog},
        store::{NotificationsAt, Push, Store, Which, subscriber},
    },
};
use sqlx::{Connection, Executor, PgConnection, Row, SqliteConnection};
use std::{
    collections::BTreeSet,
    fmt::Debug,
    fs,
    sync::{LazyLock, Mutex},
    time::Duration,
};
use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, filter::LevelFilter, layer::Context, prelude::*};

/// Tables that grow with the shop, and the names that queries give them.
const GROWING: [&str; 11] = [
    "orders",
    "order_items",
    "order_steps",
    "counters",
    "events",
    "event_points",
    "notifications",
    "n",
    "notification_reads",
    "r",
    "users",
];

/// What rows that an index has found may still be held against: each is said to be bounded.
const FILTERS: [(&str, &str); 6] = [
    ("clock <", "trimming looks at so many events from the floor on as one step deletes"),
    ("SubPlan", "unread notifications are held against those read one by one, past the position up to which all is read"),
    ("audience = $1", "notifications of one order"),
    ("audience <> $2", "orders are customers', not the staff's own"),
    ("position >", "one notification, found by its id"),
    ("version - 1", "one order, found by its number"),
];

/// Operations that read none of these tables, or one user, or are a command's.
const ELSEWHERE: &[&str] = &[
    "open",
    "open_existing",
    "open_to_serve",
    "close",
    "begin",
    "begin_by",
    "rows",
    "page",
    "execute",
    "end",
    "finish",
    "ready",
    "probe",
    "traffic_runs",
    "run_traffic",
    "take_step",
    "write_past",
    "begin_epoch",
    "of",
    "write",
    "read",
    "write_log",
    "trim_points",
    "tell_streams",
    "probe_writer",
    "change_password",
    "set_password",
    "users",
];

/// So many that PostgreSQL has something to guess from.
const ORDERS: i64 = 20_000;

/// Texts of the statements that were sent since it was emptied. Tests take turns.
static SENT: LazyLock<Mutex<BTreeSet<String>>> = LazyLock::new(Mutex::default);
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

#[tokio::test]
async fn on_sqlite_no_statement_walks_a_table_that_grows() {
    let _turn = TURN.lock().await;
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/log.db", folder.path().display());
    let sent = all_operations(&url).await;
    let mut database = SqliteConnection::connect(&url).await.unwrap();
    let mut wrong = Vec::new();
    for statement in sent {
        let plan = sqlx::query(&format!("EXPLAIN QUERY PLAN {statement}")).fetch_all(&mut database).await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get(3)).collect();
        let walks = |line: &&String| line.strip_prefix("SCAN ").is_some_and(|rest| GROWING.contains(&rest.split(' ').next().unwrap()));
        wrong.extend(plan.iter().find(walks).map(|line| format!("{line}\n  {statement}\n  {}", plan.join("\n  "))));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[tokio::test]
async fn on_postgresql_no_statement_walks_a_table_that_grows() {
    let _turn = TURN.lock().await;
    let service = Service::postgres().await;
    let sent = all_operations(&service.url()).await;
    let mut database = PgConnection::connect(&service.url()).await.unwrap();
    database.execute("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan").await.unwrap();
    let mut wrong = Vec::new();
    for statement in sent.iter().filter(|statement| !statement.starts_with("INSERT") || reads(statement)) {
        let places = (1..).take_while(|place| statement.contains(&format!("${place}"))).count();
        let nulls = if places == 0 { String::new() } else { format!("({})", vec!["NULL"; places].join(", ")) };
        database.execute(format!("PREPARE planned AS {statement}").as_str()).await.unwrap_or_else(|error| panic!("{error}: {statement}"));
        let plan = sqlx::raw_sql(&format!("EXPLAIN EXECUTE planned{nulls}")).fetch_all(&mut database).await.unwrap();
        database.execute("DEALLOCATE planned").await.unwrap();
        let plan: Vec<String> = plan.iter().map(|row| row.get(0)).collect();
        wrong.extend(walk(&plan).map(|why| format!("{why}\n  {statement}\n  {}", plan.join("\n  "))));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

/// Every operation of the store is among those that are tried here, or is said to read elsewhere.
#[test]
fn no_operation_of_the_store_is_forgotten() {
    let here = include_str!("plans.rs");
    let mut forgotten = BTreeSet::new();
    for file in fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/server/store")).unwrap() {
        let path = file.unwrap().path();
        // Who is connected, who is signed in, and what became of a form do not grow with the shop.
        if ["presence.rs", "sessions.rs", "flashes.rs"].iter().any(|other| path.ends_with(other)) {
            continue;
        }
        let text = fs::read_to_string(path).unwrap();
        let operations = text.split("pub async fn ").skip(1).map(|rest| rest.split(['(', '<']).next().unwrap().to_owned());
        forgotten.extend(operations.filter(|name| !here.contains(&format!(".{name}(")) && !ELSEWHERE.contains(&name.as_str())));
    }
    assert!(forgotten.is_empty(), "{forgotten:?}");
}

/// Why a plan of PostgreSQL walks a table, if it does.
fn walk(plan: &[String]) -> Option<String> {
    let lines = plan.iter().enumerate().map(|(place, line)| (place, line.trim_start_matches([' ', '-', '>'])));
    let table = |line: &str| line.split(" on ").nth(1).and_then(|rest| rest.split(' ').next()).map(str::to_owned);
    for (place, line) in lines {
        let Some(table) = table(line).filter(|table| GROWING.contains(&table.as_str())) else { continue };
        let details: Vec<_> = plan[place + 1..].iter().map(|line| line.trim()).take_while(|line| !line.contains("  (cost=")).collect();
        if line.starts_with("Seq Scan") {
            return Some(format!("a walk of {table}"));
        }
        let is_scan = line.starts_with("Index Scan") || line.starts_with("Index Only Scan");
        if is_scan && !details.iter().any(|detail| detail.starts_with("Index Cond:")) {
            return Some(format!("a walk of {table} along an index"));
        }
        let filter = details.iter().find_map(|detail| detail.strip_prefix("Filter:"));
        if let Some(filter) = filter.filter(|filter| !FILTERS.iter().any(|(known, _)| filter.contains(known))) {
            return Some(format!("rows of {table} are thrown away:{filter}"));
        }
    }
    None
}

/// Whether an INSERT reads rows of these tables.
fn reads(statement: &str) -> bool {
    GROWING.iter().any(|table| statement.contains(&format!("FROM {table} ")) || statement.contains(&format!("JOIN {table} ")))
}

/// What the store sends while each of its operations is done, in a shop that is not empty.
async fn all_operations(url: &str) -> BTreeSet<String> {
    let _ = tracing_subscriber::registry().with(Catch.with_filter(LevelFilter::TRACE)).try_init();
    let store = Store::open(url, CommitNotifier::default()).await.unwrap();
    let users = [("ada", Role::Customer), ("ops", Role::Staff)].map(|(name, role)| User { username: name.into(), role });
    fill(url, ORDERS).await;
    SENT.lock().unwrap().clear();

    for user in &users {
        store.add_user(&user.username, user.role, "a long secret").await.unwrap();
        store.add_user(&user.username, user.role, "a long secret").await.unwrap_err();
    }
    store.authenticate("ada", "a long secret").await.unwrap().unwrap();
    store.account("ops").await.unwrap().unwrap();
    store.add_demo_users(true).await.unwrap();
    store.user_with_demo_password().await.unwrap();
    let items = CATALOGUE.iter().map(|it| Item { sku: it.sku.into(), name: it.name.into(), quantity: 1, price_cents: it.price_cents });
    let items: Vec<_> = items.collect();
    let [one, two] = [store.place_order("ada", items.clone()).await.unwrap(), store.place_order("ada", items).await.unwrap()];
    store.advance_order("ops", &one.order_id, None).await.unwrap();
    store.advance_orders("ops", &[SeenOrder { order_id: one.order_id.clone(), version: None }]).await.unwrap();
    store.cancel_order(&users[0], &two.order_id, None).await.unwrap();
    store.some_open_order().await.unwrap();
    let told = store.notify_user("ada", "t", "m", Some("k")).await.unwrap();
    store.broadcast("t", "m", None).await.unwrap();
    let push = |event: &str, data: &str, key: &str| Push::new("ada", event, data, Some(key.into())).unwrap();
    let pushes = [push("notification", r#"{"title":"t","message":"m"}"#, "1"), push("weather", "{}", "2"), push("weather", "{}", "2")];
    store.push(&pushes).await.unwrap();
    let filters =
        ["", "1", "10", "ad", "u", "c1", "mug", "100", "nothing"].map(|search| Filter { search: search.into(), ..Filter::default() });
    for user in &users {
        for filter in &filters {
            for (status, number) in [(None, None), (Some(Status::Packed), Some(2_000))] {
                let position = number.map(Position::from);
                for days in ["", "2026-01-01"] {
                    for (before, after) in [(position.clone(), None), (None, position.clone())] {
                        let (from, to) = (days.into(), days.into());
                        let filter = Filter { status, before, after, from, to, ..filter.clone() };
                        store.order_page(user, filter.clone()).await.unwrap();
                        for sort in [Sort::Newest, Sort::Oldest] {
                            store.snapshot(user.clone(), Filter { sort, ..filter.clone() }, Duration::ZERO).await.unwrap();
                        }
                    }
                }
            }
        }
        store.order_details(user, one.number).await.unwrap();
        store.order_number(user, &one.order_id).await.unwrap();
        for at in [NotificationsAt::Newest, NotificationsAt::Before(told.id.clone()), NotificationsAt::After(told.id.clone())] {
            store.notification_page(&user.username, at).await.unwrap();
        }
        store.after(0, Some(&subscriber(user))).await.unwrap();
        let bounds = store.bounds().await.unwrap();
        let position = |sequence| EventId { epoch: bounds.epoch.clone(), sequence };
        store.audit(&subscriber(user), &position(bounds.head - 1_000), &position(bounds.head)).await.unwrap();
    }
    for sort in [Sort::Highest, Sort::Lowest, Sort::UpdatedLast, Sort::UpdatedFirst] {
        for status in [None, Some(Status::Delivered)] {
            let first = Filter { sort, status, ..Filter::default() };
            let page = store.snapshot(users[1].clone(), first.clone(), Duration::ZERO).await.unwrap();
            let position = page.orders.last().map(|order| Position::of(order, sort));
            for (before, after) in [(position.clone(), None), (None, position)] {
                store.snapshot(users[1].clone(), Filter { before, after, ..first.clone() }, Duration::ZERO).await.unwrap();
            }
        }
    }
    store.cancel_order(&users[1], &one.order_id, Some(1)).await.unwrap_err();
    store.after(0, None).await.unwrap();
    store.bounds().await.unwrap();
    store.figures().await.unwrap();
    store.usernames("", 100).await.unwrap();
    store.sales("2026-01-01").await.unwrap();
    store.mark_read("ada", Which::One(told.id)).await.unwrap();
    store.mark_read("ada", Which::All).await.unwrap();
    store.cut_stream(uuid::Uuid::nil()).await.unwrap();
    store.session_ended("handle").await.unwrap();
    store.trim(Duration::from_secs(3_600)).await.unwrap();
    store.trim_notifications(Duration::from_secs(3_600)).await.unwrap();
    store.remove_user("ada").await.unwrap();
    store.close().await;
    let sent = SENT.lock().unwrap();
    let statements = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"];
    sent.iter().filter(|text| statements.iter().any(|word| text.starts_with(word))).cloned().collect()
}

/// Catches the statements that sqlx logs.
struct Catch;

impl<S: Subscriber> Layer<S> for Catch {
    fn on_event(&self, event: &Event, _: Context<S>) {
        if event.metadata().target() == "sqlx::query" {
            let mut text = Text::default();
            event.record(&mut text);
            // A short one is its own summary.
            let statement = if text.statement.is_empty() { text.summary } else { text.statement };
            // Of a script, each of its statements has a plan.
            SENT.lock().unwrap().extend(statement.split(';').map(|statement| statement.trim().into()));
        }
    }
}

#[derive(Default)]
struct Text {
    summary: String,
    statement: String,
}

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "summary" => self.summary = value.into(),
            "db.statement" => self.statement = value.into(),
            _ => {}
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn Debug) {}
}
