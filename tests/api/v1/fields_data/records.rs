//! `…/{entity}/records`: the rows of an entity in the shape of the Global Fields screen.

use serde_json::{Value, json};

use super::records_path;
use crate::v1::catalog::paging::links;
use partbook_test_support::contract::{
    CPU, Direction, Entity, GPU, LISTING, PORTS_PROFILE, PROFILE, RAM_SPEC, entities,
};
use partbook_test_support::{Method, Service, backends};

async fn records(service: &Service, entity: &Entity, query: &str) -> Vec<Value> {
    let page = service.get(&format!("{}{query}", records_path(entity))).await.expect(200).json();
    page["records"].as_array().expect("an array").clone()
}

/// A body of the catalog in the shape of this screen.
fn record(body: &Value) -> Value {
    let mut fields = body.as_object().expect("an object").clone();
    let attributes = fields.remove("attributes").unwrap_or_else(|| json!({}));
    json!({"fields": fields, "attributes": attributes})
}

backends!(records_show_the_rows);
async fn records_show_the_rows(service: Service) {
    for entity in entities() {
        let row = service.created(entity.path, &(entity.full)(1)).await;
        let page = service.get(&records_path(entity)).await.expect(200).json();
        assert_eq!((&page["entity"], &page["label"]), (&json!(entity.name), &json!(entity.plural)));
        assert_eq!(page["pagination"], json!({"total": 1, "limit": 50, "offset": 0}));
        let shown = &page["records"][0];
        assert_eq!(shown["id"], row["id"]);
        let attributes = row.get("attributes").cloned().unwrap_or_else(|| json!({}));
        assert_eq!(shown["attributes"], attributes, "{}", entity.name);
        for limit in entity.limits().filter(|limit| limit.field != "attributes") {
            assert_eq!(shown["fields"][limit.field], row[limit.field], "{}.{}", entity.name, limit.field);
        }
    }
}

backends!(records_come_in_pages);
async fn records_come_in_pages(service: Service) {
    let rows: Vec<String> = (1..=205).map(|n| format!("('GPU {n:03}', 'x')")).collect();
    service.sql(&format!("insert into gpu (name, manufacturer) values {}", rows.join(","))).await;
    assert_eq!(records(&service, &GPU, "").await.len(), 50);
    assert_eq!(records(&service, &GPU, "?limit=200").await.len(), 200);
    let page = service.get(&format!("{}?limit=2&offset=204", records_path(&GPU))).await.expect(200).json();
    assert_eq!(page["pagination"], json!({"total": 205, "limit": 2, "offset": 204}));
    assert_eq!(page["records"].as_array().map(Vec::len), Some(1));
    assert_eq!(page["records"][0]["fields"]["name"], "GPU 205");
    for (query, parameter) in
        [("limit=0", "limit"), ("limit=201", "limit"), ("offset=-1", "offset"), ("warp=9", "warp")]
    {
        let problem = service.get(&format!("{}?{query}", records_path(&GPU))).await.problem(422);
        assert_eq!(problem.places(), [parameter]);
    }
}

backends!(links_lead_through_the_records: Sqlite, Postgres, Legacy);
async fn links_lead_through_the_records(service: Service) {
    for entity in entities() {
        for n in 0..7 {
            service.create(entity, n).await;
        }
        let path = records_path(entity);
        let ids = |page: &Value| -> Vec<Value> {
            page["records"].as_array().expect("an array").iter().map(|record| record["id"].clone()).collect()
        };
        let all = ids(&service.get(&path).await.expect(200).json());
        for relation in ["next", "prev"] {
            let mut page = service.get(&format!("{path}?limit=2")).await.expect(200);
            if relation == "prev" {
                while let Some(next) = links(&page).remove("next") {
                    page = service.get(&next).await.expect(200);
                }
            }
            let mut shown = vec![ids(&page.json())];
            while let Some(target) = links(&page).remove(relation) {
                assert!(target.contains("cursor="), "{target}");
                page = service.get(&target).await.expect(200);
                let total = &page.json()["pagination"];
                assert_eq!(*total, json!({"total": all.len(), "limit": 2, "offset": 0}), "{target}");
                shown.push(ids(&page.json()));
            }
            if relation == "prev" {
                shown.reverse();
            }
            assert_eq!((shown.len(), shown.concat()), (all.len().div_ceil(2), all.clone()), "{path} {relation}");
        }
        // Of another list of the same rows.
        let of_the_catalog = links(&service.get(&format!("{}?limit=2", entity.path)).await.expect(200))["next"].clone();
        let (_, cursor) = of_the_catalog.split_once("cursor=").expect("a cursor");
        service.get(&format!("{path}?limit=2&cursor={cursor}")).await.problem(400);
        // By offset, links are offsets.
        let by_offset = links(&service.get(&format!("{path}?limit=2&offset=2")).await.expect(200));
        assert!(by_offset["next"].ends_with("offset=4") && by_offset["prev"].ends_with("offset=0"), "{by_offset:?}");
    }
}

