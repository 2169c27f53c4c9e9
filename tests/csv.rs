//! `GET /orders.csv`: what is in the file, who may have it, how long it is, and what becomes of one that cannot be read to its end.

mod common;

use common::{Program, TestUser, fill, outside, read};
use reqwest::{Method, Response, StatusCode};
use serde_json::json;
use sqlx::Executor;

/// Orders that a file has at most.
const ROWS_MAX: usize = 10_000;

const HEAD: &str = "number,status,customer,items,total,placed,updated";

async fn get(user: &TestUser, query: &str) -> Response {
    user.http.get(format!("{}/orders.csv{query}", user.base)).send().await.unwrap()
}

/// The file's lines after its head.
async fn lines(user: &TestUser, query: &str) -> Vec<String> {
    let answer = get(user, query).await;
    assert_eq!(answer.status(), StatusCode::OK, "{query}");
    let text = answer.text().await.unwrap();
    assert!(text.ends_with("\r\n"), "{query}");
    let mut lines = text.trim_end().split("\r\n").map(str::to_owned);
    assert_eq!(lines.next().as_deref(), Some(HEAD), "{query}");
    lines.collect()
}

#[tokio::test]
async fn a_file_has_what_is_filtered_and_what_its_user_may_see() {
    let program = Program::start(&[]);
    let (ada, grace, ops) = (program.user("ada").await, program.user("grace").await, program.user("ops").await);
    let place = async |who: &TestUser, items| who.call_ok("place_order", json!({ "items": items })).await["number"].to_string();
    let coffee = place(&ada, json!({ "coffee": 2, "mug": 1 })).await;
    let tea = place(&grace, json!({ "tea": 1 })).await;

    let answer = get(&ops, "").await;
    let header = |name: &str| answer.headers()[name].to_str().unwrap().to_owned();
    assert_eq!((header("content-type"), header("x-row-limit")), ("text/csv; charset=utf-8".into(), ROWS_MAX.to_string()));
    let name = header("content-disposition");
    assert!(name.starts_with("attachment; filename=\"orders-20") && name.ends_with(".csv\""), "{name}");
    assert_eq!(header("cache-control"), "no-store");

    let all = lines(&ops, "").await;
    assert!(all.len() == 2 && all[0].starts_with(&format!("{tea},placed,grace,")) && all[1].starts_with(&coffee), "{all:?}");
    assert!(all[1].contains("ada,\"2 × Coffee beans, 500 g; 1 × Stoneware mug\",47.00,20"), "{all:?}");
    assert_eq!(lines(&ada, "").await, [all[1].clone()], "a customer's own");
    assert_eq!(lines(&ops, "?q=mug&status=").await, [all[1].clone()]);
    assert_eq!(lines(&ada, "?q=tea").await, [""; 0], "another's is not found either");
    assert_eq!(lines(&ops, "?status=packed").await, [""; 0]);
    assert_eq!(lines(&ops, "?to=2025-01-01").await, [""; 0]);
    assert_eq!(lines(&ops, "?from=2025-01-01&q=gr&status=placed").await, [all[0].clone()]);
}

#[tokio::test]
async fn what_cannot_be_served_is_refused_before_the_first_line() {
    let program = Program::start(&[]);
    let ops = program.user("ops").await;
    assert_eq!(get(&program.anonymous(), "").await.status(), StatusCode::UNAUTHORIZED);
    let long = format!("?q={}", "x".repeat(101));
    for (query, status) in [("?status=x", 400), ("?sort=-total", 400), ("?before=7", 400), ("?from=soon", 422), (long.as_str(), 422)] {
        let (refused, error) = read(get(&ops, query).await).await;
        assert_eq!(refused.as_u16(), status, "{query}: {error}");
    }
    let by = async |method: Method| ops.http.request(method, format!("{}/orders.csv", ops.base)).send().await.unwrap();
    assert_eq!(by(Method::POST).await.status(), StatusCode::METHOD_NOT_ALLOWED);
    let head = by(Method::HEAD).await;
    assert_eq!((head.status(), head.headers()["content-type"].to_str().unwrap()), (StatusCode::OK, "text/csv; charset=utf-8"));
}

#[tokio::test]
async fn a_file_has_the_newest_orders_up_to_its_limit_each_once() {
    let program = Program::start(&[]);
    let orders = ROWS_MAX as i64 + 50;
    fill(&program.database(), orders).await;
    let ops = program.user("ops").await;
    let numbers: Vec<i64> = lines(&ops, "").await.iter().map(|line| line.split(',').next().unwrap().parse().unwrap()).collect();
    assert!(numbers.iter().copied().eq((orders - ROWS_MAX as i64 + 1..=orders).rev()));
    let cancelled = lines(&ops, "?status=cancelled").await;
    assert_eq!(cancelled.len() as i64, (orders - 100) / 20, "fewer than the limit are all of them");
}

/// Lines so long that the file is not in the sockets' buffers before the database fails.
#[tokio::test]
async fn a_file_that_cannot_be_read_to_its_end_does_not_end_as_if_it_were_whole() {
    let program = Program::start(&[]);
    fill(&program.database(), ROWS_MAX as i64).await;
    let ops = program.user("ops").await;
    let mut database = outside(&program.database()).await;
    database.execute("UPDATE order_items SET name = printf('%.3000c', 'x')").await.unwrap();
    let answer = get(&ops, "").await;
    assert_eq!(answer.status(), StatusCode::OK);
    database.execute("ALTER TABLE orders RENAME TO orders_elsewhere").await.unwrap();
    let read = answer.bytes().await;
    assert!(read.is_err(), "it ended after {} bytes", read.unwrap().len());
}
