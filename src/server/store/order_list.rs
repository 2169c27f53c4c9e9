//! Lists of orders: a page of those that match a filter, and how many match.

use super::{
    database::Database,
    error::StoreError,
    handle::Store,
    health::Part,
    order_rows::with_items,
    order_runs::{Query, Run},
    order_search::{Search, orders},
};
use crate::model::{
    filter::{Filter, Position, SortBy, is_day},
    order::{Order, Status},
    snapshot::{ORDERS_PER_PAGE, PLACES_MAX, SEARCH_MAX, TALLY_MAX, Tallies},
    user::User,
};
use sqlx::{AnyConnection, Row, any::AnyRow};

impl Store {
    /// A page of the orders that `user` may see and `filter` lets through, and whether others stand behind it.
    pub async fn order_page(&self, user: &User, filter: Filter) -> Result<(Vec<Order>, bool), StoreError> {
        check(user, &filter)?;
        self.watched(Part::Pages, async {
            let mut moment = self.moment(&self.pages).await?;
            let last_number = sqlx::query_scalar("SELECT last_order_number FROM log").fetch_one(moment.db()).await?;
            let search = Search::read(moment.db(), user, &filter, last_number).await?;
            let page = page(moment.db(), self.database, &search, filter).await?;
            moment.end().await?;
            Ok((page.orders, page.older))
        })
        .await
    }
}

/// Refuses a filter that cannot be served.
pub(super) fn check(user: &User, filter: &Filter) -> Result<(), StoreError> {
    let refuse = |field, line: String| Err(StoreError::invalid(line).at(field));
    if filter.search.chars().count() > SEARCH_MAX {
        return refuse("q", format!("a search has at most {SEARCH_MAX} characters"));
    }
    for (field, day) in [("from", &filter.from), ("to", &filter.to)] {
        if !day.is_empty() && !is_day(day) {
            return refuse(field, format!("{day:?} is no day; write it as 2026-11-23"));
        }
    }
    let by = filter.sort.by();
    // There is an index of them for all orders and for those of a status, and for nothing else.
    if by != SortBy::Number && (filter.is_narrowed() || !user.is_staff()) {
        return refuse("sort", "what a search or some days find, and a customer's orders, are sorted by number only".into());
    }
    if filter.before.is_some() && filter.after.is_some() {
        return refuse("after", "a page has one of before and after".into());
    }
    for (field, position) in [("before", &filter.before), ("after", &filter.after)] {
        let key = position.as_ref().map(|position| position.key());
        let fits = match (by, key) {
            (_, None) | (SortBy::Number, Some(None)) | (SortBy::Updated, Some(Some(_))) => true,
            (SortBy::Total, Some(Some(key))) => key.parse::<i64>().is_ok_and(|total| total >= 0),
            _ => false,
        };
        if !fits {
            return refuse(field, "no order stands there, sorted like this".into());
        }
    }
    Ok(())
}

/// How many of the orders that match the search there are of each status. Each is counted to [`TALLY_MAX`].
pub(super) async fn tallies(db: &mut AnyConnection, database: Database, search: &Search<'_>) -> Result<Tallies, StoreError> {
    let mut tallies = Tallies::default();
    for (status, tally) in Status::ALL.into_iter().zip(&mut tallies.0) {
        *tally = count(db, database, &search.runs(Some(status), SortBy::Number), TALLY_MAX).await?;
    }
    Ok(tallies)
}

/// A page of orders.
pub(super) struct Page {
    /// As they are sorted.
    pub orders: Vec<Order>,
    /// Whether others stand behind them.
    pub older: bool,
    /// How many stand before them, up to [`PLACES_MAX`] and one more.
    pub places: i64,
    /// The filter, with what was found of its search. Where fewer than a page stood before `after`, it is the first page.
    pub filter: Filter,
}

/// A page of what the search finds.
pub(super) async fn page(db: &mut AnyConnection, database: Database, search: &Search<'_>, filter: Filter) -> Result<Page, StoreError> {
    let mut filter = Filter { by_full_name: search.by_full_name, ..filter };
    let sort = filter.sort;
    let runs = search.runs(filter.status, sort.by());
    let beyond = |position: &Position, higher: bool| runs.iter().map(|run| run.clone().beyond(position, higher)).collect::<Vec<_>>();
    let before = |position: &Position| beyond(position, sort.is_descending());
    let behind = |position: &Position| beyond(position, !sort.is_descending());
    if let Some(after) = &filter.after {
        let (mut rows, more) = first(db, &Listing { database, runs: &before(after), filter: &filter, backwards: true }).await?;
        if more {
            rows.reverse();
            let orders = with_items(db, database, &rows).await?;
            let edges = orders.first().zip(orders.last()).map(|(first, last)| (Position::of(first, sort), Position::of(last, sort)));
            let Some((first, last)) = edges else { return Err(StoreError::Internal("a full page is empty".into())) };
            let places = count(db, database, &before(&first), PLACES_MAX).await?;
            let older = count(db, database, &behind(&last), 1).await? > 0;
            return Ok(Page { orders, older, places, filter });
        }
        filter.after = None;
    }
    let runs = filter.before.as_ref().map_or_else(|| runs.clone(), behind);
    let (rows, older) = first(db, &Listing { database, runs: &runs, filter: &filter, backwards: false }).await?;
    let orders = with_items(db, database, &rows).await?;
    let places = match (&filter.before, orders.first()) {
        (Some(_), Some(first)) => count(db, database, &before(&Position::of(first, sort)), PLACES_MAX).await?,
        _ => 0,
    };
    Ok(Page { orders, older, places, filter })
}

struct Listing<'a> {
    database: Database,
    runs: &'a [Run],
    filter: &'a Filter,
    /// From the last one on.
    backwards: bool,
}

/// The rows of a page, and whether there are more.
async fn first(db: &mut AnyConnection, listing: &Listing<'_>) -> Result<(Vec<AnyRow>, bool), StoreError> {
    let Listing { database, runs, filter, backwards } = *listing;
    if runs.is_empty() {
        return Ok((Vec::new(), false));
    }
    let mut rows = Query::first(database, runs, filter.sort, backwards, ORDERS_PER_PAGE + 1).bound().fetch_all(db).await?;
    let more = rows.len() > ORDERS_PER_PAGE;
    rows.truncate(ORDERS_PER_PAGE);
    Ok((rows, more))
}

/// How many orders are in the runs, up to `most` and one more.
async fn count(db: &mut AnyConnection, database: Database, runs: &[Run], most: usize) -> Result<i64, StoreError> {
    match runs.is_empty() {
        true => Ok(0),
        false => Ok(Query::count(database, runs, most + 1).bound().fetch_one(db).await?.try_get(0)?),
    }
}

/// Whether there are orders of that customer.
pub(super) async fn has_orders(db: &mut AnyConnection, database: Database, customer: &str) -> Result<bool, StoreError> {
    Ok(orders(Some(customer), None).oldest(database, "number", 1).bound().fetch_optional(db).await?.is_some())
}
