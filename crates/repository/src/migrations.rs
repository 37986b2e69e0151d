//! Our migrations: embedded in the binary, applied all or none, recorded in the table `_sqlx_migrations`.
//!
//! The two directories under `migrations/` hold the same versions under the same names. A migration that has been
//! released is never edited; and none may hold a statement that cannot run in a transaction.

use sqlx::migrate::{MigrateError, MigrationType, Migrator};
use sqlx::{AssertSqlSafe, Connection, PgPool, SqlSafeStr, SqlitePool, raw_sql};

use crate::pool::{Pool, reason};
use crate::schema::{self, Found, StartError, text_rows};

/// The table that says which migrations a database has; the name is sqlx's own.
pub(crate) const HISTORY: &str = "_sqlx_migrations";

/// The key of the advisory lock that two processes starting on one PostgreSQL database take in turn.
const LOCK: i64 = 0x7061_7274_626f_6f6b;

/// A file of `migrations/`, as `build.rs` finds it.
struct Embedded {
    version: i64,
    name: &'static str,
    sql: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

fn embedded(pool: &Pool) -> Migrator {
    match pool {
        Pool::Postgres(..) => migrator(POSTGRES),
        Pool::Sqlite(..) => migrator(SQLITE),
    }
}

/// sqlx takes the checksum of each text, as it stands in the databases that have the migration.
fn migrator(files: &[Embedded]) -> Migrator {
    let migration = |file: &Embedded| {
        sqlx::migrate::Migration::new(
            file.version,
            file.name.into(),
            MigrationType::Simple,
            file.sql.into_sql_str(),
            // Every migration runs in the transaction of all of them.
            false,
        )
    };
    Migrator::with_migrations(files.iter().map(migration).collect())
}

/// A migration, and whether a database has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its number.
    pub version: i64,
    /// What it is about.
    pub name: String,
    /// When it was applied, RFC 3339, UTC; `None` when it was not.
    pub applied_at: Option<String>,
}

/// What a database says of the migrations it has, beside those that this program knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct History {
    pub(crate) applied: Vec<Applied>,
    known: Vec<(i64, String, String)>,
}

/// A migration that a database has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Applied {
    version: i64,
    name: String,
    checksum: String,
    at: String,
}

impl History {
    /// Whether it begins as ours does: other programs record their migrations in a table of the same name.
    pub(crate) fn is_ours(&self) -> bool {
        match (self.applied.first(), self.known.first()) {
            (Some(applied), Some((version, name, _))) => applied.version == *version && applied.name == *name,
            _ => false,
        }
    }

    /// Passes a history that this program can continue.
    ///
    /// # Errors
    /// A sentence that names the versions this program does not know, or knows in another form.
    pub(crate) fn check(self) -> Result<Self, String> {
        let known = |version| self.known.iter().find(|(known, ..)| *known == version);
        let newest = self.known.last().map_or(0, |(version, ..)| *version);
        let of = |applied: Vec<&Applied>| {
            applied.iter().map(|applied| applied.version.to_string()).collect::<Vec<_>>().join(", ")
        };
        let unknown: Vec<_> = self.applied.iter().filter(|applied| known(applied.version).is_none()).collect();
        if !unknown.is_empty() {
            return Err(format!(
                "the database is newer than this version of Partbook: it has migration(s) {}, and the newest known here is \
                 {newest}. Start the version that applied them, or a later one",
                of(unknown)
            ));
        }
        let differs = |applied: &&Applied| known(applied.version).is_some_and(|(.., sum)| *sum != applied.checksum);
        let changed: Vec<_> = self.applied.iter().filter(differs).collect();
        if !changed.is_empty() {
            return Err(format!(
                "the database has migration(s) {} in another form than this version of Partbook knows. Start a released \
                 version, or restore a backup",
                of(changed)
            ));
        }
        Ok(self)
    }

    /// Every known migration, with what the database says of it.
    fn status(&self) -> Vec<Migration> {
        let at = |version| self.applied.iter().find(|applied| applied.version == version).map(|it| it.at.clone());
        let known = self.known.iter();
        known
            .map(|(version, name, _)| Migration { version: *version, name: name.clone(), applied_at: at(*version) })
            .collect()
    }
}

