//! Words that the enum types of a database lack: they are neither taken nor offered.

use serde_json::{Value, json};

use partbook_test_support::contract::{GENERATIONS, LEGACY_GENERATIONS, MEDIA, RAM_SPEC, STORAGE_PROFILE};
use partbook_test_support::{Backend, Database, Options, Service, backends};

fn listed(words: &[&str]) -> String {
    format!("must be one of {}", words.join(", "))
}

/// The words that the metadata and the served document offer for a field.
async fn offered(service: &Service, entity: &str, field: &str, schema: &str) -> [Value; 2] {
    let metadata = service.get(&format!("/v1/fields-data/{entity}/schema")).await.expect(200).json();
    let fields = metadata["fields"].as_array().expect("fields");
    let options = fields.iter().find(|known| known["key"] == field).expect("the field")["options"].clone();
    let document = service.get("/openapi.json").await.expect(200).json();
    let mut words = document["components"]["schemas"][schema]["properties"][field]["enum"].clone();
    words.as_array_mut().expect("words").retain(|word| !word.is_null());
    // A type restricts no other one.
    let conditions = &document["components"]["schemas"]["ListingInput"]["properties"]["condition"]["enum"];
    assert!(conditions.as_array().expect("words").contains(&json!("refurb")));
    [options, words]
}

async fn check(service: Service, there: &[&str]) {
    for word in GENERATIONS {
        let body = json!({"ddr_generation": word.to_uppercase(), "total_capacity_gb": 8});
        let answer = service.post(RAM_SPEC.path, &body).await;
        let list = service.get(&format!("{}?generation={word}", RAM_SPEC.path)).await;
        if there.contains(&word) {
            let row = answer.expect(201).json();
            let label = if word == "unknown" { "8GB".to_owned() } else { format!("{} 8GB", word.to_uppercase()) };
            assert_eq!((&row["ddr_generation"], &row["label"]), (&json!(word), &json!(label)));
            assert_eq!(list.expect(200).array(), [row], "{word}");
        } else {
            assert_eq!(answer.problem(422).at("#/ddr_generation").detail, listed(there), "{word}");
            assert_eq!(list.problem(422).at("generation").detail, listed(there), "{word}");
        }
    }
    let sorted = service.get(&format!("{}?sort=ddr_generation", RAM_SPEC.path)).await.expect(200).array();
    let words: Vec<&str> = sorted.iter().filter_map(|row| row["ddr_generation"].as_str()).collect();
    assert_eq!(words, there);
    let path = RAM_SPEC.at(&sorted[0]["id"]);
    for word in ["ddr9", "DDR 4"] {
        let change = json!({"ddr_generation": word});
        assert_eq!(service.patch(&path, &change).await.problem(422).at("#/ddr_generation").detail, listed(there));
    }
    let words = offered(&service, "ram_spec", "ddr_generation", "RamSpecInput").await;
    assert_eq!(words, [json!(there), json!(there)]);
}

backends!(ours_has_every_word);
async fn ours_has_every_word(service: Service) {
    check(service, &GENERATIONS).await;
}

#[tokio::test]
async fn the_legacy_schema_has_fewer_words() {
    check(Service::start(Backend::Legacy).await, &LEGACY_GENERATIONS).await;
}

#[tokio::test]
async fn a_spelling_of_a_word_that_is_not_there_is_refused() {
    let database = Database::create(Backend::Legacy);
    database.sql("alter type storage_medium rename value 'hybrid' to 'tape'").await;
    let service = Options::default().start_on(&database).await;
    let there: Vec<&str> = MEDIA.into_iter().filter(|word| *word != "hybrid").collect();
    for text in ["hybrid", "SSHD", "SSD + HDD", "tape"] {
        let problem = service.post(STORAGE_PROFILE.path, &json!({"medium": text, "capacity_gb": 1})).await.problem(422);
        assert_eq!(problem.at("#/medium").detail, listed(&there), "{text}");
    }
    // What another program stored stays readable, and editable in its other fields.
    let insert =
        "insert into storage_profile (id, medium, capacity_gb, attributes_json) values (9, 'tape', 12000, '{}')";
    database.sql(insert).await;
    let path = STORAGE_PROFILE.at(&json!(9));
    let mut row = service.get(&path).await.expect(200).json();
    assert_eq!(row["medium"], "tape");
    row["notes"] = json!("changed");
    assert_eq!(service.patch(&path, &row).await.expect(200).json()["medium"], "tape");
    let words = offered(&service, "storage_profile", "medium", "StorageProfileInput").await;
    assert_eq!(words, [json!(there), json!(there)]);
}
