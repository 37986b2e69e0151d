//! The web frontend: it sends `Content-Type` on every request, calls from another origin, and on every save sends back
//! every field of the form, `attributes` whole and under both names on some pages.

use serde_json::{Value, json};

use partbook_test_support::contract::{
    CPU, Entity, Kind, LISTING, PORTS_PROFILE, RAM_SPEC, catalog, in_listings, listing_that_uses,
};
use partbook_test_support::{Answer, Backend, Method, Service, backends};

const ORIGIN: &str = "http://localhost:3000";

/// As the frontend's `apiFetch` sends it.
async fn fetch(service: &Service, method: Method, path: &str, body: Option<&Value>) -> Answer {
    let request = service.request(method, path).header("Origin", ORIGIN).header("Content-Type", "application/json");
    let request = match body {
        Some(body) => request.body(body.to_string()),
        None => request,
    };
    let answer = request.send().await;
    assert_eq!(answer.header("access-control-allow-origin"), Some(ORIGIN), "the page could not read it");
    answer
}

/// The text that the frontend shows in a toast: `detail` when it is a string.
fn toast(answer: &Answer) -> String {
    answer.json()["detail"].as_str().expect("a string fit to show").to_owned()
}

/// What a form of the frontend sends: all fields of the row as it got them, and what was edited.
fn form(entity: &Entity, row: &Value, edited: &Value) -> Value {
    let mut body: serde_json::Map<String, Value> =
        entity.limits().map(|limit| (limit.field.to_owned(), row[limit.field].clone())).collect();
    body.extend(edited.as_object().expect("an object").clone());
    Value::Object(body)
}

fn edit(entity: &Entity) -> Value {
    json!({entity.note(): "Edited"})
}

/// That nothing but these members changed.
fn differs_in(before: &Value, after: &Value, members: &[&str]) {
    for (member, value) in before.as_object().expect("an object") {
        if !members.contains(&member.as_str()) && member != "updated_at" {
            assert_eq!(after[member], *value, "{member}");
        }
    }
}

backends!(a_save_sends_every_field: Sqlite, Postgres, Legacy);
async fn a_save_sends_every_field(service: Service) {
    for entity in catalog() {
        for body in [(entity.full)(1), (entity.minimal)(2)] {
            let row = fetch(&service, Method::POST, entity.path, Some(&body)).await.expect(201).json();
            let path = entity.at(&row["id"]);
            let edited = edit(entity);
            let saved =
                fetch(&service, Method::PATCH, &path, Some(&form(entity, &row, &edited))).await.expect(200).json();
            let member = edited.as_object().and_then(|edited| edited.keys().next()).expect("a member").clone();
            assert_eq!(saved[&member], "Edited");
            differs_in(&row, &saved, &[&member]);
            // The whole row, answers' own members included, is as good.
            let mut whole = saved.clone();
            whole[&member] = json!("Again");
            let again = fetch(&service, Method::PATCH, &path, Some(&whole)).await.expect(200).json();
            assert_eq!(again[&member], "Again");
            differs_in(&saved, &again, &[&member]);
        }
    }
}

backends!(a_save_of_nothing_new_changes_nothing);
async fn a_save_of_nothing_new_changes_nothing(service: Service) {
    for entity in catalog() {
        let row = fetch(&service, Method::POST, entity.path, Some(&(entity.full)(1))).await.expect(201).json();
        let path = entity.at(&row["id"]);
        for method in [Method::PATCH, Method::PUT] {
            let saved = fetch(&service, method, &path, Some(&row)).await.expect(200).json();
            assert_eq!(saved, row, "{}", entity.name);
        }
    }
}

