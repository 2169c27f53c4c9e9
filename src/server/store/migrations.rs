//! The migrations of a database: the files in `migrations/`, and where SQL differs, the file of the same number in the folder `sqlite/` or
//! `postgres/` of it, which goes on after it in the same transaction.
//!
//! Promise: a file that has landed is never edited; its checksum is kept in the database, and held against it.

use super::database::Database;
use sqlx::migrate::{Migration, Migrator};

static COMMON: Migrator = sqlx::migrate!();
static SQLITE: Migrator = sqlx::migrate!("migrations/sqlite");
static POSTGRES: Migrator = sqlx::migrate!("migrations/postgres");

/// All migrations of that database, in order.
pub(super) fn migrations(database: Database) -> Migrator {
    let own = match database {
        Database::Sqlite => &SQLITE,
        Database::Postgres => &POSTGRES,
    };
    let whole = COMMON.iter().map(|common| match own.iter().find(|own| own.version == common.version) {
        Some(own) => {
            let sql = format!("{}\n{}", common.sql, own.sql);
            Migration::new(common.version, common.description.clone(), common.migration_type, sql.into(), common.no_tx)
        }
        None => common.clone(),
    });
    Migrator { migrations: whole.collect(), ..Migrator::DEFAULT }
}

/// The newest migration that this version knows.
pub(super) fn newest() -> i64 {
    COMMON.iter().last().map_or(0, |migration| migration.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_file_of_one_database_goes_on_after_a_common_one() {
        for (database, own) in [(Database::Sqlite, &SQLITE), (Database::Postgres, &POSTGRES)] {
            let all = migrations(database);
            assert!(all.iter().map(|migration| migration.version).eq(1..=COMMON.iter().count() as i64));
            for own in own.iter() {
                assert!(all.iter().any(|whole| whole.version == own.version && whole.sql.ends_with(own.sql.as_ref())), "{}", own.version);
            }
        }
    }
}
