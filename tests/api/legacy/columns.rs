//! Columns that the API does not show are never written, and only those that are needed have to be there.

use serde_json::json;

use partbook_test_support::contract::{CPU, LISTING, PROFILE, catalog, entities};
use partbook_test_support::{Backend, Database, Service};

/// Everything in a row that the API does not show.
const HIDDEN: [(&str, &str); 3] = [
    (
        "cpu",
        "price_target_good, price_target_great, price_target_fair, price_target_sample_size, price_target_confidence,
         price_target_stddev, price_target_updated_at, dollar_per_mark_single, dollar_per_mark_multi,
         performance_value_percentile, performance_value_rating, performance_metrics_updated_at",
    ),
    ("profile", "rule_group_weights"),
    (
        "listing",
        "raw_listing_json, vendor_item_id, marketplace, provenance, last_seen_at, dedup_hash, quality,
         extraction_metadata, missing_fields, ruleset_id, adjusted_price_usd, valuation_breakdown, score_composite",
    ),
];

#[tokio::test]
async fn what_is_not_shown_is_not_touched() {
    let service = Service::legacy_with_rows().await;
    for (entity, (table, columns)) in [&CPU, &PROFILE, &LISTING].into_iter().zip(HIDDEN) {
        let query = format!("select {columns} from {table} where id = 1");
        let before = service.rows(&query).await;
        let path = entity.at(&json!(1));
        let mut body = (entity.full)(1);
        if entity.name == "profile" {
            body["is_default"] = json!(true);
        }
        service.put(&path, &body).await.expect(200);
        service
            .patch(&path, &json!({"price_target_good": 1, "rule_group_weights": {}, "quality": "x", "notes": "y"}))
            .await
            .expect(200);
        assert_eq!(service.rows(&query).await, before, "{table}");
    }
}

/// What answers show or requests write, by table.
fn needed() -> Vec<(&'static str, Vec<String>)> {
    let own = ["id", "created_at", "updated_at"];
    let column = |field: &str| if field == "attributes" { "attributes_json" } else { field }.to_owned();
    let mut needed: Vec<(&str, Vec<String>)> = entities()
        .into_iter()
        .map(|entity| {
            let fields = entity.limits().filter(|limit| limit.field != "ports").map(|limit| column(limit.field));
            (entity.table, fields.chain(own.map(str::to_owned)).collect())
        })
        .collect();
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    needed[0].1.extend(words(
        "ruleset_id adjusted_price_usd valuation_breakdown score_cpu_multi score_cpu_single score_gpu score_composite \
         dollar_per_cpu_mark dollar_per_single_mark perf_per_watt dollar_per_cpu_mark_single \
         dollar_per_cpu_mark_single_adjusted dollar_per_cpu_mark_multi dollar_per_cpu_mark_multi_adjusted \
         raw_listing_json",
    ));
    needed.push(("port", words("id ports_profile_id type count spec_notes created_at updated_at")));
    needed.push((
        "listing_component",
        words("id listing_id component_type name quantity metadata_json adjustment_value_usd created_at updated_at"),
    ));
    needed.push(("listing_score_snapshot", words("listing_id profile_id")));
    needed
}

/// Starts, demands that it does not, and answers the line that says why.
async fn refusal(database: &Database) -> String {
    let refusal = Service::options().try_start_on(database).await.expect_err("a refusal");
    assert_eq!(refusal.trim_end().lines().count(), 1, "{refusal}");
    refusal
}

#[tokio::test]
async fn every_missing_table_is_named() {
    let database = Database::create(Backend::Legacy);
    let tables = needed();
    assert_eq!(tables.len(), entities().len() + 3, "the entities, and the three tables of the contract beside them");
    for (table, _) in tables {
        database.sql(&format!("alter table {table} rename to gone")).await;
        let text = refusal(&database).await;
        assert!(text.contains(table), "{table}: {text}");
        database.sql(&format!("alter table gone rename to {table}")).await;
    }
    Service::options().start_on(&database).await.get("/health").await.expect(200);
}

#[tokio::test]
async fn every_missing_column_is_named() {
    let database = Database::create(Backend::Legacy);
    for (table, columns) in needed() {
        // One by itself, and all together.
        let column = columns.last().expect("a column");
        for missing in [std::slice::from_ref(column), &columns] {
            let rename = |from: &str, to: &str| {
                let rename = |column| format!("alter table {table} rename column {column}{from} to {column}{to};");
                missing.iter().map(rename).collect::<String>()
            };
            database.sql(&rename("", "_gone")).await;
            let text = refusal(&database).await;
            for column in missing {
                assert!(text.contains(&format!("{table}.{column}")), "{table}.{column}: {text}");
            }
            database.sql(&rename("_gone", "")).await;
        }
    }
    Service::options().start_on(&database).await.get("/health").await.expect(200);
}

#[tokio::test]
async fn what_is_not_needed_may_be_missing() {
    let database = Database::create(Backend::Legacy);
    database
        .sql(
            "drop table alembic_version; drop table custom_field_definition; drop table valuation_ruleset cascade;
             alter table cpu drop column price_target_good, drop column performance_value_rating;
             alter table profile drop column rule_group_weights;
             alter table listing drop column quality, drop column missing_fields, drop column vendor_item_id",
        )
        .await;
    let service = Service::options().start_on(&database).await;
    for entity in entities() {
        let row = service.created(entity.path, &(entity.full)(1)).await;
        service.get(&entity.at(&row["id"])).await.expect(200);
    }
}

#[tokio::test]
async fn what_is_more_does_not_matter() {
    let database = Database::create(Backend::Legacy);
    database
        .sql(
            "create table users (id serial primary key);
             create view dear as select * from listing where price_usd > 1000;
             alter table cpu add column later text not null default 'x';
             alter table listing add column later int;
             delete from alembic_version; insert into alembic_version values ('0042_merge'), ('head'), ('');
             insert into cpu (name, manufacturer) values ('Old', 'x')",
        )
        .await;
    let before = database.schema().await;
    let service = Service::options().start_on(&database).await;
    for entity in catalog() {
        let row = service.created(entity.path, &(entity.full)(1)).await;
        service.put(&entity.at(&row["id"]), &(entity.full)(2)).await.expect(200);
        service.delete(&entity.at(&row["id"])).await.expect(204);
    }
    service.stop().await;
    assert_eq!(database.schema().await, before);
}
