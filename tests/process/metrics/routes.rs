//! Every route of the API document is a path of its own.

use super::Ledger;
use partbook_test_support::contract::entities;
use partbook_test_support::{Server, backends};

backends!(every_documented_route_is_a_path_of_its_own: Sqlite);
async fn every_documented_route_is_a_path_of_its_own(service: Server) {
    let mut ledger = Ledger::new(&service);
    let document = ledger.ask("GET", "/openapi.json", "/openapi.json", 200).await.json();
    let paths = document["paths"].as_object().expect("paths");
    assert!(paths.len() > 3 * entities().len(), "{}", paths.len());
    for (template, operations) in paths.iter().filter(|(template, _)| *template != "/metrics") {
        let path = template.replace("{id}", "4711").replace("{entity}", "cpu");
        assert!(!path.contains('{'), "a parameter that this test does not know: {path}");
        let operations = operations.as_object().expect("operations").keys();
        for method in operations.map(|method| method.to_uppercase()).filter(|method| method != "PARAMETERS") {
            let slashed = format!("{}/", path.trim_end_matches('/'));
            for place in [path.clone(), slashed, format!("{path}?x=1")] {
                let mut request = ledger.request(&method, &place);
                if ["POST", "PUT", "PATCH"].contains(&method.as_str()) {
                    request = request.body_text("{}");
                }
                let answer = ledger.note(&method, template, request).await;
                assert!(answer.status < 500 && answer.status != 405, "{method} {place}: {}", answer.status);
            }
        }
    }
    ledger.agrees().await;
}

backends!(a_page_for_people_is_a_route_too: Sqlite);
async fn a_page_for_people_is_a_route_too(service: Server) {
    let mut ledger = Ledger::new(&service);
    ledger.ask("GET", "/", "/", 303).await;
    ledger.ask("GET", "/docs", "/docs", 200).await;
    ledger.ask("GET", "/docs", "/docs/", 200).await;
    ledger.ask("GET", "/docs/{file}", "/docs/index.css", 200).await;
    ledger.ask("GET", "/docs/{file}", "/docs/nothing.js", 404).await;
    ledger.agrees().await;
}

backends!(an_entity_that_is_unknown_makes_no_path: Sqlite);
async fn an_entity_that_is_unknown_makes_no_path(service: Server) {
    let mut ledger = Ledger::new(&service);
    for name in ["warp", "cpus", "CPU", "%7Bentity%7D", "{entity}"] {
        let schema = "/v1/fields-data/{entity}/schema";
        ledger.ask("GET", schema, &format!("/v1/fields-data/{name}/schema"), 404).await;
        let records = "/v1/fields-data/{entity}/records";
        ledger.ask("GET", records, &format!("/v1/fields-data/{name}/records/"), 404).await;
    }
    ledger.agrees().await;
}
