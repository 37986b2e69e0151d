//! Requests with a great many errors: the answer shows the first, counts all, and stays small (contract section 6).

use serde_json::json;

use partbook_test_support::contract::{CPU, LISTING, PROFILE};
use partbook_test_support::{Answer, Method, Service, backends};

/// How many errors an answer shows.
const SHOWN: usize = 100;

/// The greatest answer that says what is wrong, bytes.
const BOUND: usize = 64 * 1024;

fn bounded(answer: &Answer, total: usize) {
    let problem = answer.problem(422);
    assert_eq!((problem.faults.len(), &problem.json["errors_total"]), (SHOWN, &json!(total)));
    assert!(problem.detail.ends_with(&format!("; and {} more", total - 5)), "{}", problem.detail);
    assert!(answer.text().len() < BOUND, "{} bytes", answer.text().len());
}

backends!(the_errors_of_a_body_are_counted_and_the_first_are_shown: Sqlite, Postgres);
async fn the_errors_of_a_body_are_counted_and_the_first_are_shown(service: Service) {
    let weights: serde_json::Map<_, _> = (0..20_000).map(|n| (format!("w{n}"), json!(null))).collect();
    let body = json!({"name": "n", "weights_json": weights});
    bounded(&service.post(PROFILE.path, &body).await, 20_000);
    let components: Vec<_> = (0..900).map(|_| json!(0)).collect();
    let body = json!({"title": "t", "price_usd": 1, "other_components": components});
    bounded(&service.post(LISTING.path, &body).await, 900);
    // What is stored for a retry is as small.
    let request = service.request(Method::POST, LISTING.path).header("Idempotency-Key", "many").json(&body);
    bounded(&request.send().await, 900);
    let request = service.request(Method::POST, LISTING.path).header("Idempotency-Key", "many").json(&body);
    bounded(&request.send().await, 900);
    let stored = service.rows(&format!("select length(answer) from {}", service.own("idempotency_key"))).await;
    assert!(stored.iter().flatten().flatten().all(|length| length.parse::<usize>().unwrap() < BOUND), "{stored:?}");
}

backends!(a_very_long_name_is_shortened: Sqlite, Postgres);
async fn a_very_long_name_is_shortened(service: Service) {
    let name = "w".repeat(100_000);
    let answer = service.post(PROFILE.path, &json!({"name": "n", "weights_json": {name: "x"}})).await;
    let problem = answer.problem(422);
    assert!(problem.places()[0].starts_with("#/weights_json/wwww"), "{}", problem.detail);
    assert!(answer.text().len() < 2_000, "{} bytes", answer.text().len());
}

backends!(unknown_parameters_are_counted_and_each_is_said_once: Sqlite, Postgres);
async fn unknown_parameters_are_counted_and_each_is_said_once(service: Service) {
    let query = (0..3_000).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&");
    let answer = service.get(&format!("{}?{query}", CPU.path)).await;
    let problem = answer.problem(422);
    assert_eq!((problem.faults.len(), &problem.json["errors_total"]), (SHOWN, &json!(3_000)));
    assert!(answer.text().len() < 2 * BOUND, "{} bytes", answer.text().len());
    let answer =
        service.get(&format!("{}?manufacturer[]=AMD&manufacturer[]=Intel&manufacturer%5B%5D=VIA", CPU.path)).await;
    let problem = answer.problem(422);
    assert_eq!(problem.faults.len(), 1, "{}", problem.detail);
    assert!(problem.detail.contains("repeat manufacturer instead, without brackets"), "{}", problem.detail);
    let problem = service.get(&format!("{}?sort[]=-name&sort[]=id", CPU.path)).await.problem(422);
    assert!(problem.detail.contains("repeat sort instead, without brackets"), "{}", problem.detail);
}
