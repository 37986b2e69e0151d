//! What a client of the legacy service may see, line by line of the guide's table.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use partbook_test_support::contract::{CPU, GPU, LISTING, PORTS_PROFILE, PROFILE, RAM_SPEC, STORAGE_PROFILE};
use partbook_test_support::{Anonymous, Backend, Method, Service};

const GUIDE: &str = include_str!("../../../docs/taking-over.md");

/// The first column of the table under a heading.
fn lines(heading: &str) -> BTreeSet<&'static str> {
    let (_, section) = GUIDE.split_once(heading).expect("the heading");
    let section = section.split("\n## ").next().unwrap_or_default();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| ")).skip(1);
    rows.filter_map(|row| row.split(" | ").next()).filter(|title| !title.starts_with("---")).collect()
}

fn cpu(name: &str) -> Value {
    json!({"name": name, "manufacturer": "AMD", "cores": 6, "notes": "quiet", "attributes": {"bin": 7}})
}

#[tokio::test]
async fn every_line_of_the_guide_is_so() {
    let service = Service::start(Backend::Legacy).await;
    let mut seen = BTreeSet::new();
    for titles in [
        creates(&service).await,
        lists(&service).await,
        changes(&service).await,
        requests(&service).await,
        rest(&service).await,
    ] {
        for title in titles {
            assert!(seen.insert(title), "{title} twice");
        }
    }
    assert_eq!(seen, lines("## What clients may notice"));
}

async fn creates(service: &Service) -> Vec<&'static str> {
    let answer = service.post(CPU.path, &cpu(" Ryzen\t5  7600 ")).await.expect(201);
    let row = answer.json();
    let times = [&row["created_at"], &row["updated_at"]].map(|time| time.as_str().expect("a time").to_owned());
    assert!(
        times.iter().all(|time| time.len() == "2026-11-28T10:00:00.000000Z".len() && time.ends_with('Z')),
        "{times:?}"
    );

    assert_eq!(row["name"], "Ryzen 5 7600");
    assert_eq!(service.post(CPU.path, &cpu("\u{a0}\u{200b}")).await.problem(422).places(), ["#/name"]);

    let taken = service.post(CPU.path, &cpu("Ryzen 5 7600")).await.problem(422);
    assert_eq!(taken.detail, "CPU with name 'Ryzen 5 7600' already exists");

    let ram = json!({"ddr_generation": "ddr5", "module_count": 2, "capacity_per_module_gb": 16});
    let first = service.post(RAM_SPEC.path, &ram).await.expect(201);
    let again = service.post(RAM_SPEC.path, &ram).await.expect(201);
    assert_eq!((first.header("partbook-existing"), again.header("partbook-existing")), (None, Some("true")));
    assert_eq!(first.json(), again.json());

    for word in ["gddr6", "lpddr6", "sdram"] {
        let other = json!({"ddr_generation": word, "total_capacity_gb": 8});
        assert_eq!(service.post(RAM_SPEC.path, &other).await.problem(422).places(), ["#/ddr_generation"], "{word}");
    }
    let drive = json!({"medium": "NVMe SSD", "capacity_gb": 1000});
    assert_eq!(service.post(STORAGE_PROFILE.path, &drive).await.expect(201).json()["medium"], "nvme");

    assert_eq!(row["attributes"], json!({"bin": 7}));
    assert_eq!(row["attributes_json"], row["attributes"]);

    assert_eq!(answer.header("location"), Some(&*CPU.at(&row["id"])));

    let one = json!({"name": "One", "weights_json": {}, "is_default": true});
    let one = PROFILE.at(&service.created(PROFILE.path, &one).await["id"]);
    let other = json!({"name": "Other", "weights_json": {}, "is_default": true});
    let other = PROFILE.at(&service.created(PROFILE.path, &other).await["id"]);
    assert_eq!(service.get(&one).await.expect(200).json()["is_default"], false);
    service.patch(&other, &json!({"is_default": false})).await.problem(422);
    service.delete(&other).await.problem(409);
    vec![
        "Times",
        "Names",
        "A name that is taken",
        "RAM specs and storage profiles that are there",
        "Words",
        "`attributes`",
        "`Location`",
        "The default profile",
    ]
}

