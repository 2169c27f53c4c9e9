//! A database that an earlier version made is opened and goes on: what was there is there, who was signed in still is, and readers resume
//! where they were. The databases in `tests/fixtures/` were written by the program of that version: two customers and staff, three orders on
//! their way, notifications read and unread, pushes with keys, 13 events. (The file of the epoch lies beside a SQLite database since
//! version 4.)

mod common;

use common::{Program, Service, TestUser, sequence};
use orderwire::{
    model::user::{Role, User},
    server::{sse::CommitNotifier, store::Store},
};
use reqwest::{Url, cookie::Jar};
use serde_json::{Value, json};
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use std::{fs, sync::Arc};
use tempfile::TempDir;

const SQLITE_3: &str = include_str!("fixtures/version-3.sqlite.sql");
const POSTGRES_3: &str = include_str!("fixtures/version-3.postgres.sql");
const SQLITE_4: &str = include_str!("fixtures/version-4.sqlite.sql");
const EPOCH_4: &str = include_str!("fixtures/version-4.sqlite.epoch");
const POSTGRES_4: &str = include_str!("fixtures/version-4.postgres.sql");

#[tokio::test]
async fn a_sqlite_file_of_version_3_goes_on() {
    let (folder, url) = sqlite(&[SQLITE_3]).await;
    let session = "VrCEIDQRgkw0l9W2y5bliA";
    goes_on(&url, session, "d48a04f8").await;
    // The cookie's id is nowhere any more, not even where its row was.
    for file in fs::read_dir(folder.path()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(session.len()).any(|part| part == session.as_bytes()));
    }
}

#[tokio::test]
async fn a_sqlite_file_of_version_4_goes_on() {
    let (folder, url) = sqlite(&[SQLITE_4]).await;
    fs::write(folder.path().join("old.db.epoch"), EPOCH_4).unwrap();
    goes_on(&url, "sy1VzGkc_HOzymGoFtMhXg", "16237b9a").await;
}

#[tokio::test]
async fn a_postgresql_of_version_3_goes_on() {
    let service = postgres(&[POSTGRES_3]).await;
    goes_on(&service.url(), "uaOmp9EkAjOG-lPMsDNtyQ", "1a4a7527").await;
}

#[tokio::test]
async fn a_postgresql_of_version_4_goes_on() {
    let service = postgres(&[POSTGRES_4]).await;
    goes_on(&service.url(), "SDgaESrOfuCb78Jw0xc0Lg", "c1547a25").await;
}

/// The log keeps events for a while only. Of an order that is older, its row tells the first step and the last.
#[tokio::test]
async fn of_an_order_whose_events_are_trimmed_the_steps_are_those_that_its_row_tells() {
    const TRIMMED: [&str; 2] = ["DELETE FROM events WHERE sequence <= 8", "UPDATE log SET floor = 8"];
    let (_folder, sqlite) = sqlite(&[&[SQLITE_4], TRIMMED.as_slice()].concat()).await;
    let service = postgres(&[&[POSTGRES_4, "SET search_path TO public"], TRIMMED.as_slice()].concat()).await;
    for url in [sqlite, service.url()] {
        let store = Store::open(&url, CommitNotifier::default()).await.unwrap();
        assert_eq!(steps(&store, 1001).await, json!([[1, "placed", "ada"], [3, "shipped", null]]));
        assert_eq!(steps(&store, 1003).await, json!([[1, "placed", "grace"]]));
    }
}

/// A SQLite file in a folder of its own, made by these statements.
async fn sqlite(statements: &[&str]) -> (TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/old.db", folder.path().display());
    let mut database = SqliteConnection::connect(&format!("{url}?mode=rwc")).await.unwrap();
    for statement in statements {
        database.execute(*statement).await.unwrap();
    }
    database.close().await.unwrap();
    (folder, url)
}

async fn postgres(statements: &[&str]) -> Service {
    let service = Service::postgres().await;
    let mut database = PgConnection::connect(&service.url()).await.unwrap();
    for statement in statements {
        database.execute(*statement).await.unwrap();
    }
    database.close().await.unwrap();
    service
}

