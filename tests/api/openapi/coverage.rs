//! Every operation of the document is called, every documented status is seen, and no other.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{document, operations};
use partbook_test_support::contract::{Entity, LISTING, catalog, entities};
use partbook_test_support::lock::Lock;
use partbook_test_support::{Answer, Backend, Database, Method, Request, Service, backends};

/// A status of an operation: method in lower case, path template, status.
type Seen = (String, String, u16);

/// Faults of the service or the database cannot be asked for here; 503 is seen in [`crate::outage`], and what comes of credentials
/// in [`crate::access`]. Another host and too many requests are a listener's to refuse, and seen in `access` of the process tests.
fn is_asked_for(status: u16) -> bool {
    status < 500 && ![401, 403, 421, 429].contains(&status)
}

/// Where the schema may not grow there is no place for answers, and so no request that still runs.
fn is_possible(backend: Backend, (method, _, status): &Seen) -> bool {
    (method.as_str(), *status, backend) != ("post", 409, Backend::Legacy)
}

/// A well-formed tag that no row has.
const STALE: &str = "\"stale\"";

const FIELDS: &str = "/v1/fields";

/// Headers that an answer either always has or never.
const SURE: [&str; 3] = ["ETag", "Location", "Retry-After"];

struct Tour {
    document: Value,
    service: Service,
    /// One on the same database that wants to know which version a change is meant for.
    strict: Service,
    keeps_answers: bool,
    seen: BTreeSet<Seen>,
}

impl Tour {
    /// Sends a request to an operation and notes what came of it, which must be `status`.
    async fn call(&mut self, method: Method, template: &str, fill: &[&str], body: Option<&str>, status: u16) -> Value {
        let kind = body.map(|_| "application/json");
        self.send(method, template, fill, kind, body.unwrap_or_default(), status).await
    }

    async fn send(
        &mut self,
        method: Method,
        template: &str,
        fill: &[&str],
        kind: Option<&str>,
        body: &str,
        status: u16,
    ) -> Value {
        let (route, path) = filled(template, fill);
        let mut request = self.service.request(method.clone(), &path);
        if let Some(kind) = kind {
            request = request.header("Content-Type", kind);
        }
        let answer =
            if kind.is_some() || !body.is_empty() { request.body(body).send().await } else { request.send().await };
        let answer = answer.expect(status);
        self.saw(&method, route, &answer);
        let is_json = answer.header("content-type").is_some_and(|kind| kind.contains("json"));
        if is_json && !answer.body.is_empty() { answer.json() } else { Value::Null }
    }

    /// Notes an answer, whose headers must be those of the document.
    #[track_caller]
    fn saw(&mut self, method: &Method, route: &str, answer: &Answer) {
        let (method, status) = (method.as_str().to_lowercase(), answer.status);
        let documented = &self.document["paths"][route][&method]["responses"][status.to_string()]["headers"];
        for name in SURE {
            let (is_sent, is_documented) = (answer.header(name).is_some(), documented.get(name).is_some());
            assert_eq!(is_sent, is_documented, "{name} of {status} to {method} {route}, sent and documented");
        }
        self.seen.insert((method, route.to_owned(), status));
    }

    /// What comes of a header that names a version.
    async fn version(&mut self, method: Method, template: &str, fill: &[&str], header: (&str, &str), status: u16) {
        let (route, path) = filled(template, fill);
        let request = self.service.request(method.clone(), &path).header(header.0, header.1);
        let request = if [Method::GET, Method::DELETE].contains(&method) { request } else { request.json(&json!({})) };
        let answer = request.send().await.expect(status);
        self.saw(&method, route, &answer);
    }

    /// What comes of the version that a change is meant for.
    async fn versions(&mut self, method: Method, template: &str, fill: &[&str]) {
        self.version(method.clone(), template, fill, ("If-Match", "nonsense"), 400).await;
        self.version(method.clone(), template, fill, ("If-Match", STALE), 412).await;
        let (route, path) = filled(template, fill);
        let request = self.strict.request(method.clone(), &path);
        let request = if method == Method::DELETE { request } else { request.json(&json!({})) };
        let answer = request.send().await.expect(428);
        self.saw(&method, route, &answer);
    }

    /// Sends a request again while it still runs.
    async fn again(&mut self, template: &str, fill: &[&str], table: &str, body: &str) {
        let (route, path) = filled(template, fill);
        let lock = Lock::of_table(self.service.database(), table).await;
        let request = || -> Request {
            self.service.request(Method::POST, &path).header("Idempotency-Key", table).body_text(body)
        };
        let mut sent = JoinSet::new();
        sent.spawn(request().send());
        sent.spawn(request().send());
        let refused = sent.join_next().await.expect("two requests").expect("an answer").expect(409);
        lock.release().await;
        let made = sent.join_next().await.expect("one request").expect("an answer").expect(201);
        let row = made.header("location").expect("a location").to_owned();
        self.saw(&Method::POST, route, &refused);
        self.service.delete(&row).await.expect(if template == FIELDS { 200 } else { 204 });
    }