async fn lists(service: &Service) -> Vec<&'static str> {
    for name in ["Core i5-12400", "arc", "Zen"] {
        service
            .created(GPU.path, &json!({"name": name, "manufacturer": if name == "Zen" { "AMD" } else { "Intel" }}))
            .await;
    }
    let names = async |query: &str| -> Vec<String> {
        let rows = service.get(&format!("{}{query}", GPU.path)).await.expect(200).array();
        rows.iter().filter_map(|row| row["name"].as_str().map(str::to_owned)).collect()
    };
    assert_eq!(names("?limit=1").await, ["arc"]);
    let all = Service::options().ignores_legacy_limit().start_on(service.database()).await;
    assert_eq!(all.get(&format!("{}?limit=1", GPU.path)).await.expect(200).array().len(), 3);

    assert_eq!(names("?manufacturer=AMD").await, ["Zen"]);
    service.created(STORAGE_PROFILE.path, &json!({"medium": "hdd", "capacity_gb": 4000})).await;
    let large = service.get(&format!("{}?min_capacity_gb=2000", STORAGE_PROFILE.path)).await.expect(200).array();
    assert!(large.len() == 1 && large[0]["capacity_gb"] == 4000, "{large:?}");

    let unknown = service.get(&format!("{}?colour=red", GPU.path)).await.problem(422);
    assert_eq!(unknown.places(), ["colour"]);

    assert_eq!(names("?search=intel+i512400").await, ["Core i5-12400"]);
    assert_eq!(names("?sort=name").await, ["arc", "Core i5-12400", "Zen"]);
    assert_eq!(names("?sort=manufacturer").await, ["Zen", "Core i5-12400", "arc"]);
    assert_eq!(names("?sort=-manufacturer").await, ["arc", "Core i5-12400", "Zen"]);

    let page = service.get(&format!("{}?limit=1", GPU.path)).await.expect(200);
    assert!(page.header("link").is_some_and(|link| link.contains("rel=\"next\"")), "{:?}", page.header("link"));
    vec!["`limit`", "Filters", "Parameters that are not known", "Order and search", "`Link`"]
}

async fn changes(service: &Service) -> Vec<&'static str> {
    let row = service.created(CPU.path, &cpu("Athlon")).await;
    let path = CPU.at(&row["id"]);
    for (body, place) in [
        (json!({"cores": 0}), "#/cores"),
        (json!({"cores": 1.5}), "#/cores"),
        (json!({"socket": "x".repeat(65)}), "#/socket"),
        (json!({"notes": "\u{0}"}), "#/notes"),
    ] {
        assert_eq!(service.patch(&path, &body).await.problem(422).places(), [place], "{body}");
    }

    let merged = service.patch(&path, &json!({"attributes": {"box": true, "bin": null}})).await.expect(200);
    assert_eq!(merged.json()["attributes"], json!({"box": true}));
    assert_eq!(service.patch(&path, &json!({"name": null})).await.problem(422).places(), ["#/name"]);

    let replaced = service.put(&path, &json!({"name": "Athlon", "manufacturer": "AMD"})).await.expect(200).json();
    assert_eq!((&replaced["notes"], &replaced["attributes"]), (&Value::Null, &json!({})));

    let same = service.patch(&path, &json!({"name": "Athlon"})).await.expect(200);
    assert_eq!(same.json()["updated_at"], replaced["updated_at"]);

    let tag = same.header("etag").expect("a tag").to_owned();
    service.request(Method::GET, &path).header("If-None-Match", &tag).send().await.expect(304);
    service.patch(&path, &json!({"cores": 2})).await.expect(200);
    service.request(Method::PATCH, &path).header("If-Match", &tag).json(&json!({"cores": 4})).send().await.problem(412);

    let listing = json!({"title": "A box", "price_usd": 1, "cpu_id": row["id"]});
    let listing = service.created(LISTING.path, &listing).await;
    let refused = service.delete(&path).await.problem(409);
    assert_eq!(refused.detail, "Cannot delete CPU: used in 1 listing(s)");
    assert_eq!(refused.json["usage"]["listings"][0]["id"], listing["id"]);
    assert_eq!(service.get(&LISTING.at(&listing["id"])).await.expect(200).json()["cpu_id"], row["id"]);

    let old = json!({"fields": {"title": "B"}});
    service.patch(&LISTING.at(&listing["id"]), &old).await.problem(422);
    vec!["Values", "PATCH", "PUT", "A change of nothing", "Versions", "DELETE of what is in use", "`/v1/listings`"]
}

