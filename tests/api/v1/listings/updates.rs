//! PUT, PATCH and DELETE of a listing, and what none of them touches.

use serde_json::{Value, json};

use super::{full_with, minimal, parts, with};
use partbook_test_support::contract::LISTING;
use partbook_test_support::{Method, Service, backends};

/// Columns that the valuation of another service writes, and that no request here may.
const OF_OTHERS: &str = "raw_listing_json, adjusted_price_usd, valuation_breakdown, score_composite, perf_per_watt, \
    dollar_per_cpu_mark_multi_adjusted, vendor_item_id, marketplace, provenance, dedup_hash, quality, \
    extraction_metadata, missing_fields";

async fn value_it(service: &Service, id: &Value) {
    service
        .sql(&format!(
            "update listing set raw_listing_json = '{{\"image_url\": \"https://img.example/1.jpg\"}}',
             adjusted_price_usd = 90.5, valuation_breakdown = '{{\"z\": 1, \"a\": null}}', score_composite = 7.25,
             perf_per_watt = 3.5, dollar_per_cpu_mark_multi_adjusted = 0.5, vendor_item_id = 'v{id}',
             marketplace = 'ebay', provenance = 'import', dedup_hash = 'abc', quality = 'partial',
             extraction_metadata = '{{\"by\": 1}}',
             missing_fields = '[\"ram\"]' where id = {id}"
        ))
        .await;
}

backends!(columns_of_the_valuation_are_never_written);
async fn columns_of_the_valuation_are_never_written(service: Service) {
    let row = minimal(&service).await;
    let path = LISTING.at(&row["id"]);
    value_it(&service, &row["id"]).await;
    let query = format!("select {OF_OTHERS} from listing");
    let before = service.rows(&query).await;
    let mut body = full_with(&parts(&service).await);
    // As a client that sends back the whole row does.
    body["adjusted_price_usd"] = json!(1);
    body["valuation_breakdown"] = json!({"total": 1});
    body["score_composite"] = json!(99);
    body["thumbnail_url"] = json!("https://img.example/other.jpg");
    body["quality"] = json!("full");
    body["id"] = json!(4_711);
    let replaced = service.put(&path, &body).await.expect(200).json();
    assert_eq!(replaced["id"], row["id"]);
    assert_eq!(replaced["adjusted_price_usd"], json!(90.5));
    assert_eq!(service.rows(&query).await, before);
    service.patch(&path, &body).await.expect(200);
    service.patch(&path, &json!({"adjusted_price_usd": 2, "notes": "x"})).await.expect(200);
    assert_eq!(service.rows(&query).await, before);
}

backends!(put_restores_what_it_leaves_out);
async fn put_restores_what_it_leaves_out(service: Service) {
    let row = service.created(LISTING.path, &full_with(&parts(&service).await)).await;
    let path = LISTING.at(&row["id"]);
    let replaced = service.put(&path, &json!({"title": "Mini PC", "price_usd": 100})).await.expect(200).json();
    let fresh = minimal(&service).await;
    for limit in LISTING.limits() {
        assert_eq!(replaced[limit.field], fresh[limit.field], "{}", limit.field);
    }
    assert_eq!(replaced["created_at"], row["created_at"]);
    assert!(replaced["updated_at"].as_str() > row["updated_at"].as_str());
    for body in [json!({"title": "Mini PC"}), json!({"price_usd": 1}), json!({"title": "Mini PC", "price_usd": null})] {
        service.put(&path, &body).await.problem(422);
    }
}

backends!(patch_merges);
async fn patch_merges(service: Service) {
    let mut body = (LISTING.minimal)(1);
    body["attributes"] = json!({"color": "black", "ports": {"usb": 4, "hdmi": 1}});
    body["other_components"] = json!(["a", "b"]);
    let path = LISTING.at(&service.created(LISTING.path, &body).await["id"]);
    let change = json!({"attributes": {"ports": {"usb": null, "dp": 2}, "vesa": true}, "other_components": ["c"]});
    let row = service.request(Method::PATCH, &path).merge_patch(&change).send().await.expect(200).json();
    assert_eq!(row["attributes"], json!({"color": "black", "ports": {"hdmi": 1, "dp": 2}, "vesa": true}));
    assert_eq!(row["other_components"], json!(["c"]));
    assert_eq!(row["title"], body["title"]);
}

backends!(a_patched_null_restores_the_default);
async fn a_patched_null_restores_the_default(service: Service) {
    let path = LISTING.at(&service.created(LISTING.path, &(LISTING.full)(1)).await["id"]);
    let fresh = minimal(&service).await;
    for limit in LISTING.limits() {
        let answer = service.patch(&path, &json!({limit.field: null})).await;
        if limit.required {
            assert_eq!(answer.problem(422).places(), [format!("#/{}", limit.field)]);
        } else {
            assert_eq!(answer.expect(200).json()[limit.field], fresh[limit.field], "{}", limit.field);
        }
    }
}

