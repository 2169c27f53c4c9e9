//! `GET /orders.csv`: the orders that a filter lets through, the newest first, as a file (RFC 4180).
//!
//! Promises: it has what the user may see, and no more than [`CSV_ORDERS_MAX`] orders; it is read a page at a time, each in a short transaction of its
//! own, so that it takes the memory of one page however slowly its client reads; a text that a spreadsheet would take for a formula is told
//! to be none; where a page cannot be read, the body ends in an error and not as if it were whole.

use super::{arguments::Arguments, auth::current_user, sessions::AuthSession};
use crate::{
    model::{
        error::Error,
        filter::{Filter, Position, Sort},
        order::{Order, Status},
        snapshot::CSV_ORDERS_MAX,
        user::User,
    },
    server::{AppState, clock::now},
};
use axum::{
    body::{Body, Bytes},
    extract::{RawQuery, State},
    http::{
        HeaderName, HeaderValue,
        header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    },
    response::{IntoResponse, Response},
};
use futures_util::stream::try_unfold;

/// Says how many orders a file has at most.
const ROW_LIMIT: HeaderName = HeaderName::from_static("x-row-limit");

const HEAD: &str = "number,status,customer,items,total,placed,updated\r\n";

/// How much of an RFC 3339 time tells its day.
const DAY_BYTES: usize = 10;

/// Answers with the file. What can be refused is refused before its first line.
pub async fn orders(State(app): State<AppState>, RawQuery(query): RawQuery, auth: AuthSession) -> Result<Response, Error> {
    let user = current_user(&auth).await?.user;
    let given = Arguments::of_form("orders.csv", query.unwrap_or_default().as_bytes())?;
    let text = |name| given.get(name).unwrap_or_default().trim().to_owned();
    let filter =
        Filter { status: Status::parse(&text("status")), search: text("q"), from: text("from"), to: text("to"), ..Filter::default() };
    let mut export = Export { app, user, next: Some(filter), left: CSV_ORDERS_MAX };
    let first = export.lines().await?.unwrap_or_default();
    let day = now();
    let name = format!("attachment; filename=\"orders-{}.csv\"", &day[..DAY_BYTES]);
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8")),
        (CONTENT_DISPOSITION, HeaderValue::try_from(name).map_err(|_| Error::invalid("the file has no name"))?),
        (ROW_LIMIT, HeaderValue::from(CSV_ORDERS_MAX)),
    ];
    let body = try_unfold((Some(format!("{HEAD}{first}")), export), async |(first, mut export)| {
        let lines = match first {
            Some(first) => Some(first),
            None => export.lines().await?,
        };
        Ok::<_, Error>(lines.map(|lines| (Bytes::from(lines), (None, export))))
    });
    Ok((headers, Body::from_stream(body)).into_response())
}

/// A file that is being written.
struct Export {
    app: AppState,
    user: User,
    /// The page that comes next, if any.
    next: Option<Filter>,
    /// Orders that it may still have.
    left: usize,
}

impl Export {
    /// The lines of the next page; `None` after the last one.
    async fn lines(&mut self) -> Result<Option<String>, Error> {
        let Some(filter) = self.next.take().filter(|_| self.left > 0) else { return Ok(None) };
        let place = self.app.limits.read(&self.user.username).await?;
        let (mut orders, more) = self.app.store.order_page(&self.user, filter.clone()).await?;
        drop(place);
        orders.truncate(self.left);
        self.left -= orders.len();
        let last = orders.last().filter(|_| more).map(|order| Position::of(order, Sort::Newest));
        self.next = last.map(|last| Filter { before: Some(last), ..filter });
        Ok(Some(orders.iter().map(line).collect()))
    }
}

fn line(order: &Order) -> String {
    let items: Vec<_> = order.items.iter().map(|item| format!("{} × {}", item.quantity, item.name)).collect();
    let cents = order.total_cents;
    let total = format!("{}{}.{:02}", if cents < 0 { "-" } else { "" }, (cents / 100).abs(), (cents % 100).abs());
    let Order { number, status, customer, placed_at, updated_at, .. } = order;
    let items = items.join("; ");
    let texts = [status.as_str(), customer, &items].map(field).join(",");
    format!("{number},{texts},{total},{placed_at},{updated_at}\r\n")
}

/// A text as a field: quoted where it has to be. A spreadsheet takes what begins with one of these letters for a formula, unless a quotation
/// mark stands before it.
fn field(text: &str) -> String {
    let text = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::order::Item;

    #[test]
    fn a_field_is_quoted_and_is_no_formula() {
        for (text, want) in [
            ("Stoneware mug", "Stoneware mug"),
            ("Coffee beans, 500 g", "\"Coffee beans, 500 g\""),
            ("12\" pan", "\"12\"\" pan\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            ("=1+1", "'=1+1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("=\"a\",b", "\"'=\"\"a\"\",b\""),
            ("", ""),
        ] {
            assert_eq!(field(text), want, "{text:?}");
        }
    }

    #[test]
    fn a_line_has_a_field_for_each_column() {
        let item = |name: &str, quantity| Item { sku: "x".into(), name: name.into(), quantity, price_cents: 1 };
        let order = Order {
            order_id: "a".into(),
            number: 7,
            status: Status::Packed,
            customer: "=ada".into(),
            items: vec![item("Mug", 2), item("Beans, 500 g", 1)],
            total_cents: 123_405,
            placed_at: "2026-11-26T22:00:00.000Z".into(),
            updated_at: "2026-11-26T22:00:01.000Z".into(),
            version: 2,
        };
        let want = "7,packed,'=ada,\"2 × Mug; 1 × Beans, 500 g\",1234.05,2026-11-26T22:00:00.000Z,2026-11-26T22:00:01.000Z\r\n";
        assert_eq!(line(&order), want);
        assert_eq!(HEAD.matches(',').count(), 6);
    }
}