    /// The faults of a body that every operation with one has.
    async fn bad_bodies(&mut self, method: Method, template: &str, fill: &[&str], wrong: &str) {
        let too_long = " ".repeat((1 << 20) + 1);
        self.call(method.clone(), template, fill, Some("{"), 400).await;
        self.call(method.clone(), template, fill, Some(&too_long), 413).await;
        self.send(method.clone(), template, fill, Some("text/plain"), "{}", 415).await;
        self.call(method, template, fill, Some(wrong), 422).await;
    }

    async fn collection(&mut self, entity: &Entity) {
        let (one, all) = (format!("{}/{{id}}", entity.path), entity.path);
        let body = (entity.minimal)(1).to_string();
        let wrong = r#"{"name": 5, "title": 5, "label": 5}"#;
        let id = self.call(Method::POST, all, &[], Some(&body), 201).await["id"].to_string();
        self.bad_bodies(Method::POST, all, &[], wrong).await;
        self.call(Method::GET, all, &[], None, 200).await;
        self.call(Method::GET, &format!("{all}?warp=9"), &[], None, 422).await;
        self.call(Method::GET, &format!("{all}?cursor=x"), &[], None, 400).await;
        self.call(Method::GET, &one, &[&id], None, 200).await;
        self.version(Method::GET, &one, &[&id], ("If-None-Match", "*"), 304).await;
        self.call(Method::GET, &one, &["4711"], None, 404).await;
        self.call(Method::GET, &one, &["abc"], None, 422).await;
        if self.keeps_answers {
            self.again(all, &[], entity.table, &(entity.minimal)(2).to_string()).await;
        }
        for method in [Method::PUT, Method::PATCH, Method::DELETE] {
            self.versions(method, &one, &[&id]).await;
        }
        for method in [Method::PUT, Method::PATCH] {
            self.call(method.clone(), &one, &[&id], Some(&body), 200).await;
            self.call(method.clone(), &one, &["4711"], Some(&body), 404).await;
            self.bad_bodies(method, &one, &[&id], wrong).await;
        }
        self.call(Method::DELETE, &one, &["4711"], None, 404).await;
        self.call(Method::DELETE, &one, &["abc"], None, 422).await;
        if entity.name != LISTING.name {
            let listings = format!("{one}/listings");
            self.call(Method::GET, &listings, &[&id], None, 200).await;
            self.call(Method::GET, &listings, &["4711"], None, 404).await;
            self.call(Method::GET, &format!("{listings}?limit=0"), &[&id], None, 422).await;
            self.call(Method::GET, &format!("{listings}?cursor=x"), &[&id], None, 400).await;
        }
        self.service.sql(&format!("insert into favorite_{} values ({id})", entity.table)).await;
        self.call(Method::DELETE, &one, &[&id], None, 409).await;
        self.service.sql(&format!("delete from favorite_{}", entity.table)).await;
        self.call(Method::DELETE, &one, &[&id], None, 204).await;
    }

    async fn metadata(&mut self) {
        let (schema, records) = ("/v1/fields-data/{entity}/schema", "/v1/fields-data/{entity}/records");
        let one = format!("{records}/{{id}}");
        self.call(Method::GET, "/v1/fields-data/entities", &[], None, 200).await;
        for entity in entities() {
            let name = entity.name;
            let body = json!({"fields": (entity.minimal)(1)}).to_string();
            let wrong = r#"{"fields": {"name": 5, "title": 5, "label": 5}}"#;
            self.call(Method::GET, schema, &[name], None, 200).await;
            let made = self.call(Method::POST, records, &[name], Some(&body), 201).await["id"].to_string();
            self.bad_bodies(Method::POST, records, &[name], wrong).await;
            self.call(Method::GET, records, &[name], None, 200).await;
            self.call(Method::GET, &format!("{records}?limit=0"), &[name], None, 422).await;
            self.call(Method::GET, &format!("{records}?cursor=x"), &[name], None, 400).await;
            self.call(Method::PATCH, &one, &[name, &made], Some(&body), 200).await;
            self.versions(Method::PATCH, &one, &[name, &made]).await;
            if self.keeps_answers {
                let body = json!({"fields": (entity.minimal)(2)}).to_string();
                self.again(records, &[name], entity.table, &body).await;
            }
            self.call(Method::PATCH, &one, &[name, "4711"], Some(&body), 404).await;
            self.bad_bodies(Method::PATCH, &one, &[name, &made], wrong).await;
        }
        self.call(Method::GET, schema, &["warp"], None, 404).await;
        self.call(Method::GET, records, &["warp"], None, 404).await;
        self.call(Method::POST, records, &["warp"], Some("{}"), 404).await;
    }
}

