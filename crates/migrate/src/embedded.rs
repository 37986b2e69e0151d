//! Our migrations, embedded in the binary.
//!
//! The two directories under `migrations/` hold the same versions under the same names. A migration that has been
//! released is never edited; and none may hold a statement that cannot run in a transaction.

use partbook_database::{Dialect, Pool};
use sqlx::SqlSafeStr as _;
use sqlx::migrate::{MigrationType, Migrator};

/// A file of `migrations/`, as `build.rs` finds it.
pub(crate) struct Embedded {
    pub(crate) version: i64,
    pub(crate) name: &'static str,
    pub(crate) sql: &'static str,
    /// The script that takes it back; none where it cannot be.
    pub(crate) down: Option<&'static str>,
    /// What it adds to the schema and takes from it: see `drift::expected`.
    pub(crate) schema: &'static str,
}

include!(concat!(env!("OUT_DIR"), "/migrations.rs"));

/// The migrations for a pool's database, in their order.
pub(crate) fn embedded(pool: &Pool) -> &'static [Embedded] {
    embedded_for(Dialect::of(pool))
}

/// The migrations for a database, in their order.
pub(crate) fn embedded_for(dialect: Dialect) -> &'static [Embedded] {
    match dialect {
        Dialect::Postgres => POSTGRES,
        Dialect::Sqlite => SQLITE,
    }
}

/// The runner of the first migrations, up to a version or all of them.
pub(crate) fn migrator(pool: &Pool, last: Option<i64>) -> Migrator {
    let files = embedded(pool);
    let count = last.map_or(files.len(), |last| files.iter().filter(|file| file.version <= last).count());
    migrator_of(&files[..count])
}

/// sqlx takes the checksum of each text, as it stands in the databases that have the migration.
fn migrator_of(files: &[Embedded]) -> Migrator {
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

/// A migration that this program knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub(crate) version: i64,
    pub(crate) name: String,
    /// SHA-384 of its text, hexadecimal.
    pub(crate) checksum: String,
}

/// The migrations that this program knows for a pool's database, in their order.
pub(crate) fn known(pool: &Pool) -> Vec<Known> {
    let known = |migration: &sqlx::migrate::Migration| Known {
        version: migration.version,
        name: migration.description.to_string(),
        checksum: hex(&migration.checksum),
    };
    migrator(pool, None).iter().map(known).collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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
            let migrator = migrator_of(files);
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