/// Applies what is missing to a database that is empty or ours, and returns what it applied.
///
/// # Errors
/// The database is somebody else's, newer than this program, or legacy; or a migration failed, and then none was applied.
pub async fn up(pool: &Pool) -> Result<Vec<Migration>, StartError> {
    match schema::detect(pool).await? {
        Found::Empty | Found::Ours(_) => bring_up_to_date(pool).await,
        Found::Legacy => Err(legacy()),
    }
}

/// Every migration this program knows, with what the database says of it. Changes nothing.
///
/// # Errors
/// The database is somebody else's, newer than this program, or legacy.
pub async fn status(pool: &Pool) -> Result<Vec<Migration>, StartError> {
    match schema::detect(pool).await? {
        Found::Empty => Ok(History { applied: Vec::new(), known: known(pool) }.status()),
        Found::Ours(history) => Ok(history.status()),
        Found::Legacy => Err(legacy()),
    }
}

fn legacy() -> StartError {
    StartError::Unfit(
        "this is a legacy catalog: `partbook serve` serves it as it is, and no migration is ever applied to it. Adopting \
         it, so that Partbook's migrations apply, is not part of this tool yet"
            .to_owned(),
    )
}

/// Reads the history of a database that has the table.
pub(crate) async fn history(pool: &Pool) -> Result<History, StartError> {
    let query = match pool {
        Pool::Postgres(..) => {
            "select version::text, description, encode(checksum, 'hex'),
                to_char(installed_on at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
        }
        Pool::Sqlite(..) => {
            "select cast(version as text), description, lower(hex(checksum)),
                strftime('%Y-%m-%dT%H:%M:%SZ', installed_on)"
        }
    };
    let rows = match text_rows(pool, format!("{query} from {HISTORY} order by version")).await {
        Ok(rows) => rows,
        Err(sqlx::Error::Database(error)) => {
            return Err(StartError::Unfit(format!(
                "the history of migrations in the table {HISTORY} cannot be read: {}",
                reason(&sqlx::Error::Database(error))
            )));
        }
        Err(error) => return Err(error.into()),
    };
    let applied = rows.into_iter().filter_map(|row| {
        let [version, name, checksum, at] = <[Option<String>; 4]>::try_from(row).ok()?;
        Some(Applied {
            version: version?.parse().ok()?,
            name: name.unwrap_or_default(),
            checksum: checksum.unwrap_or_default(),
            at: at.unwrap_or_default(),
        })
    });
    Ok(History { applied: applied.collect(), known: known(pool) })
}

/// Number, name and checksum of the migrations for this database.
fn known(pool: &Pool) -> Vec<(i64, String, String)> {
    let migrator = embedded(pool);
    migrator.iter().map(|it| (it.version, it.description.to_string(), hex(&it.checksum))).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Applies what is missing to a database that is known to be empty or ours. One that lacks nothing is only read: the
/// service's role need not have the right to create anything.
pub(crate) async fn bring_up_to_date(pool: &Pool) -> Result<Vec<Migration>, StartError> {
    schema::use_write_ahead_log(pool).await?;
    let before = match schema::detect(pool).await? {
        Found::Ours(history) => history.status(),
        _ => History { applied: Vec::new(), known: known(pool) }.status(),
    };
    let missing: Vec<Migration> = before.into_iter().filter(|migration| migration.applied_at.is_none()).collect();
    if missing.is_empty() {
        return Ok(missing);
    }
    let mut migrator = embedded(pool);
    // Both ways below hold a lock that a pooler does not lose.
    migrator.set_locking(false);
    let applied = match pool {
        Pool::Postgres(pool, ..) => apply_postgres(pool, &migrator).await,
        Pool::Sqlite(pool, _) => apply_sqlite(pool, &migrator).await,
    };
    applied.map_err(|error| failed(&error))?;
    Ok(missing)
}

fn failed(error: &MigrateError) -> StartError {
    let text = match error {
        MigrateError::Execute(error) => reason(error),
        MigrateError::ExecuteMigration(error, version) => format!("migration {version}: {}", reason(error)),
        error => error.to_string(),
    };
    let hint = if text.contains("permission denied") { "; the role needs the right to create tables" } else { "" };
    StartError::Migration(format!("{text}{hint}"))
}

/// On a connection of its own, since the migrator leaves prepared statements behind. Everything happens in one
/// transaction, which a pooler keeps on one server connection.
async fn apply_postgres(pool: &PgPool, migrator: &Migrator) -> Result<(), MigrateError> {
    let mut connection = pool.acquire().await?.detach();
    let mut transaction = connection.begin().await?;
    // What an earlier run left on a server connection that a pooler hands on would be in the way.
    raw_sql("deallocate all").execute(&mut *transaction).await?;
    raw_sql(AssertSqlSafe(format!("select pg_advisory_xact_lock({LOCK})"))).execute(&mut *transaction).await?;
    // Where the history is, there the next tables go, even if a schema has since come before it on the search path.
    let stay = format!(
        "select set_config('search_path', quote_ident(n.nspname) || ', ' || current_setting('search_path'), true)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = to_regclass('{HISTORY}')"
    );
    raw_sql(AssertSqlSafe(stay)).execute(&mut *transaction).await?;
    migrator.run(&mut *transaction).await?;
    raw_sql("deallocate all").execute(&mut *transaction).await?;
    transaction.commit().await?;
    connection.close().await?;
    Ok(())
}

/// SQLite's write lock, taken at once, makes two processes that start on one file take turns.
async fn apply_sqlite(pool: &SqlitePool, migrator: &Migrator) -> Result<(), MigrateError> {
    let mut transaction = pool.begin_with("begin immediate").await?;
    migrator.run(&mut *transaction).await?;
    transaction.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What released versions wrote into the databases that they brought up to date; a database whose history says
    /// anything else is refused. To be added to, never to be changed.
    const RELEASED_POSTGRES: &[(i64, &str, &str)] = &[
        (
            1,
            "catalog",
            "db93ec66396287a7a516295949a9a3b9f8a3ef185327f3d393e361073daed3a813da222ff6f2c99dad5fa5defc5dbef4",
        ),
        (
            2,
            "lookup indexes",
            "02d256ddce25adc416f4ed84d02406a720e8ac2ad0e99f1895c026cb0699d311b8fa9ac42ee7c780a005363b19456f37",
        ),
        (
            3,
            "null safe keys",
            "7ed73d4d2a29ce6897a8d2407bca6089fa1d1a8fad685a6e8c66a6f3ac13fc09a961cbbb618f0ce51fc4e649b2229636",
        ),
        (
            4,
            "idempotency keys",
            "ca1637660dbfe1f2957d9d2aaf0618c21641face60a5dc7d525352508b7b4bbe3ee17261aeef60ab5017a22569a052f8",
        ),
    ];
    const RELEASED_SQLITE: &[(i64, &str, &str)] = &[
        (
            1,
            "catalog",
            "8beed2f73a12d594f91a2148d37907ab8ab19723ecc33b3cdf582440b608f66e29a97916ded6f39a89611a0c57da92a6",
        ),
        (
            2,
            "lookup indexes",
            "cd2ed61a99d3547bbd184d44ea70e7a98b6eaf6e505659c65b65ef8500b875c4e2dac0ebf6b99e94513538e7b5f3ac73",
        ),
        (
            3,
            "null safe keys",
            "7ed73d4d2a29ce6897a8d2407bca6089fa1d1a8fad685a6e8c66a6f3ac13fc09a961cbbb618f0ce51fc4e649b2229636",
        ),
        (
            4,
            "idempotency keys",
            "c8d186b1cd6795777f1926ef55043f9e5f0f646d7f817b259cad47a6970bdf62607974feaaa8701b9cb9c90905c194b1",
        ),
    ];

    #[test]
    fn released_migrations_keep_their_checksums() {
        for (files, released) in [(POSTGRES, RELEASED_POSTGRES), (SQLITE, RELEASED_SQLITE)] {
            let migrator = migrator(files);
            let embedded: Vec<_> =
                migrator.iter().map(|it| (it.version, &*it.description, hex(&it.checksum))).collect();
            let released: Vec<_> =
                released.iter().map(|(version, name, sum)| (*version, *name, (*sum).to_owned())).collect();
            assert_eq!(embedded[..released.len()], released);
        }
    }

    #[test]
    fn both_databases_have_the_same_migrations() {
        let names = |files: &'static [Embedded]| files.iter().map(|it| (it.version, it.name)).collect::<Vec<_>>();
        assert_eq!(names(POSTGRES), names(SQLITE));
    }
}