/// Version, status and who, of each step that is known of an order.
async fn steps(store: &Store, number: i64) -> Value {
    let ops = User { username: "ops".into(), role: Role::Staff };
    let details = store.order_details(&ops, number).await.unwrap();
    details.steps.iter().map(|step| json!([step.version, step.status, step.by])).collect()
}

/// `session` is Ada's cookie.
async fn goes_on(url: &str, session: &str, epoch: &str) {
    let program = Program::start_on(url, &[]);
    let jar = Arc::new(Jar::default());
    jar.add_cookie_str(&format!("orderwire={session}"), &program.base.parse::<Url>().unwrap());
    let http = common::client().cookie_provider(jar.clone()).build().unwrap();
    let ada = TestUser { http, jar, base: program.base.clone() };

    let page = ada.snapshot().await;
    assert_eq!((&page["user"]["username"], &page["cursor"]), (&json!("ada"), &json!(format!("{epoch}-13"))));
    let orders: Vec<_> = page["orders"].as_array().unwrap().iter().map(|order| (&order["number"], &order["status"])).collect();
    assert_eq!(json!(orders), json!([[1002, "cancelled"], [1001, "shipped"]]));
    let items = json!([
        { "sku": "tea", "name": "Green tea, 100 g", "quantity": 1, "priceCents": 890 },
        { "sku": "mug", "name": "Stoneware mug", "quantity": 2, "priceCents": 1800 },
    ]);
    assert_eq!(page["orders"][1]["items"], items);
    let shown: Vec<_> = page["notifications"].as_array().unwrap().iter().map(|shown| (&shown["title"], shown["read"] == true)).collect();
    let want = json!([["Pushed", false], ["To all", false], ["Hello", true], ["Order shipped", false], ["Order packed", false]]);
    assert_eq!((&json!(shown), &page["unread"]), (&want, &json!(4)));

    // What an earlier version did not count or write down has been, as far as it can be known.
    let store = Store::open(url, CommitNotifier::default()).await.unwrap();
    let figures = store.figures().await.unwrap();
    assert_eq!(figures.orders, [1, 0, 1, 0, 1]);
    let sold: Vec<_> = store.sales("2026-01-01").await.unwrap().into_iter().map(|hour| (hour.orders, hour.revenue_cents)).collect();
    assert_eq!(sold, [(3, 4490 + 5900)]);
    assert_eq!(steps(&store, 1001).await, json!([[1, "placed", "ada"], [2, "packed", null], [3, "shipped", null]]));
    assert_eq!(steps(&store, 1002).await, json!([[1, "placed", "ada"], [2, "cancelled", null]]));

    // A reader that had seen the tenth event, in the same epoch.
    let mut stream = ada.resume(Some(&format!("{epoch}-10"))).await;
    assert_eq!(sequence(&stream.start), 10);
    assert_eq!([stream.next_logged().await.event, stream.next_logged().await.event].map(|kind| kind != "resync"), [true, true]);
    let order = program.user("grace").await.place_order().await;
    assert_eq!(order["number"], 1004);
    assert_eq!(store.figures().await.unwrap().orders, [2, 0, 1, 0, 1]);
    let notified = program.notify("ada", "new").await;
    assert_eq!(notified, format!("{epoch}-15"));

    // What was pushed with a key is known by it.
    let again = json!({ "user": "ada", "event": "weather.changed", "data": { "sky": "clear" }, "key": "weather-1" });
    assert_eq!(program.push(again).await.1["id"], format!("{epoch}-12"));

    // All that is old is read together, and what comes later is not.
    assert_eq!(ada.call_ok("mark_read", json!({ "all": true })).await["unread"], 0);
    program.notify("ada", "newest").await;
    let page = ada.snapshot().await;
    assert_eq!((&page["unread"], &page["notifications"][0]["title"]), (&json!(1), &json!("newest")));
    assert!(page["notifications"].as_array().unwrap()[1..].iter().all(|shown| shown["read"] == true));
}
