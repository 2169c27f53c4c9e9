//! A database that an earlier version made is opened and goes on: what was there is there, who was signed in still is, and readers resume
//! where they were. The databases in `tests/fixtures/` were written by that version's program: two customers and staff, three orders on
//! their way, notifications read and unread, pushes with keys, 13 events.

mod common;

use common::{Program, Service, TestUser, sequence};
use reqwest::{Url, cookie::Jar};
use serde_json::json;
use sqlx::{Connection, Executor, PgConnection, SqliteConnection};
use std::{fs, sync::Arc};

const SQLITE: &str = include_str!("fixtures/version-3.sqlite.sql");
const POSTGRES: &str = include_str!("fixtures/version-3.postgres.sql");

#[tokio::test]
async fn a_sqlite_file_of_an_earlier_version_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/old.db", folder.path().display());
    let mut database = SqliteConnection::connect(&format!("{url}?mode=rwc")).await.unwrap();
    database.execute(SQLITE).await.unwrap();
    database.close().await.unwrap();
    let session = "VrCEIDQRgkw0l9W2y5bliA";
    goes_on(&url, session, "d48a04f8").await;
    // The cookie's id is nowhere any more, not even where its row was.
    for file in fs::read_dir(folder.path()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(session.len()).any(|part| part == session.as_bytes()));
    }
}

#[tokio::test]
async fn a_postgresql_of_an_earlier_version_goes_on() {
    let service = Service::postgres().await;
    let mut database = PgConnection::connect(&service.url()).await.unwrap();
    database.execute(POSTGRES).await.unwrap();
    database.close().await.unwrap();
    goes_on(&service.url(), "uaOmp9EkAjOG-lPMsDNtyQ", "1a4a7527").await;
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
    let shown: Vec<_> = page["notifications"].as_array().unwrap().iter().map(|shown| (&shown["title"], shown["read"] == true)).collect();
    let want = json!([["Pushed", false], ["To all", false], ["Hello", true], ["Order shipped", false], ["Order packed", false]]);
    assert_eq!((&json!(shown), &page["unread"]), (&want, &json!(4)));

    // A reader that had seen the tenth event, in the same epoch.
    let mut stream = ada.resume(Some(&format!("{epoch}-10"))).await;
    assert_eq!(sequence(&stream.start), 10);
    assert_eq!([stream.next_logged().await.event, stream.next_logged().await.event].map(|kind| kind != "resync"), [true, true]);
    let order = program.user("grace").await.place_order().await;
    assert_eq!(order["number"], 1004);
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