backends!(records_have_an_order_of_their_own);
async fn records_have_an_order_of_their_own(service: Service) {
    for entity in entities() {
        let mut expected = Vec::new();
        for n in [2, 1, 3] {
            let row = service.create(entity, n).await;
            expected.push((row["id"].clone(), n));
        }
        match (entity.name, entity.order[0].1) {
            ("listing", Direction::Descending) => {
                for (id, n) in &expected {
                    let time = format!("2024-01-0{n}T00:00:00.000000Z");
                    service.sql(&format!("update listing set created_at = '{time}' where id = {id}")).await;
                }
                expected.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
            }
            // The last made comes first, whatever its capacity.
            ("ram_spec" | "storage_profile", _) => expected.reverse(),
            _ => expected.sort_by_key(|(_, n)| *n),
        }
        let shown: Vec<Value> = records(&service, entity, "").await.iter().map(|record| record["id"].clone()).collect();
        assert_eq!(shown, expected.into_iter().map(|(id, _)| id).collect::<Vec<_>>(), "{}", entity.name);
    }
}

backends!(a_record_is_created_as_a_row_is);
async fn a_record_is_created_as_a_row_is(service: Service) {
    for entity in entities() {
        let made = service.post(&records_path(entity), &record(&(entity.full)(1))).await.expect(201).json();
        let row = service.get(&entity.at(&made["id"])).await.expect(200).json();
        assert_eq!(records(&service, entity, "").await, std::slice::from_ref(&made), "the answer is the record");
        let direct = service.created(entity.path, &(entity.full)(2)).await;
        let same = ["id", "created_at", "updated_at", "name", "title", "label", "speed_mhz", "capacity_gb", "gpu_mark"];
        for (field, value) in direct.as_object().expect("an object") {
            let numbered =
                same.contains(&field.as_str()) || ["ports", "cpu_mark_multi", "listing_url"].contains(&field.as_str());
            assert!(numbered || row[field] == *value, "{}.{field}: {}", entity.name, row[field]);
        }
    }
}

backends!(a_record_is_patched_as_a_row_is);
async fn a_record_is_patched_as_a_row_is(service: Service) {
    for entity in entities() {
        let row = service.created(entity.path, &(entity.full)(1)).await;
        let path = format!("{}/{}", records_path(entity), row["id"]);
        let field = if ["profile", "ports_profile"].contains(&entity.name) { "description" } else { "notes" };
        let mut body = json!({"fields": {field: "changed"}});
        if entity.name != "profile" {
            body["attributes"] = json!({"zeta": null, "new": 1});
        }
        let answer = service.patch(&path, &body).await.expect(200).json();
        assert_eq!(answer["fields"][field], "changed");
        let changed = service.get(&entity.at(&row["id"])).await.expect(200).json();
        assert_eq!(changed[field], "changed");
        if entity.name != "profile" {
            let attributes = changed["attributes"].as_object().expect("an object");
            assert!(!attributes.contains_key("zeta") && attributes["new"] == 1, "{attributes:?}");
            assert_eq!(attributes["text"], row["attributes"]["text"], "the others stay");
            assert_eq!(answer["attributes"], changed["attributes"]);
        }
        // Nothing to change, nothing changed.
        for body in [json!({}), json!({"fields": {}}), json!({"attributes": {}}), json!({"fields": {field: "changed"}})]
        {
            service.patch(&path, &body).await.expect(200);
        }
        assert_eq!(service.get(&entity.at(&row["id"])).await.json(), changed);
        // The other members of a listing's answer show these too; whatever it was, it is gone for the next entity.
        service.delete(&entity.at(&row["id"])).await.expect(204);
    }
}

