//! Of several faults of one change, which is reported (contract section 2): 405, 413, 415, 400, 422 of the id, 404, 428,
//! 412, 422 of the body, 409. Every combination of them is tried.

use serde_json::{Value, json};

use super::{STALE, full, record_path, stored, tag, tag_now};
use partbook_test_support::contract::{
    CPU, Entity, LISTING, ONLY_DEFAULT_DELETED, PROFILE, entities, in_listings, listing_that_uses,
};
use partbook_test_support::{Answer, Method, Service, backends};

/// What is wrong with a request, in the order in which it is said. The last is nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Size,
    MediaType,
    Syntax,
    Condition,
    Id,
    Row,
    Unconditional,
    Stale,
    Body,
    InUse,
    None,
}

impl Fault {
    fn status(self, done: u16) -> u16 {
        match self {
            Self::Size => 413,
            Self::MediaType => 415,
            Self::Syntax | Self::Condition => 400,
            Self::Id | Self::Body => 422,
            Self::Row => 404,
            Self::Unconditional => 428,
            Self::Stale => 412,
            Self::InUse => 409,
            Self::None => done,
        }
    }
}

/// The bodies of a request with their faults; none of them changes anything.
fn bodies(entity: &Entity) -> [(String, Fault); 5] {
    [
        ("x".repeat((1 << 20) + 1), Fault::Size),
        ("{\"name\": }".to_owned(), Fault::Syntax),
        ("[]".to_owned(), Fault::Body),
        (json!({entity.note(): 5, "fields": {entity.note(): 5}}).to_string(), Fault::Body),
        ("{}".to_owned(), Fault::None),
    ]
}

/// The ids of a request with their faults.
fn ids(id: &Value) -> [(String, Fault); 3] {
    [("abc".to_owned(), Fault::Id), ("999999".to_owned(), Fault::Row), (id.to_string(), Fault::None)]
}

