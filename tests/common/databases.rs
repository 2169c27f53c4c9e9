//! Promises of the store that each database holds: one suite, run on SQLite and on PostgreSQL.

use orderwire::{
    model::{
        order::{CATALOGUE, Item},
        user::{Role, User},
    },
    server::{
        sse::{CommitNotifier, EventLog, LogEvent, Page},
        store::Store,
    },
};
use sqlx::{AnyConnection, Connection};

/// Each promise is tried on each database: a function of its URL.
macro_rules! on_each_database {
    ($($promise:ident,)*) => {
        mod on_sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $promise() {
                let folder = tempfile::tempdir().unwrap();
                super::$promise(&format!("sqlite://{}/log.db", folder.path().display())).await;
            })*
        }

        mod on_postgresql {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $promise() {
                let database = super::common::Service::postgres().await;
                super::$promise(&database.url()).await;
            })*
        }
    };
}
pub(crate) use on_each_database;

/// The store, with one customer in it: ada.
pub async fn open(url: &str) -> Store {
    let store = Store::open(url, CommitNotifier::default()).await.unwrap();
    store.add_user("ada", Role::Customer, "a long secret").await.unwrap();
    store
}

/// Everything past `cursor`, page by page, until the log says that there is no more.
pub async fn read_on(store: &Store, mut cursor: i64) -> Vec<LogEvent> {
    let mut all = Vec::new();
    loop {
        let Page { bounds, events, through } = store.after(cursor, None).await.unwrap();
        assert!(cursor >= bounds.floor, "trimmed");
        all.extend(events);
        if through == cursor {
            return all;
        }
        cursor = through;
    }
}

/// The same database, from outside.
pub async fn outside(url: &str) -> AnyConnection {
    sqlx::any::install_default_drivers();
    AnyConnection::connect(url).await.unwrap()
}

pub fn customer(name: &str) -> User {
    User { username: name.into(), role: Role::Customer }
}

pub fn staff() -> User {
    User { username: "ops".into(), role: Role::Staff }
}

/// One of each of these products of the catalogue.
pub fn items(products: &[usize]) -> Vec<Item> {
    let product = |place: &usize| CATALOGUE[*place];
    let item = |product: orderwire::model::order::Product| Item {
        sku: product.sku.into(),
        name: product.name.into(),
        quantity: 1,
        price_cents: product.price_cents,
    };
    products.iter().map(product).map(item).collect()
}
