//! Migrations that a database need not have, and those that an older version does not know.

use super::{Directory, failed, migrate, newest, states, succeeded, without};
use partbook_test_support::{Database, Server, backends, partbook};

backends!(an_optional_migration_is_applied_when_it_is_asked_for);
async fn an_optional_migration_is_applied_when_it_is_asked_for(database: Database) {
    let directory = Directory::new();
    directory.add_table("9001", "diary", "-- partbook: optional: for those who want one\n");
    directory.add_table(
        "9002",
        "nowhere",
        "-- partbook: optional: nobody needs it\n-- partbook: unavailable: there is no such thing\n",
    );
    directory.add_table("9003", "later", "");
    let there = ["--directory", directory.path()];
    let with = |arguments: &[&'static str]| -> Vec<&str> { arguments.iter().copied().chain(there).collect() };
    succeeded(migrate(&database, &with(&["up"])).await);
    let newest = newest();
    let of_new = async || {
        let states = states(&database, &there).await.into_iter().filter(|(version, _)| *version > 9000);
        states.map(|(_, state)| state).collect::<Vec<_>>()
    };
    assert_eq!(of_new().await, ["available", "impossible", "applied"]);
    // Absent, it is neither pending nor drift.
    succeeded(migrate(&database, &with(&["status"])).await);
    succeeded(migrate(&database, &with(&["drift"])).await);
    failed(&migrate(&database, &with(&["up", "--with", "nowhere"])).await, 1, "there is no such thing");
    failed(&migrate(&database, &with(&["up", "--with", "later"])).await, 1, "diary, nowhere");
    succeeded(migrate(&database, &with(&["up", "--with", "diary"])).await);
    assert_eq!(of_new().await, ["applied", "impossible", "applied"]);
    succeeded(migrate(&database, &with(&["drift"])).await);
    succeeded(migrate(&database, &["down", "--to", &newest, there[0], there[1]]).await);
    assert_eq!(of_new().await, ["available", "impossible", "pending"]);
}

backends!(an_older_version_serves_what_takes_nothing_away_from_it);
async fn an_older_version_serves_what_takes_nothing_away_from_it(database: Database) {
    let directory = Directory::new();
    directory.add_table("9001", "diary", "-- partbook: compatible: who does not know the table does not ask for it\n");
    let there = ["--directory", directory.path()];
    succeeded(migrate(&database, &["up", there[0], there[1]]).await);
    // The program knows nothing of it.
    let status = succeeded(migrate(&database, &["status"]).await);
    assert!(status.contains("not known to this version"), "{status}");
    succeeded(migrate(&database, &["drift"]).await);
    let service = Server::options().start_on(&database).await;
    service.get("/v1/catalog/cpus").await.expect(200);
    assert!(service.stop().await.success());
    failed(&migrate(&database, &["down"]).await, 1, "migration 9001 is not known to this version");
    // One that takes something away stops it.
    directory.add_table("9002", "contract", "");
    succeeded(migrate(&database, &["up", there[0], there[1]]).await);
    failed(&migrate(&database, &["status"]).await, 2, "migration 9002 is applied");
    let serve = partbook(&["serve", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", &database.url()).run().await;
    failed(&serve, 1, "migration(s) 9002");
}

backends!(a_start_that_may_not_migrate_leaves_the_schema);
async fn a_start_that_may_not_migrate_leaves_the_schema(database: Database) {
    let serve = partbook(&["serve", "--listen", "127.0.0.1:0", "--no-migrate"]).env("DATABASE_URL", &database.url());
    failed(&serve.run().await, 1, "`partbook migrate up`");
    succeeded(migrate(&database, &["up"]).await);
    without(&database, 8..=9).await;
    let before = database.schema().await;
    let service = Server::options().env("PARTBOOK_NO_MIGRATE", "true").start_on(&database).await;
    service.get("/v1/catalog/cpus").await.expect(200);
    assert!(service.stop().await.success());
    assert_eq!(database.schema().await, before);
}