backends!(attributes_are_sent_under_both_names);
async fn attributes_are_sent_under_both_names(service: Service) {
    for entity in catalog().into_iter().filter(|entity| entity.limits().any(|limit| limit.field == "attributes")) {
        let row = fetch(&service, Method::POST, entity.path, Some(&(entity.full)(1))).await.expect(201).json();
        assert_eq!(row["attributes"], row["attributes_json"]);
        let path = entity.at(&row["id"]);
        // One page edits the one name and sends the other along as it was, another page the other way round.
        for (n, (edited, stale)) in (1..).zip([("attributes", "attributes_json"), ("attributes_json", "attributes")]) {
            let before = fetch(&service, Method::GET, &path, None).await.expect(200).json();
            let mut body = form(entity, &before, &json!({}));
            body[stale] = before[stale].clone();
            body[edited] = before[edited].clone();
            body[edited]["edited"] = json!(n);
            let saved = fetch(&service, Method::PATCH, &path, Some(&body)).await.expect(200).json();
            assert_eq!((&saved["attributes"]["edited"], &saved["attributes_json"]["edited"]), (&json!(n), &json!(n)));
            // A null among them stays what it is, though a merge patch would remove it.
            assert_eq!(saved["attributes"]["alpha"], row["attributes"]["alpha"]);
            assert!(saved["attributes"]["alpha"].as_object().is_some_and(|alpha| alpha.contains_key("b")));
        }
    }
}

backends!(a_field_is_cleared_with_null);
async fn a_field_is_cleared_with_null(service: Service) {
    for entity in catalog() {
        let row = fetch(&service, Method::POST, entity.path, Some(&(entity.full)(1))).await.expect(201).json();
        let path = entity.at(&row["id"]);
        for limit in entity.limits().filter(|limit| !limit.required && matches!(limit.kind, Kind::Text | Kind::Integer))
        {
            let before = fetch(&service, Method::GET, &path, None).await.expect(200).json();
            for empty in [Value::Null, json!("")] {
                if empty == json!("") && limit.kind != Kind::Text {
                    continue;
                }
                let body = form(entity, &before, &json!({limit.field: empty}));
                let saved = fetch(&service, Method::PATCH, &path, Some(&body)).await.expect(200).json();
                assert_eq!(saved[limit.field], Value::Null, "{}.{}", entity.name, limit.field);
                differs_in(&before, &saved, &[limit.field]);
            }
        }
    }
}

backends!(reading_and_deleting_carry_a_content_type);
async fn reading_and_deleting_carry_a_content_type(service: Service) {
    for entity in catalog() {
        let row = service.create(entity, 1).await;
        let path = entity.at(&row["id"]);
        assert_eq!(
            fetch(&service, Method::GET, entity.path, None).await.expect(200).array(),
            std::slice::from_ref(&row)
        );
        assert_eq!(fetch(&service, Method::GET, &path, None).await.expect(200).json(), row);
        fetch(&service, Method::GET, &format!("{path}/listings?limit=50&offset=0"), None).await.expect(200);
        assert!(fetch(&service, Method::DELETE, &path, None).await.expect(204).body.is_empty());
        assert_eq!(toast(&fetch(&service, Method::GET, &path, None).await.expect(404)), entity.not_found(&row["id"]));
    }
}

backends!(refusals_are_fit_for_a_toast);
async fn refusals_are_fit_for_a_toast(service: Service) {
    for entity in in_listings() {
        let row = service.create(entity, 1).await;
        let path = entity.at(&row["id"]);
        service.created(LISTING.path, &listing_that_uses(1, entity.used_through[0], &row["id"])).await;
        assert_eq!(toast(&fetch(&service, Method::DELETE, &path, None).await.expect(409)), entity.in_use(1));
        let limit = entity.limits().find(|limit| limit.max_len.is_some()).expect("a bounded text");
        let long = form(entity, &row, &json!({limit.field: "x".repeat(limit.max_len.unwrap_or_default() + 1)}));
        let text = toast(&fetch(&service, Method::PATCH, &path, Some(&long)).await.expect(422));
        assert!(text.contains(limit.field) && !text.contains('{'), "which field it is: {text}");
    }
}

backends!(the_screen_of_global_fields_works);
async fn the_screen_of_global_fields_works(service: Service) {
    let ram = service.created(RAM_SPEC.path, &(RAM_SPEC.full)(1)).await;
    let cpu = service.created(CPU.path, &(CPU.full)(1)).await;
    fetch(&service, Method::GET, "/v1/fields-data/entities", None).await.expect(200);
    for (name, row) in [("ram_spec", &ram), ("cpu", &cpu)] {
        fetch(&service, Method::GET, &format!("/v1/fields-data/{name}/schema"), None).await.expect(200);
        let path = format!("/v1/fields-data/{name}/records?limit=50&offset=0");
        let page = fetch(&service, Method::GET, &path, None).await.expect(200);
        let mut record = page.json()["records"][0].clone();
        assert_eq!(record["id"], row["id"]);
        record["fields"]["notes"] = json!("Edited");
        let path = format!("/v1/fields-data/{name}/records/{}", row["id"]);
        let saved = fetch(&service, Method::PATCH, &path, Some(&record)).await.expect(200).json();
        assert_eq!(saved["fields"]["notes"], "Edited");
        assert_eq!(saved["attributes"], record["attributes"], "nulls included");
    }
}

