//! The harness itself, where it could be wrong without any test failing.

use partbook_test_support::contract::{Kind, LISTING, entities};
use partbook_test_support::{Backend, Database, backends};

backends!(every_test_has_a_database_of_its_own: Sqlite, Postgres, Legacy);
async fn every_test_has_a_database_of_its_own(backend: Backend) {
    let (one, other) = (Database::create(backend), Database::create(backend));
    one.sql("create table mark (id int); insert into mark values (7), (null)").await;
    other.sql("create table mark (id int)").await;
    let rows = one.rows("select id, 'x' from mark order by id is null").await;
    assert_eq!(rows, [[Some("7".to_owned()), Some("x".to_owned())], [None, Some("x".to_owned())]]);
    assert!(other.rows("select id from mark").await.is_empty());
}

backends!(a_schema_shows_what_was_done_to_it: Sqlite, Postgres, Legacy);
async fn a_schema_shows_what_was_done_to_it(database: Database) {
    let before = database.schema().await;
    database.sql("create table mark (id int)").await;
    let with_table = database.schema().await;
    assert_ne!(before, with_table);
    database.sql("create index mark_id on mark (id)").await;
    assert_ne!(with_table, database.schema().await);
    database.sql("drop table mark").await;
    assert_eq!(before, database.schema().await);
}

#[tokio::test]
async fn the_awkward_rows_load_into_the_legacy_schema() {
    let database = Database::legacy_with_rows();
    let count = database.value("select count(*) from listing").await;
    assert_ne!(count.as_deref(), Some("0"));
}

#[test]
fn the_tables_of_the_contract_agree_with_each_other() {
    for entity in entities() {
        let (minimal, full) = ((entity.minimal)(1), (entity.full)(1));
        for limit in entity.limits() {
            let (name, field) = (entity.name, limit.field);
            if limit.required {
                assert!(minimal.get(field).is_some(), "{name}.{field}");
            }
            // References need rows, which a body alone cannot have.
            if !matches!(limit.kind, Kind::Reference(_)) {
                assert!(full.get(field).is_some(), "{name}.{field}");
            }
        }
        let mut sent =
            [&minimal, &full].into_iter().filter_map(serde_json::Value::as_object).flat_map(serde_json::Map::keys);
        let unknown = sent.find(|key| entity.limits().all(|limit| limit.field != *key));
        assert_eq!(unknown, None, "of {}", entity.name);
        for through in entity.used_through {
            let reference = LISTING.limits().find(|limit| limit.field == *through);
            assert_eq!(reference.map(|limit| limit.kind), Some(Kind::Reference(entity.name)));
        }
    }
}
