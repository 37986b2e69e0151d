//! The trigram index of search, which on SQLite is made of tables of its own, is backed up, restored and taken back.

use serde_json::Value;

use super::{Store, everything, fill};
use partbook_test_support::process::Finished;
use partbook_test_support::{Database, Server, backends, partbook};

async fn succeed(database: &Database, arguments: &[&str]) -> Finished {
    let finished = partbook(arguments).env("DATABASE_URL", &database.url()).run().await;
    assert!(finished.status.success(), "{finished:?}");
    finished
}

async fn found(database: &Database) -> usize {
    let service = Server::options().start_on(database).await;
    let found = service.get("/v1/catalog/cpus?search=intel").await.expect(200).array().len();
    assert!(service.stop().await.success());
    found
}

backends!(a_database_with_a_trigram_index_is_restored);
async fn a_database_with_a_trigram_index_is_restored(database: Database) {
    let store = Store::new();
    succeed(&database, &["migrate", "up"]).await;
    let without = database.schema().await;
    fill(&database).await;
    let rows_without = store.create(&database).await["content"]["tables"].clone();
    succeed(&database, &["migrate", "up", "--with", "search_trigrams", "--yes", "--no-backup"]).await;
    assert_eq!(found(&database).await, 1);
    succeed(&database, &["migrate", "drift"]).await;
    succeed(&database, &["check"]).await;
    let manifest = store.create(&database).await;
    assert!(manifest["verified"].is_object(), "{manifest}");
    // What the index is made of is no rows.
    let names = |tables: &Value| tables.as_object().expect("tables").keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&manifest["content"]["tables"]), names(&rows_without));
    let (rows, schema) = (everything(&database).await, database.schema().await);
    assert_ne!(schema, without);
    database.sql("update cpu set name = name || '!', manufacturer = 'Nobody'").await;
    assert_eq!(found(&database).await, 0);
    store.succeed(&database, &["restore", "--yes", "--terminate"]).await;
    assert_eq!((everything(&database).await, database.schema().await), (rows, schema));
    assert_eq!(found(&database).await, 1);
    // A row that is added after it is found, too.
    database.sql("insert into cpu (name, manufacturer, attributes_json) values ('Xeon', 'Intel', '{}')").await;
    assert_eq!(found(&database).await, 2);
    let status = succeed(&database, &["migrate", "status", "--json"]).await;
    let status: Value = serde_json::from_str(&status.stdout).expect("JSON");
    let mut migrations = status["migrations"].as_array().expect("migrations").iter();
    let index = migrations.find(|migration| migration["name"] == "search trigrams").expect("the migration");
    let before = (index["version"].as_i64().expect("a version") - 1).to_string();
    succeed(&database, &["migrate", "down", "--to", &before, "--yes", "--no-backup"]).await;
    // What came after it.
    succeed(&database, &["migrate", "up", "--yes", "--no-backup"]).await;
    // PostgreSQL's extension stays, which others may use.
    if database.url().starts_with("sqlite") {
        assert_eq!(database.schema().await, without);
    }
    succeed(&database, &["migrate", "drift"]).await;
    assert_eq!(found(&database).await, 2);
}
