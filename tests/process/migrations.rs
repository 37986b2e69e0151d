//! What is recorded of a migration, in `migrations/*/NNNN_name.schema`, is what it does: drift is told by it.

use std::path::{Path, PathBuf};
use std::{env, fs};

use partbook_database::catalogue::{Definition, read_definitions};
use partbook_database::{DatabaseUrl, OwnTables, Pool, PoolSettings, StartError};
use partbook_migrate::{Goal, Migrator, NoPrecaution};
use partbook_test_support::{Database, backends};

async fn definitions(pool: &Pool) -> Vec<Definition> {
    let own = OwnTables::of(pool).await.expect("a database");
    let mut definitions = read_definitions(pool, &own).await.expect("a schema");
    definitions.retain(|definition| !own.is_ours(&definition.table));
    definitions
}

fn directory(database: &Database) -> PathBuf {
    let name = if database.url().starts_with("sqlite") { "sqlite" } else { "postgres" };
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../migrations").join(name)
}

backends!(a_migration_does_what_is_recorded_of_it);
async fn a_migration_does_what_is_recorded_of_it(database: Database) {
    let url = DatabaseUrl::parse(&database.url()).expect("a URL");
    let pool = Pool::connect(&url, &PoolSettings::default()).await.expect("a database");
    let mut before = Vec::new();
    let migrator = Migrator::new(&pool).await.expect("a database");
    for migration in migrator.status().await.expect("the migrations").migrations {
        let with = migration.is_optional.then(|| migration.name.replace(' ', "_")).into_iter().collect();
        let goal = Goal::Up { last: Some(migration.version), count: None, with };
        let plan = migrator.plan(goal).await.expect("a migration");
        let applied = migrator.apply(&plan, Some("to be recorded"), &NoPrecaution, &mut |_| {}).await;
        // What is not recorded yet is told as drift.
        assert!(matches!(applied, Ok(()) | Err(StartError::Stuck(_))), "{applied:?}");
        let after = definitions(&pool).await;
        let effect = partbook_migrate::effect(&before, &after);
        let file = format!("{:04}_{}.schema", migration.version, migration.name.replace(' ', "_"));
        let file = directory(&database).join(file);
        // As the snapshots of insta are accepted.
        if env::var("INSTA_UPDATE").as_deref() == Ok("always") {
            fs::write(&file, &effect).expect("a file that can be written");
        }
        let recorded = fs::read_to_string(&file).unwrap_or_default();
        assert_eq!(recorded, effect, "{}: INSTA_UPDATE=always records what it does", file.display());
        before = after;
    }
    pool.close().await;
}
