//! What dashboards and alerts ask for is there: every metric and every label that they name.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use partbook_test_support::contract::{CPU, LISTING, entities, in_listings, listing_that_uses};
use partbook_test_support::prometheus::Scrape;
use partbook_test_support::{Backend, Method, Server, backends};

const DEPLOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy");

/// What Prometheus adds to everything that it scrapes.
const TARGET_LABELS: [&str; 2] = ["job", "instance"];

/// What only PostgreSQL has figures of begins with this.
const OF_POSTGRES: &str = "partbook_pg_";

/// What is asked for in one query: the metrics, each with what its labels have to be, and other labels.
#[derive(Debug, Default)]
struct Query {
    place: String,
    metrics: Vec<(String, BTreeMap<String, String>)>,
    /// Of grouping, of matching and of texts.
    labels: BTreeSet<String>,
}

impl Query {
    /// Reads what a query names, or a rule with its texts.
    fn parse(place: String, text: &str) -> Self {
        let mut query = Self { place, ..Self::default() };
        let is_word = |character: char| character.is_ascii_alphanumeric() || "_:".contains(character);
        let (mut rest, mut last) = (text, "");
        while let Some(begin) = rest.find(is_word) {
            let (before, from) = rest.split_at(begin);
            let (word, after) = from.split_at(from.find(|character| !is_word(character)).unwrap_or(from.len()));
            rest = after;
            if before == "." && last == "labels" {
                query.labels.insert(word.to_owned());
            } else if ["http_", "partbook_", "process_"].iter().any(|prefix| word.starts_with(prefix)) {
                let matchers = inside(after, '{', '}').unwrap_or_default();
                rest = &after[after.find(matchers).filter(|_| !matchers.is_empty()).unwrap_or(0) + matchers.len()..];
                query.metrics.push((word.to_owned(), parse_matchers(matchers)));
            } else if word == "label_values" {
                let (_, label) =
                    inside(after, '(', ')').and_then(|inside| inside.rsplit_once(',')).expect("a metric and a label");
                query.labels.insert(label.trim().to_owned());
            } else if ["by", "without", "on", "ignoring", "group_left", "group_right"].contains(&word)
                && let Some(labels) = inside(after.trim_start(), '(', ')')
            {
                query.labels.extend(labels.split(',').map(|label| label.trim().to_owned()));
            }
            last = word;
        }
        query
    }

    /// Finds all of it among the figures of a database.
    fn check(&self, scrape: &Scrape, backend: Backend) {
        let mut known: BTreeSet<String> = TARGET_LABELS.map(str::to_owned).into();
        let is_had = |metric: &str| backend != Backend::Sqlite || !metric.starts_with(OF_POSTGRES);
        for (metric, matchers) in self.metrics.iter().filter(|(metric, _)| is_had(metric)) {
            let series = scrape.label_sets(metric);
            assert!(!series.is_empty(), "{}: there is no {metric}", self.place);
            let labels: BTreeSet<&String> = series.iter().flat_map(BTreeMap::keys).collect();
            for (label, wanted) in matchers.iter().filter(|(label, _)| !TARGET_LABELS.contains(&label.as_str())) {
                assert!(labels.contains(label), "{}: {metric} has no {label}, but {labels:?}", self.place);
                // Expressions and variables are left to Prometheus, and how it writes a bound.
                let is_plain =
                    wanted.chars().all(|character| character.is_ascii_alphanumeric() || "_|".contains(character));
                for value in wanted.split('|').filter(|_| is_plain && label != "le") {
                    let is_there = series.iter().any(|labels| labels.get(label).is_some_and(|given| given == value));
                    assert!(is_there, "{}: no {metric} has the {label} {value}", self.place);
                }
            }
            known.extend(labels.into_iter().cloned());
        }
        let unknown: Vec<&String> = self.labels.iter().filter(|label| !known.contains(*label)).collect();
        assert!(unknown.is_empty(), "{}: labels of none of its metrics: {unknown:?}", self.place);
    }
}

/// What is between the two, where a text begins with the first.
fn inside(text: &str, open: char, close: char) -> Option<&str> {
    text.strip_prefix(open)?.split_once(close).map(|(inside, _)| inside)
}

/// `a="x",b=~"y|z"`: what each label has to be.
fn parse_matchers(text: &str) -> BTreeMap<String, String> {
    let mut matchers = BTreeMap::new();
    let mut parts = text.split('"');
    while let (Some(name), Some(value)) = (parts.next(), parts.next()) {
        let name = name.trim_start_matches(',').trim_end_matches(['=', '~', '!']).trim();
        matchers.insert(name.to_owned(), value.to_owned());
    }
    matchers
}