backends!(faults_are_those_of_the_row_under_fields);
async fn faults_are_those_of_the_row_under_fields(service: Service) {
    let body = json!({"fields": {"name": "", "cores": 0, "tdp_w": "hot"}, "attributes": 5});
    let problem = service.post(&records_path(&CPU), &body).await.problem(422);
    let mut places = problem.places();
    places.sort_unstable();
    assert_eq!(places, ["#/attributes", "#/fields/cores", "#/fields/manufacturer", "#/fields/name", "#/fields/tdp_w"]);
    let cpu = service.create(&CPU, 1).await;
    let taken = service.post(&records_path(&CPU), &record(&(CPU.minimal)(1))).await.problem(422);
    assert_eq!(taken.detail, CPU.taken(cpu["name"].as_str().expect("a name")));
    let path = format!("{}/{}", records_path(&CPU), cpu["id"]);
    assert_eq!(
        service.patch(&path, &json!({"fields": {"cores": 1025}})).await.problem(422).places(),
        ["#/fields/cores"]
    );
    service.patch(&path, &json!({"fields": {"name": null}})).await.problem(422);
    for body in [json!({"fields": []}), json!({"fields": "x"}), json!([]), json!(5)] {
        service.patch(&path, &body).await.problem(422);
        service.post(&records_path(&CPU), &body).await.problem(422);
    }
    service.post(&records_path(&RAM_SPEC), &json!({"fields": {"ddr_generation": "ddr4"}})).await.problem(422);
    assert_eq!(service.get(&CPU.at(&cpu["id"])).await.json(), cpu);
}

backends!(the_rules_of_the_rows_hold);
async fn the_rules_of_the_rows_hold(service: Service) {
    // Get-or-create.
    let ram = record(&(RAM_SPEC.minimal)(1));
    let first = service.post(&records_path(&RAM_SPEC), &ram).await.expect(201).json();
    assert_eq!(service.post(&records_path(&RAM_SPEC), &ram).await.expect(201).json(), first);
    // One default profile.
    let default = json!({"fields": {"name": "A", "weights_json": {}, "is_default": true}});
    let first = service.post(&records_path(&PROFILE), &default).await.expect(201).json();
    let path = format!("{}/{}", records_path(&PROFILE), first["id"]);
    service.patch(&path, &json!({"fields": {"is_default": false}})).await.problem(422);
    let second = json!({"fields": {"name": "B", "weights_json": {}, "is_default": true}});
    service.post(&records_path(&PROFILE), &second).await.expect(201);
    assert_eq!(service.get(&PROFILE.at(&first["id"])).await.json()["is_default"], false);
    // Ports.
    let ports = json!({"fields": {"name": "P", "ports": [{"type": "usb_a"}]}});
    let made = service.post(&records_path(&PORTS_PROFILE), &ports).await.expect(201).json();
    assert_eq!(service.get(&PORTS_PROFILE.at(&made["id"])).await.json()["ports"][0]["type"], "usb_a");
    // References.
    let body = json!({"fields": {"title": "T", "price_usd": 1, "cpu_id": 4_711}});
    assert_eq!(service.post(&records_path(&LISTING), &body).await.problem(422).places(), ["#/fields/cpu_id"]);
}

