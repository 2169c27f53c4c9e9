//! Lists of orders: a page of those that match a filter, and how many match.

use super::{
    database::Database,
    error::StoreError,
    handle::Store,
    health::Part,
    order_rows::with_items,
    order_runs::Query,
    order_search::{Search, orders},
};
use crate::model::{
    order::{Order, Status},
    snapshot::{Filter, ORDERS_PER_PAGE, SEARCH_MAX, TALLY_MAX, Tallies},
    user::User,
};
use sqlx::{AnyConnection, Row};

impl Store {
    /// How many of the orders that `user` may see match the filter's search, of each status. Each is counted to [`TALLY_MAX`].
    pub async fn tallies(&self, user: &User, filter: &Filter) -> Result<Tallies, StoreError> {
        check(filter)?;
        self.watched(Part::Pages, async {
            let mut moment = self.moment(&self.pages).await?;
            let last_number = sqlx::query_scalar("SELECT last_order_number FROM log").fetch_one(moment.db()).await?;
            let search = Search::read(moment.db(), user, &filter.search, last_number).await?;
            let mut tallies = Tallies::default();
            for (status, tally) in Status::ALL.into_iter().zip(&mut tallies.0) {
                let runs = search.runs(Some(status), None);
                if !runs.is_empty() {
                    *tally = Query::count(&runs, TALLY_MAX + 1).bound().fetch_one(moment.db()).await?.try_get(0)?;
                }
            }
            moment.end().await?;
            Ok(tallies)
        })
        .await
    }
}

/// Refuses a search that is too long.
pub(super) fn check(filter: &Filter) -> Result<(), StoreError> {
    match filter.search.chars().count() > SEARCH_MAX {
        true => Err(StoreError::invalid(format!("a search has at most {SEARCH_MAX} characters")).at("q")),
        false => Ok(()),
    }
}

/// A page of orders.
pub(super) struct Page {
    /// The newest first.
    pub orders: Vec<Order>,
    /// Whether older ones match.
    pub older: bool,
    /// The filter, with what was found of its search.
    pub filter: Filter,
}

/// The orders that `user` may see and `filter` lets through. `last_number`: no order has a higher one.
pub(super) async fn page(
    db: &mut AnyConnection,
    database: Database,
    user: &User,
    filter: Filter,
    last_number: i64,
) -> Result<Page, StoreError> {
    let search = Search::read(db, user, &filter.search, last_number).await?;
    let filter = Filter { by_full_name: search.by_full_name, ..filter };
    let runs = search.runs(filter.status, filter.before);
    if runs.is_empty() {
        return Ok(Page { orders: Vec::new(), older: false, filter });
    }
    let mut rows = Query::newest(database, &runs, ORDERS_PER_PAGE + 1).bound().fetch_all(&mut *db).await?;
    let older = rows.len() > ORDERS_PER_PAGE;
    rows.truncate(ORDERS_PER_PAGE);
    Ok(Page { orders: with_items(db, database, &rows).await?, older, filter })
}

/// Whether there are orders of that customer.
pub(super) async fn has_orders(db: &mut AnyConnection, customer: &str) -> Result<bool, StoreError> {
    Ok(orders(Some(customer), None).oldest("number", 1).bound().fetch_optional(db).await?.is_some())
}