/// The files of a folder of `deploy`.
fn files(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(DEPLOY).join(folder)).expect("a folder");
    let files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
    assert!(!files.is_empty(), "{folder}");
    files
}

/// Every text that is a query: of panels, and of variables.
fn collect(document: &Value, place: &str, queries: &mut Vec<Query>) {
    match document {
        Value::Object(members) => {
            for (name, value) in members {
                let place = members
                    .get("title")
                    .and_then(Value::as_str)
                    .map_or(place.to_owned(), |title| format!("{place}, {title}"));
                match value {
                    Value::String(text) if ["expr", "query"].contains(&name.as_str()) => {
                        queries.push(Query::parse(place, text));
                    }
                    _ => collect(value, &place, queries),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, place, queries)),
        _ => {}
    }
}

fn dashboards() -> Vec<Query> {
    let mut queries = Vec::new();
    for file in files("grafana/dashboards") {
        let text = fs::read_to_string(&file).expect("a dashboard");
        let name = file.file_name().expect("a name").to_string_lossy();
        collect(&serde_json::from_str(&text).expect("JSON"), &name, &mut queries);
    }
    queries
}

fn rules() -> Vec<Query> {
    let mut queries = Vec::new();
    for file in files("prometheus/rules") {
        let text = fs::read_to_string(&file).expect("rules");
        let without_comments: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
        let rules = without_comments.join("\n");
        for rule in rules.split("\n      - ").skip(1) {
            let name = rule.lines().next().unwrap_or_default();
            queries.push(Query::parse(format!("{}, {name}", file.display()), rule));
        }
    }
    queries
}

/// Does what every figure needs to be there: each operation, a refusal, and what fails.
async fn use_it(service: &Server) {
    for entity in entities() {
        let row = service.create(entity, 1).await;
        let path = entity.at(&row["id"]);
        service.get(&path).await.expect(200);
        service.get(entity.path).await.expect(200);
        service.put(&path, &(entity.minimal)(1)).await.expect(200);
        service.patch(&path, &json!({entity.note(): "changed"})).await.expect(200);
        service.delete(&path).await.expect(204);
    }
    for entity in in_listings() {
        let row = service.create(entity, 2).await;
        service.created(LISTING.path, &listing_that_uses(2, entity.used_through[0], &row["id"])).await;
        service.get(&format!("{}/listings", entity.at(&row["id"]))).await.expect(200);
        service.delete(&entity.at(&row["id"])).await.problem(409);
    }
    service.sql("alter table cpu rename to cpu_gone").await;
    service.request(Method::GET, CPU.path).send().await.problem(500);
    service.sql("alter table cpu_gone rename to cpu").await;
}

backends!(what_dashboards_and_alerts_name_is_there);
async fn what_dashboards_and_alerts_name_is_there(backend: Backend) {
    let service = Server::start(backend).await;
    use_it(&service).await;
    let is_counted = |scrape: &Scrape| scrape.sum("http_requests_total", &[("status", "500")]) > 0.5;
    let scrape = service.metrics_when(is_counted).await;
    let (dashboards, rules) = (dashboards(), rules());
    assert!(dashboards.len() > 50 && rules.len() > 20, "{} and {}", dashboards.len(), rules.len());
    for query in dashboards.iter().chain(&rules) {
        query.check(&scrape, backend);
    }
    let named: BTreeSet<&str> =
        dashboards.iter().chain(&rules).flat_map(|query| &query.metrics).map(|(metric, _)| metric.as_str()).collect();
    assert!(named.len() > 40, "{named:?}");
}

#[test]
fn what_a_query_names_is_found() {
    let query = Query::parse(
        "here".to_owned(),
        r#"sum by (le, path) (rate(http_a_bucket{job="x",path=~"/v1/.*", le="1"}[5m])) / on (b) partbook:c:d - partbook_e {{ $labels.f }}"#,
    );
    let metrics: Vec<&str> = query.metrics.iter().map(|(metric, _)| metric.as_str()).collect();
    assert_eq!(metrics, ["http_a_bucket", "partbook_e"]);
    assert_eq!(query.metrics[0].1["path"], "/v1/.*");
    assert_eq!(query.metrics[0].1.len(), 3);
    assert_eq!(Vec::from_iter(query.labels), ["b", "f", "le", "path"]);
    let query = Query::parse("here".to_owned(), r#"label_values(partbook_a{job="$job"}, b)"#);
    assert_eq!((query.metrics.len(), Vec::from_iter(query.labels)), (1, vec!["b".to_owned()]));
}