backends!(a_change_of_nothing_writes_nothing);
async fn a_change_of_nothing_writes_nothing(service: Service) {
    let row = service.created(LISTING.path, &full_with(&parts(&service).await)).await;
    let path = LISTING.at(&row["id"]);
    // The whole row as it is shown, nested rows and computed members included.
    for body in [json!({}), json!({"title": row["title"]}), row.clone()] {
        assert_eq!(service.patch(&path, &body).await.expect(200).json(), row);
        assert_eq!(service.get(&path).await.json(), row);
    }
    assert_eq!(service.put(&path, &row).await.expect(200).json(), row);
    let changed = service.patch(&path, &json!({"notes": "changed"})).await.expect(200).json();
    assert!(changed["updated_at"].as_str() > row["updated_at"].as_str());
    assert_eq!(changed["created_at"], row["created_at"]);
}

backends!(an_old_row_stays_editable);
async fn an_old_row_stays_editable(service: Service) {
    let id = minimal(&service).await["id"].clone();
    let path = LISTING.at(&id);
    service
        .sql(&format!(
            "update listing set price_usd = null, ram_gb = -4, condition = 'mint', status = 'sold',
             listing_url = 'ebay item 5', title = '' where id = {id}"
        ))
        .await;
    let row = service.get(&path).await.expect(200).json();
    assert_eq!(row["price_usd"], Value::Null);
    assert_eq!((&row["condition"], &row["status"]), (&json!("mint"), &json!("sold")));
    let mut whole = row.clone();
    whole["notes"] = json!("changed");
    for body in [json!({"notes": "other"}), whole] {
        let changed = service.patch(&path, &body).await.expect(200).json();
        assert_eq!(changed["notes"], body["notes"]);
        assert_eq!(changed["ram_gb"], json!(-4));
        assert_eq!(changed["condition"], "mint");
    }
    // Today's rules hold for what is changed.
    let faults = json!({"ram_gb": -5, "condition": "minty", "listing_url": "ebay item 6"});
    assert_eq!(service.patch(&path, &faults).await.problem(422).faults.len(), 3);
    assert_eq!(
        service.patch(&path, &json!({"price_usd": 5})).await.expect(200).json()["price_usd"].as_f64(),
        Some(5.0)
    );
    service.patch(&path, &json!({"price_usd": null})).await.problem(422);
}

backends!(a_delete_takes_what_belongs_to_the_listing);
async fn a_delete_takes_what_belongs_to_the_listing(service: Service) {
    let parts = parts(&service).await;
    let id = service.created(LISTING.path, &full_with(&parts)).await["id"].clone();
    service
        .sql(&format!(
            "insert into listing_component (listing_id, component_type, quantity, created_at, updated_at)
                 values ({id}, 'ram', 1, '2024-01-01T00:00:00.000000Z', '2024-01-01T00:00:00.000000Z');
             insert into listing_score_snapshot (listing_id, profile_id) values ({id}, {})",
            parts["active_profile_id"]
        ))
        .await;
    let path = LISTING.at(&id);
    let answer = service.delete(&path).await.expect(204);
    assert!(answer.body.is_empty());
    for table in ["listing", "listing_component", "listing_score_snapshot"] {
        assert!(service.rows(&format!("select id from {table}")).await.is_empty(), "{table}");
    }
    for answer in [
        service.get(&path).await,
        service.delete(&path).await,
        service.patch(&path, &json!({})).await,
        service.put(&path, &(LISTING.minimal)(1)).await,
    ] {
        assert_eq!(answer.problem(404).detail, format!("Listing with id {id} not found"));
    }
    // The parts were used by it alone.
    let cpu = format!("/v1/catalog/cpus/{}", parts["cpu_id"]);
    service.delete(&cpu).await.expect(204);
}

backends!(the_patch_shape_of_the_legacy_service_is_refused);
async fn the_patch_shape_of_the_legacy_service_is_refused(service: Service) {
    let row = minimal(&service).await;
    let path = LISTING.at(&row["id"]);
    let body = with("fields", &json!({"title": "Other"}));
    for answer in
        [service.post(LISTING.path, &body).await, service.put(&path, &body).await, service.patch(&path, &body).await]
    {
        assert_eq!(answer.problem(422).places(), ["#/fields"]);
    }
    service.patch(&path, &json!({"fields": {}, "attributes": {"a": 1}})).await.problem(422);
    assert_eq!(service.get(LISTING.path).await.array(), [row]);
}

backends!(an_unknown_member_is_ignored: Sqlite);
async fn an_unknown_member_is_ignored(service: Service) {
    let row = service.created(LISTING.path, &with("warp_factor", &json!(9))).await;
    assert!(row.get("warp_factor").is_none());
    let path = LISTING.at(&row["id"]);
    assert_eq!(service.patch(&path, &json!({"warp_factor": 9})).await.expect(200).json(), row);
}

backends!(two_different_changes_under_two_names_are_refused: Sqlite);
async fn two_different_changes_under_two_names_are_refused(service: Service) {
    let path = LISTING.at(&minimal(&service).await["id"]);
    let same = json!({"url": "https://a.example/", "listing_url": "https://a.example/"});
    assert_eq!(service.patch(&path, &same).await.expect(200).json()["listing_url"], "https://a.example/");
    let different = json!({"url": "https://b.example/", "listing_url": "https://c.example/"});
    service.patch(&path, &different).await.problem(422);
}