async fn requests(service: &Service) -> Vec<&'static str> {
    for (status, body) in [(400, "{\"name\":"), (400, r#"{"name":"a","name":"b","manufacturer":"c"}"#)] {
        service.request(Method::POST, CPU.path).body_text(body).send().await.problem(status);
    }
    service.request(Method::POST, CPU.path).body(cpu("Plain").to_string()).send().await.problem(415);
    service.request(Method::POST, CPU.path).body_text(&" ".repeat(1024 * 1024 + 1)).send().await.problem(413);

    let keyed = service.request(Method::POST, CPU.path).header("Idempotency-Key", "k").json(&cpu("Keyed")).send().await;
    assert_eq!(keyed.problem(422).at("Idempotency-Key").code, "unsupported");

    for (id, status) in [("abc", 422), ("0", 404), ("-1", 404), ("99999999999", 404)] {
        service.get(&format!("{}/{id}", CPU.path)).await.problem(status);
    }
    service.get("/v1/nothing").await.problem(404);
    service.request(Method::PATCH, CPU.path).send().await.problem(405);

    service.get(&format!("{}/", CPU.path)).await.expect(200);
    service.request(Method::HEAD, CPU.path).send().await.expect(200);
    vec!["Errors", "Bodies", "`Idempotency-Key`", "Ids", "Slashes and HEAD"]
}

async fn rest(service: &Service) -> Vec<&'static str> {
    let answer = service.request(Method::GET, CPU.path).header("X-Request-ID", "seen").send().await.expect(200);
    assert_eq!(answer.header("x-request-id"), Some("seen"));
    assert_eq!(answer.header("cache-control"), Some("no-cache, no-transform"));

    let origin = "http://localhost:3000";
    let answer = service.request(Method::GET, CPU.path).header("Origin", origin).send().await.expect(200);
    assert_eq!(answer.header("access-control-allow-origin"), Some(origin));
    assert_eq!(answer.header("access-control-allow-credentials"), None);

    let schema = service.get("/v1/fields-data/ports_profile/schema").await.expect(200).json();
    let keys: Vec<&str> =
        schema["fields"].as_array().expect("fields").iter().filter_map(|field| field["key"].as_str()).collect();
    assert!(!keys.is_empty() && !keys.contains(&"ports"), "{keys:?}");
    let ports = service.created(PORTS_PROFILE.path, &json!({"name": "Back", "ports": [{"type": "usb_a"}]})).await;
    assert_eq!(ports["ports"][0]["count"], 1);

    let health = service.get("/health").await.expect(200).json();
    let members: BTreeSet<&str> = health.as_object().expect("an object").keys().map(String::as_str).collect();
    assert!(
        ["status", "environment", "version", "commit", "database"].iter().all(|member| members.contains(member)),
        "{members:?}"
    );

    // What is said where others than the machine reach it; the start without it is refused.
    let said = Service::options().anonymous(Anonymous::Read).start(Backend::Legacy).await;
    said.get(CPU.path).await.expect(200);
    said.post(CPU.path, &cpu("New")).await.problem(401);
    service.post(CPU.path, &cpu("New")).await.expect(201);
    vec!["Request ids", "Caches", "Browsers", "`/v1/fields-data`", "`/health`", "Who may do what"]
}
