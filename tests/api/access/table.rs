//! Every operation of the document, called by each kind of caller, against the contract's table.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{guarded, with_token};
use partbook_test_support::contract::{LISTING, entities};
use partbook_test_support::{Anonymous, Backend, Method, Service, api_document, backends};

/// What an operation needs: a scope, none where everybody may do it; and the entities that a token may not be narrowed away from.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Need {
    scope: Option<&'static str>,
    entities: Vec<&'static str>,
}

/// What is about all entities.
const ALL: [&str; 2] = ["cpu", "gpu"];

/// The contract's table: every operation by method and path.
fn table() -> BTreeMap<(&'static str, String), Need> {
    let mut table = BTreeMap::new();
    let mut needs = |method, path: &str, scope, entities: &[&'static str]| {
        let scope = (scope != "nothing").then_some(scope);
        table.insert((method, path.to_owned()), Need { scope, entities: entities.to_vec() });
    };
    for entity in entities() {
        let (all, one) = (entity.path, format!("{}/{{id}}", entity.path));
        needs("get", all, "read", &[entity.name]);
        needs("post", all, "write", &[entity.name]);
        needs("get", &one, "read", &[entity.name]);
        needs("put", &one, "write", &[entity.name]);
        needs("patch", &one, "write", &[entity.name]);
        needs("delete", &one, "write", &[entity.name]);
        if entity.name != LISTING.name {
            needs("get", &format!("{one}/listings"), "read", &[entity.name, LISTING.name]);
        }
    }
    needs("get", "/v1/fields", "read", &ALL);
    needs("post", "/v1/fields", "write", &ALL);
    needs("get", "/v1/fields/usage", "read", &ALL);
    needs("get", "/v1/fields/{id}", "read", &ALL);
    needs("patch", "/v1/fields/{id}", "write", &ALL);
    needs("delete", "/v1/fields/{id}", "write", &ALL);
    needs("get", "/v1/fields-data/entities", "read", &[]);
    // Asked of CPUs.
    needs("get", "/v1/fields-data/{entity}/schema", "read", &["cpu"]);
    needs("get", "/v1/fields-data/{entity}/records", "read", &["cpu"]);
    needs("post", "/v1/fields-data/{entity}/records", "write", &["cpu"]);
    needs("patch", "/v1/fields-data/{entity}/records/{id}", "write", &["cpu"]);
    needs("get", "/openapi.json", "read", &[]);
    needs("get", "/metrics", "metrics", &[]);
    for path in ["/health", "/livez", "/readyz"] {
        needs("get", path, "nothing", &[]);
    }
    table
}

/// A caller, with the scopes that it has, by all that they include; and the entities that it is narrowed to.
struct Caller {
    token: Option<&'static str>,
    scopes: &'static [&'static str],
    narrowed_to: Option<&'static [&'static str]>,
    is_rejected: bool,
}

const CALLERS: [Caller; 8] = [
    caller(None, &[]),
    caller(Some("reader"), &["read"]),
    caller(Some("writer"), &["read", "write"]),
    caller(Some("admin"), &["read", "write", "metrics", "admin"]),
    caller(Some("scraper"), &["metrics"]),
    Caller { narrowed_to: Some(&["gpu", "listing"]), ..caller(Some("narrowed"), &["read", "write"]) },
    Caller { is_rejected: true, ..caller(Some("expired"), &[]) },
    // It is in no file.
    Caller { is_rejected: true, ..caller(Some("revoked"), &[]) },
];

const fn caller(token: Option<&'static str>, scopes: &'static [&'static str]) -> Caller {
    Caller { token, scopes, narrowed_to: None, is_rejected: false }
}

impl Caller {
    /// What comes of its request: 401, 403, or neither. Credentials never allow less than none would.
    fn expected(&self, need: &Need, anonymous: &[&str]) -> u16 {
        let Some(scope) = need.scope else { return PASSES };
        let covers = self.narrowed_to.is_none_or(|to| need.entities.iter().all(|entity| to.contains(entity)));
        let is_allowed = (self.scopes.contains(&scope) && covers) || anonymous.contains(&scope);
        match (self.is_rejected, is_allowed, self.token) {
            (true, ..) | (false, false, None) => 401,
            (false, true, _) => PASSES,
            (false, false, Some(_)) => 403,
        }
    }
}

/// Whatever the operation answers.
const PASSES: u16 = 0;

backends!(each_operation_passes_those_who_may: Sqlite, Postgres, Legacy);
async fn each_operation_passes_those_who_may(backend: Backend) {
    for (anonymous, scopes) in [
        (Anonymous::None, &[][..]),
        (Anonymous::Read, &["read", "metrics"]),
        (Anonymous::Write, &["read", "write", "metrics"]),
    ] {
        let service = guarded(backend, anonymous).await;
        for ((method, path), need) in table() {
            let path = path.replace("{id}", "4711").replace("{entity}", "cpu");
            for caller in &CALLERS {
                let found = status(&service, caller, method, &path).await;
                let expected = caller.expected(&need, scopes);
                let token = caller.token;
                assert_eq!(found, expected, "{method} {path} by {token:?} where the anonymous are {anonymous:?}");
            }
        }
    }
}

async fn status(service: &Service, caller: &Caller, method: &str, path: &str) -> u16 {
    let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).expect("a method");
    let request = match caller.token {
        Some(token) => with_token(service, token, method, path),
        None => service.request(method, path),
    };
    let answer = request.send().await;
    match answer.status {
        refused @ (401 | 403) => {
            answer.problem(refused);
            refused
        }
        _ => PASSES,
    }
}

#[test]
fn the_document_names_the_scope_of_each_operation() {
    let document: Value = serde_json::from_str(&api_document()).expect("JSON");
    let mut stated = BTreeMap::new();
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("operations") {
            stated.insert((method.clone(), path.clone()), operation["security"].clone());
            let has_refusals = ["401", "403"].map(|status| operation["responses"].get(status).is_some());
            assert_eq!(has_refusals, [!operation["security"].is_null(); 2], "{method} {path}");
        }
    }
    let needed: BTreeMap<_, _> = table()
        .into_iter()
        .map(|((method, path), need)| {
            let security = need.scope.map_or(Value::Null, |scope| json!([{}, { "token": [scope] }]));
            ((method.to_owned(), path), security)
        })
        .collect();
    assert_eq!(stated, needed);
    assert_eq!(document["components"]["securitySchemes"]["token"]["scheme"], "bearer");
}