impl Tour {
    async fn custom_fields(&mut self) {
        let one = format!("{FIELDS}/{{id}}");
        let body = |key: &str| json!({"entity": "cpu", "key": key, "label": "Tier"}).to_string();
        let wrong = r#"{"label": 5}"#;
        let id = self.call(Method::POST, FIELDS, &[], Some(&body("tier")), 201).await["id"].to_string();
        self.bad_bodies(Method::POST, FIELDS, &[], wrong).await;
        if self.keeps_answers {
            self.again(FIELDS, &[], "custom_field_definition", &body("again")).await;
        }
        self.call(Method::GET, FIELDS, &[], None, 200).await;
        self.call(Method::GET, &format!("{FIELDS}?warp=9"), &[], None, 422).await;
        self.call(Method::GET, &format!("{FIELDS}/usage"), &[], None, 200).await;
        self.call(Method::GET, &one, &[&id], None, 200).await;
        self.version(Method::GET, &one, &[&id], ("If-None-Match", "*"), 304).await;
        self.call(Method::GET, &one, &["4711"], None, 404).await;
        self.call(Method::GET, &one, &["abc"], None, 422).await;
        for method in [Method::PATCH, Method::DELETE] {
            self.versions(method, &one, &[&id]).await;
        }
        self.call(Method::PATCH, &one, &[&id], Some(r#"{"label": "x"}"#), 200).await;
        self.call(Method::PATCH, &one, &["4711"], Some("{}"), 404).await;
        self.bad_bodies(Method::PATCH, &one, &[&id], wrong).await;
        self.call(Method::DELETE, &one, &["4711"], None, 404).await;
        self.call(Method::DELETE, &one, &["abc"], None, 422).await;
        let row = json!({"name": "x", "manufacturer": "y", "attributes": {"tier": 1}});
        let cpu = self.service.created("/v1/catalog/cpus", &row).await;
        self.call(Method::PATCH, &one, &[&id], Some(r#"{"key": "other"}"#), 409).await;
        self.call(Method::DELETE, &one, &[&id], None, 409).await;
        self.service.delete(&format!("/v1/catalog/cpus/{}", cpu["id"])).await.expect(204);
        self.call(Method::DELETE, &one, &[&id], None, 200).await;
    }
}

/// A template without its query, and the path that it makes with these values.
fn filled<'t>(template: &'t str, fill: &[&str]) -> (&'t str, String) {
    let (route, query) = template.split_once('?').map_or((template, ""), |(route, query)| (route, query));
    let mut path = route.to_owned();
    let names: Vec<&str> = route.split(['{', '}']).skip(1).step_by(2).collect();
    for (name, value) in names.iter().zip(fill) {
        path = path.replacen(&format!("{{{name}}}"), value, 1);
    }
    (route, if query.is_empty() { path } else { format!("{path}?{query}") })
}

backends!(every_operation_is_called_and_every_status_seen: Sqlite, Postgres, Legacy);
async fn every_operation_is_called_and_every_status_seen(backend: Backend) {
    let database = Database::prepared(backend);
    // Somebody else's tables, so that rows of every kind can be in use.
    for table in entities().into_iter().map(|entity| entity.table) {
        database.sql(&format!("create table favorite_{table} (id integer references {table} (id))")).await;
    }
    let strict = Service::options().requires_if_match().start_on(&database).await;
    let service = Service::options().start_on(&database).await;
    let keeps_answers = backend != Backend::Legacy;
    let mut tour = Tour { document: document(), service, strict, keeps_answers, seen: BTreeSet::new() };
    for path in ["/health", "/livez", "/readyz", "/metrics", "/openapi.json"] {
        tour.call(Method::GET, path, &[], None, 200).await;
    }
    for entity in catalog().into_iter().chain([&LISTING]) {
        tour.collection(entity).await;
    }
    tour.metadata().await;
    tour.custom_fields().await;

    let documented: BTreeSet<Seen> = operations(&tour.document)
        .iter()
        .flat_map(|operation| {
            let statuses = operation.content["responses"].as_object().expect("responses").keys();
            let statuses = statuses.map(|status| status.parse().expect("an exact status"));
            statuses.map(|status| (operation.method.to_owned(), operation.path.to_owned(), status)).collect::<Vec<_>>()
        })
        .filter(|seen| is_asked_for(seen.2) && is_possible(backend, seen))
        .collect();
    let undocumented: Vec<&Seen> = tour.seen.difference(&documented).collect();
    let unseen: Vec<&Seen> = documented.difference(&tour.seen).collect();
    assert!(undocumented.is_empty(), "seen and not in the document: {undocumented:#?}");
    assert!(unseen.is_empty(), "in the document and not seen; add them to this tour: {unseen:#?}");
}

#[tokio::test]
async fn whatever_needs_the_database_may_be_without_it() {
    let document = document();
    for operation in operations(&document) {
        let needs = operation.path.starts_with("/v1/") && operation.path != "/v1/fields-data/entities"
            || ["/health", "/readyz"].contains(&operation.path);
        let documented = !operation.content["responses"]["503"].is_null();
        assert_eq!(documented, needs, "{} {}", operation.method, operation.path);
    }
}
