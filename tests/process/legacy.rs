//! A legacy database that lacks something is not served.

use partbook_test_support::{Backend, Database, partbook};

#[tokio::test]
async fn what_is_missing_is_named() {
    for (change, missing) in [
        ("drop table port", "port"),
        ("drop table listing_score_snapshot", "listing_score_snapshot"),
        ("alter table cpu drop column igpu_mark", "igpu_mark"),
        ("alter table listing drop column other_urls", "other_urls"),
        ("alter table ram_spec rename column speed_mhz to speed", "speed_mhz"),
    ] {
        let database = Database::create(Backend::Legacy);
        database.sql(change).await;
        let before = database.schema().await;
        let finished = partbook(&["serve", "--listen", "127.0.0.1:0"]).env("DATABASE_URL", &database.url()).run().await;
        assert!(!finished.status.success(), "{change}");
        assert!(finished.stderr.contains(missing), "{change}: {finished:?}");
        assert_eq!(database.schema().await, before);
    }
}