backends!(a_ports_profile_is_edited_in_the_screen);
/// The screen's form sends each field that the schema lists, as the text of its input.
async fn a_ports_profile_is_edited_in_the_screen(service: Service) {
    let row = service.created(PORTS_PROFILE.path, &(PORTS_PROFILE.full)(1)).await;
    let answer = fetch(&service, Method::GET, "/v1/fields-data/ports_profile/schema", None).await.expect(200).json();
    let keys = answer["fields"].as_array().expect("an array").iter().map(|field| field["key"].as_str().expect("a key"));
    let texts = keys.map(|key| {
        let text = row[key]
            .as_array()
            .map_or_else(|| row[key].clone(), |items| json!(vec!["[object Object]"; items.len()].join(",")));
        (key.to_owned(), text)
    });
    let mut fields: serde_json::Map<String, Value> = texts.collect();
    fields.insert("description".to_owned(), json!("Edited"));
    let path = format!("/v1/fields-data/ports_profile/records/{}", row["id"]);
    fetch(&service, Method::PATCH, &path, Some(&json!({"fields": fields}))).await.expect(200);
    let saved = service.get(&PORTS_PROFILE.at(&row["id"])).await.json();
    differs_in(&row, &saved, &["description"]);
}

backends!(a_picker_finds_the_part_of_a_listing);
async fn a_picker_finds_the_part_of_a_listing(backend: Backend) {
    let service = Service::options().ignores_legacy_limit().start(backend).await;
    let sent = async |query: &str| {
        let answer = fetch(&service, Method::GET, query, None).await.expect(200);
        (answer.array().len(), answer.header("link").is_some())
    };
    for entity in catalog() {
        service.fill(entity, 60).await;
        let path = entity.path;
        let by_name = entity.default_limit.is_none();
        let first = if by_name { (60, false) } else { (50, true) };
        assert_eq!(sent(&format!("{path}?limit=50")).await, first, "{path}");
        assert_eq!(sent(&format!("{path}?limit=50&search=row")).await.0, if by_name { 60 } else { 0 }, "{path}");
        // Clients that know of pages get them.
        for query in ["limit=50&offset=0", "limit=50&sort=id"] {
            assert_eq!(sent(&format!("{path}?{query}")).await, (50, true), "{path}?{query}");
        }
        // What the preference changed is said, beside another one, and on what it makes a fault.
        let strictly = async |query: &str, preferences: &str| {
            let request = service.request(Method::GET, &format!("{path}?{query}")).header("Prefer", preferences);
            let answer = request.send().await;
            (answer.status, answer.header("preference-applied").map(str::to_owned))
        };
        let applied =
            |text: &str| Some(if by_name { text } else { text.trim_end_matches(", handling=strict") }.to_owned());
        let strict = by_name.then(|| "handling=strict".to_owned());
        assert_eq!(strictly("limit=50", "handling=strict").await, (200, strict.clone()), "{path}");
        assert_eq!(strictly("limit=5000", "handling=strict").await, (422, strict), "{path}");
        let both = strictly("limit=50", "count=exact, handling=strict").await;
        assert_eq!(both, (200, applied("count=exact, handling=strict")), "{path}");
        let strict = service.request(Method::GET, &format!("{path}?limit=50")).header("Prefer", "handling=strict");
        let strict = strict.send().await.expect(200);
        assert_eq!((strict.array().len(), strict.header("link").is_some()), (50, true), "{path}");
    }
    // A limit that is not looked at is not judged.
    assert_eq!(sent(&format!("{}?limit=5000", CPU.path)).await, (60, false));
    for n in 1..=3 {
        service.create(&LISTING, n).await;
    }
    assert_eq!(sent(&format!("{}?limit=2", LISTING.path)).await, (2, true));
}