/// The conditions of a request with their faults, where one has to be given.
fn conditions(tag: &str) -> [(Option<(&'static str, String)>, Fault); 7] {
    [
        (Some(("If-Match", "nonsense".to_owned())), Fault::Condition),
        (Some(("If-None-Match", "nonsense".to_owned())), Fault::Condition),
        (None, Fault::Unconditional),
        (Some(("If-None-Match", tag.to_owned())), Fault::Unconditional),
        (Some(("If-Match", STALE.to_owned())), Fault::Stale),
        (Some(("If-Match", "*".to_owned())), Fault::None),
        (Some(("If-Match", tag.to_owned())), Fault::None),
    ]
}

/// Demands the first of a request's faults.
#[track_caller]
fn first(answer: &Answer, faults: &[Fault], done: u16, what: &str) {
    let first = faults.iter().min().copied().unwrap_or(Fault::None);
    assert_eq!(answer.status, first.status(done), "{what}: {faults:?} -> {}", answer.text());
    if first == Fault::None {
        return;
    }
    let problem = answer.problem(first.status(done));
    match first {
        Fault::Id => assert_eq!(problem.places(), ["id"], "{what}"),
        Fault::Body => assert!(problem.places().iter().all(|place| place.starts_with('#')), "{what}"),
        Fault::Condition => assert!(problem.detail.contains("Match"), "{what}: {}", problem.detail),
        Fault::Syntax => assert!(problem.json["line"].is_number(), "{what}: {}", problem.detail),
        _ => {}
    }
    let shows = first == Fault::Stale;
    assert_eq!((problem.json.get("current").is_some(), answer.header("etag").is_some()), (shows, shows), "{what}");
}

async fn strict(service: &Service) -> Service {
    Service::options().requires_if_match().start_on(service.database()).await
}

/// Tries every combination of faults of a change of one row. `path` makes a path of an id, `tag` is the row's there.
async fn every_combination(
    service: &Service,
    entity: &Entity,
    methods: &[Method],
    path: impl Fn(&str) -> String,
    id: &Value,
    tag: &str,
) {
    for method in methods {
        for (text, body) in bodies(entity) {
            for (media_type, kind) in [("text/plain", Fault::MediaType), ("application/json", Fault::None)] {
                for (given, place) in ids(id) {
                    for (condition, meant) in conditions(tag) {
                        // A whole new row would change something.
                        let text =
                            if *method == Method::PUT && body == Fault::None { put(entity) } else { text.clone() };
                        let request = service.request(method.clone(), &path(&given)).header("Content-Type", media_type);
                        let request = match &condition {
                            Some((name, value)) => request.header(name, value),
                            None => request,
                        };
                        let answer = request.body(text).send().await;
                        let what = format!("{method} {} {condition:?}", path(&given));
                        first(&answer, &[body, kind, place, meant], 200, &what);
                    }
                }
            }
        }
    }
}

/// The row that is there, whole.
fn put(entity: &Entity) -> String {
    (entity.full)(1).to_string()
}

backends!(the_first_fault_of_a_change_is_said);
async fn the_first_fault_of_a_change_is_said(service: Service) {
    let service = strict(&service).await;
    for entity in entities() {
        let row = service.created(entity.path, &(entity.full)(1)).await;
        let tag = tag_now(&service, &entity.at(&row["id"])).await;
        let before = stored(&service, entity).await;
        let path = |id: &str| format!("{}/{id}", entity.path);
        every_combination(&service, entity, &[Method::PUT, Method::PATCH], path, &row["id"], &tag).await;
        assert_eq!(stored(&service, entity).await, before, "nothing was done: {}", entity.name);
    }
}

backends!(the_first_fault_of_a_changed_record_is_said);
async fn the_first_fault_of_a_changed_record_is_said(service: Service) {
    let strict = strict(&service).await;
    for entity in entities() {
        let row = service.created(entity.path, &(entity.full)(1)).await;
        let tag = tag(&service.patch(&record_path(entity, &row["id"]), &json!({})).await.expect(200));
        let before = stored(&service, entity).await;
        let path = |id: &str| format!("/v1/fields-data/{}/records/{id}", entity.name);
        every_combination(&strict, entity, &[Method::PATCH], path, &row["id"], &tag).await;
        assert_eq!(stored(&service, entity).await, before, "nothing was done: {}", entity.name);
    }
    // An entity that is not there is not found; what is wrong with body and headers is said before.
    for (condition, status) in [("nonsense", 400), (STALE, 404), ("*", 404)] {
        for id in ["1", "abc"] {
            let request = strict.request(Method::PATCH, &format!("/v1/fields-data/warp/records/{id}"));
            request.header("If-Match", condition).json(&json!({})).send().await.problem(status);
        }
    }
}

backends!(the_first_fault_of_a_delete_is_said);
async fn the_first_fault_of_a_delete_is_said(service: Service) {
    let service = strict(&service).await;
    for entity in in_listings() {
        let row = service.create(entity, 1).await;
        service.created(LISTING.path, &listing_that_uses(1, entity.used_through[0], &row["id"])).await;
        refused_deletes(&service, entity, &row, &entity.in_use(1)).await;
    }
    // What must stay is refused as late as what is in use.
    let body = json!({"name": "Default", "weights_json": {}, "is_default": true});
    let row = service.created(PROFILE.path, &body).await;
    refused_deletes(&service, &PROFILE, &row, ONLY_DEFAULT_DELETED).await;
}

async fn refused_deletes(service: &Service, entity: &Entity, row: &Value, detail: &str) {
    let tag = tag_now(service, &entity.at(&row["id"])).await;
    for (given, place) in ids(&row["id"]) {
        for (condition, meant) in conditions(&tag) {
            // A body is ignored, whatever it is.
            let request = service.request(Method::DELETE, &format!("{}/{given}", entity.path));
            let request = request.header("Content-Type", "text/plain").body("{");
            let request = match &condition {
                Some((name, value)) => request.header(name, value),
                None => request,
            };
            let answer = request.send().await;
            first(&answer, &[place, meant, Fault::InUse], 204, &format!("DELETE {given} {condition:?}"));
            if answer.status == 409 {
                assert_eq!(answer.problem(409).detail, detail);
            }
        }
    }
    assert_eq!(tag_now(service, &entity.at(&row["id"])).await, tag);
}

backends!(a_wrong_method_comes_before_every_condition);
async fn a_wrong_method_comes_before_every_condition(service: Service) {
    let service = strict(&service).await;
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        let record = path.replace(entity.path, &format!("/v1/fields-data/{}/records", entity.name));
        for (method, path) in [
            (Method::PUT, entity.path),
            (Method::PATCH, entity.path),
            (Method::DELETE, entity.path),
            (Method::POST, &path),
            (Method::PUT, &record),
            (Method::DELETE, &record),
            (Method::GET, &record),
        ] {
            for condition in ["nonsense", STALE, "*"] {
                let request = service.request(method.clone(), path).header("If-Match", condition);
                request.header("Content-Type", "text/plain").body("{").send().await.problem(405);
            }
        }
    }
}

// What only the database knows of a body comes after the condition too.
backends!(what_the_database_refuses_comes_after_the_condition);
async fn what_the_database_refuses_comes_after_the_condition(service: Service) {
    for entity in entities() {
        let other = service.created(entity.path, &(entity.full)(1)).await;
        let path = entity.at(&service.created(entity.path, &(entity.full)(2)).await["id"]);
        let row = service.get(&path).await.expect(200);
        let body = match entity.name {
            "listing" => json!({"cpu_id": 999_999}),
            _ => entity.natural_key.iter().map(|field| ((*field).to_owned(), other[*field].clone())).collect(),
        };
        let request = || service.request(Method::PATCH, &path).json(&body);
        super::stale(&request().header("If-Match", STALE).send().await, entity, &row);
        super::stale(&request().header("If-None-Match", "*").send().await, entity, &row);
        request().header("If-Match", &tag(&row)).send().await.problem(422);
        request().send().await.problem(422);
    }
    let body = json!({"name": "Default", "weights_json": {}, "is_default": true});
    let row = service.post(PROFILE.path, &body).await.expect(201);
    let request = || {
        let request = service.request(Method::PATCH, &PROFILE.at(&row.json()["id"]));
        request.json(&json!({"is_default": false}))
    };
    super::stale(&request().header("If-Match", STALE).send().await, &PROFILE, &row);
    request().header("If-Match", &tag(&row)).send().await.problem(422);
}

backends!(without_the_setting_no_condition_is_no_fault);
async fn without_the_setting_no_condition_is_no_fault(service: Service) {
    let path = full(&service, &CPU, 1).await;
    service.patch(&path, &json!({"cores": 0})).await.problem(422);
    service.patch(&path, &json!({"cores": 1})).await.expect(200);
    service.delete(&path).await.expect(204);
}