backends!(what_is_not_there_or_not_allowed);
async fn what_is_not_there_or_not_allowed(service: Service) {
    for entity in entities() {
        let path = records_path(entity);
        let problem = service.patch(&format!("{path}/4711"), &json!({"fields": {}})).await.problem(404);
        assert_eq!(problem.detail, entity.not_found(4_711));
        service.patch(&format!("{path}/abc"), &json!({"fields": {}})).await.problem(422);
        let problem = service.request(Method::POST, &path).body_text("{").send().await.problem(400);
        assert!(problem.detail.contains("line 1"), "{}", problem.detail);
        let text = service.request(Method::POST, &path).header("Content-Type", "text/plain");
        text.body("{}").send().await.problem(415);
        let refused = service.delete(&format!("{path}/1")).await;
        assert!(refused.header("allow").is_some_and(|allow| allow.contains("PATCH")));
        refused.problem(405);
        assert_eq!(records(&service, entity, "").await, Vec::<Value>::new());
    }
}

backends!(attributes_among_the_fields_are_the_attributes: Sqlite, Postgres, Legacy);
async fn attributes_among_the_fields_are_the_attributes(service: Service) {
    for entity in entities().into_iter().filter(|entity| entity.limits().any(|limit| limit.field == "attributes")) {
        let mut fields = (entity.minimal)(1);
        fields["attributes_json"] = json!({"a": 1, "b": 2});
        let made = service.post(&records_path(entity), &json!({"fields": fields})).await.expect(201).json();
        assert_eq!(made["attributes"], json!({"a": 1, "b": 2}), "{}", entity.name);
        let path = format!("{}/{}", records_path(entity), made["id"]);
        let patched = async |body: Value| service.patch(&path, &body).await.expect(200).json()["attributes"].clone();
        assert_eq!(patched(json!({"fields": {"attributes_json": {"x": 1}}})).await, json!({"a": 1, "b": 2, "x": 1}));
        assert_eq!(patched(json!({"fields": {"attributes": {"a": null}}})).await, json!({"b": 2, "x": 1}));
        // Both names: the one that changes something counts.
        let stored = json!({"b": 2, "x": 1});
        let body = json!({"fields": {"attributes_json": stored}, "attributes": {"y": 1}});
        assert_eq!(patched(body).await, json!({"b": 2, "x": 1, "y": 1}));
        let body = json!({"fields": {"attributes_json": {"z": 1}}, "attributes": {"y": 1}});
        assert_eq!(patched(body).await, json!({"b": 2, "x": 1, "y": 1, "z": 1}));
        let body = json!({"fields": {"attributes_json": {"z": 2}}, "attributes": {"z": 3}});
        let problem = service.patch(&path, &body).await.problem(422);
        assert_eq!(problem.at("#/attributes").code, "conflict");
        let body = json!({"fields": {"attributes": {"z": 4}, "attributes_json": {"z": 2}}, "attributes": {"z": 3}});
        assert_eq!(service.patch(&path, &body).await.problem(422).places(), ["#/fields/attributes"]);
        assert_eq!(patched(json!({})).await, json!({"b": 2, "x": 1, "y": 1, "z": 1}));
    }
}

backends!(a_profile_is_created_without_weights);
async fn a_profile_is_created_without_weights(service: Service) {
    let made = service.post(&records_path(&PROFILE), &json!({"fields": {"name": "A"}})).await.expect(201).json();
    assert_eq!(made["fields"]["weights_json"], json!({}));
    let path = format!("{}/{}", records_path(&PROFILE), made["id"]);
    let body = json!({"fields": {"weights_json": {"cpu": 1}}});
    service.patch(&path, &body).await.expect(200);
    // A patch that leaves them out keeps them.
    let patched = service.patch(&path, &json!({"fields": {"description": "d"}})).await.expect(200).json();
    assert_eq!(patched["fields"]["weights_json"], json!({"cpu": 1}));
    // Null is no default of what a profile must have; nor may a row of the catalog leave it out.
    let body = json!({"fields": {"name": "B", "weights_json": null}});
    assert_eq!(service.post(&records_path(&PROFILE), &body).await.problem(422).places(), ["#/fields/weights_json"]);
    assert_eq!(service.post(PROFILE.path, &json!({"name": "B"})).await.problem(422).places(), ["#/weights_json"]);
}
