//! Lists of listings: pages, order, search, filters.

use serde_json::{Value, json};

use super::parts;
use partbook_test_support::cluster::cluster;
use partbook_test_support::contract::{Kind, LISTING};
use partbook_test_support::{Backend, Database, Method, Service, backends};

/// Listings `1..=count` by SQL, which is quicker; a greater number is a later creation.
async fn many(service: &Service, count: u32) {
    let rows: Vec<String> = (1..=count)
        .map(|n| {
            let time = format!("2024-01-01T00:{:02}:{:02}.000000Z", n / 60, n % 60);
            format!("('Listing {n:03}', {n}, '[]', '{time}', '{time}')")
        })
        .collect();
    let rows = rows.join(",");
    service
        .sql(&format!("insert into listing (title, price_usd, other_urls, created_at, updated_at) values {rows}"))
        .await;
}

fn titles(rows: &[Value]) -> Vec<&str> {
    rows.iter().map(|row| row["title"].as_str().expect("a title")).collect()
}

async fn listed(service: &Service, query: &str) -> Vec<Value> {
    service.get(&format!("{}?{query}", LISTING.path)).await.expect(200).array()
}

backends!(fifty_are_listed_and_two_hundred_at_most);
async fn fifty_are_listed_and_two_hundred_at_most(service: Service) {
    many(&service, 210).await;
    assert_eq!(service.get(LISTING.path).await.expect(200).array().len(), 50);
    assert_eq!(listed(&service, "limit=200").await.len(), 200);
    assert_eq!(listed(&service, "limit=1").await.len(), 1);
    for limit in ["0", "201", "-1", "x", "", "1.5", "99999999999999999999"] {
        let problem = service.get(&format!("{}?limit={limit}", LISTING.path)).await.problem(422);
        assert_eq!(problem.places(), ["limit"]);
        assert!(problem.faults[0].detail.contains("200"), "{}", problem.faults[0].detail);
    }
}

backends!(the_newest_comes_first);
async fn the_newest_comes_first(service: Service) {
    many(&service, 3).await;
    assert_eq!(titles(&listed(&service, "").await), ["Listing 003", "Listing 002", "Listing 001"]);
    // By creation, not by change.
    let oldest = listed(&service, "title=Listing%20001").await[0]["id"].clone();
    service.patch(&LISTING.at(&oldest), &json!({"notes": "changed"})).await.expect(200);
    assert_eq!(titles(&listed(&service, "").await), ["Listing 003", "Listing 002", "Listing 001"]);
}

backends!(pages_are_linked);
async fn pages_are_linked(service: Service) {
    many(&service, 7).await;
    service.sql("update listing set created_at = '2024-01-01T00:00:00.000000Z'").await;
    let whole: Vec<Value> = listed(&service, "limit=200").await;
    let (mut pages, mut next) = (Vec::new(), format!("{}?limit=3", LISTING.path));
    for page in 0.. {
        let answer = service.get(&next).await.expect(200);
        pages.extend(answer.array());
        let link = answer.header("link").expect("a Link where a limit applies").to_owned();
        assert!(link.contains(r#"rel="first""#), "{link}");
        assert_eq!(link.contains(r#"rel="prev""#), page > 0, "{link}");
        assert!(!link.contains(r#"rel="last""#) && answer.header("x-total-count").is_none(), "unasked: {link}");
        let Some(target) = link.split(',').find(|part| part.contains(r#"rel="next""#)) else { break };
        target.trim().trim_start_matches('<').split('>').next().expect("a target").clone_into(&mut next);
        assert!(next.starts_with('/'), "path-relative: {next}");
        assert!(page < 3, "pages without an end");
    }
    assert_eq!(pages, whole);
    let answer = service.request(Method::GET, "/v1/listings?limit=3&offset=3");
    let answer = answer.header("Prefer", "count=exact").send().await.expect(200);
    assert_eq!(answer.header("x-total-count"), Some("7"));
    assert_eq!(answer.header("preference-applied"), Some("count=exact"));
    assert!(answer.header("link").expect("Link").contains(r#"rel="last""#));
}

backends!(search_looks_into_title_seller_and_model);
async fn search_looks_into_title_seller_and_model(service: Service) {
    for body in [
        json!({"title": "Needle box", "price_usd": 1}),
        json!({"title": "B", "seller": "The NEEDLE shop", "price_usd": 1}),
        json!({"title": "C", "device_model": "eyeneedle", "price_usd": 1}),
        json!({"title": "D", "notes": "needle", "manufacturer": "needle", "series": "needle", "price_usd": 1}),
        json!({"title": "100% _new_", "price_usd": 1}),
    ] {
        service.created(LISTING.path, &body).await;
    }
    let mut found = listed(&service, "search=%20needle%20&sort=title").await;
    assert_eq!(titles(&found), ["B", "C", "Needle box"]);
    found = listed(&service, "search=%25").await;
    assert_eq!(titles(&found), ["100% _new_"]);
    found = listed(&service, "search=_").await;
    assert_eq!(titles(&found), ["100% _new_"]);
    assert_eq!(listed(&service, "search=%20").await.len(), 5);
}

backends!(every_scalar_field_filters);
async fn every_scalar_field_filters(service: Service) {
    let mut body = (LISTING.full)(1);
    body.as_object_mut().expect("an object").extend(parts(&service).await);
    let row = service.created(LISTING.path, &body).await;
    service
        .created(LISTING.path, &json!({"title": "Other", "price_usd": 5, "ram_gb": 1, "primary_storage_gb": 1}))
        .await;
    for limit in LISTING.limits().filter(|limit| !matches!(limit.kind, Kind::Object | Kind::Array)) {
        let field = limit.field;
        let value = row[field].as_str().map_or_else(|| row[field].to_string(), str::to_owned);
        let query = url_encoded(field, &value);
        assert_eq!(listed(&service, &query).await, std::slice::from_ref(&row), "{query}");
        let bounds = matches!(limit.kind, Kind::Integer | Kind::Number);
        for bound in ["min", "max"].iter().filter(|_| bounds) {
            let query = format!("{bound}_{query}");
            assert!(listed(&service, &query).await.contains(&row), "{query}");
        }
    }
    let both = listed(&service, "condition=refurb&condition=used").await;
    assert_eq!(both.len(), 2);
    assert_eq!(titles(&listed(&service, "min_price_usd=5&max_price_usd=599.98").await), ["Other"]);
}

fn url_encoded(name: &str, value: &str) -> String {
    let mut url = reqwest::Url::parse("http://x").expect("a URL");
    url.query_pairs_mut().append_pair(name, value);
    url.query().expect("a query").to_owned()
}

backends!(an_unknown_or_malformed_parameter_is_refused);
async fn an_unknown_or_malformed_parameter_is_refused(service: Service) {
    for (query, parameter) in [
        ("warp=9", "warp"),
        ("attributes=x", "attributes"),
        ("other_urls=x", "other_urls"),
        ("cpu_id=x", "cpu_id"),
        ("condition=mint", "condition"),
        ("min_title=a", "min_title"),
        ("min_price_usd=cheap", "min_price_usd"),
        ("sort=warp", "sort"),
        ("sort=attributes", "sort"),
        ("offset=-1", "offset"),
    ] {
        let problem = service.get(&format!("{}?{query}", LISTING.path)).await.problem(422);
        assert_eq!(problem.places(), [parameter], "{query}");
    }
    let problem = service.get("/v1/listings?warp=9&limit=0").await.problem(422);
    assert_eq!(problem.faults.len(), 2, "every fault at once");
    assert!(problem.at("warp").detail.contains("search"), "what is allowed: {}", problem.at("warp").detail);
}

backends!(sort_by_field_and_direction);
async fn sort_by_field_and_direction(service: Service) {
    for (title, price, seller) in [("b", 2, Some("x")), ("A", 3, None), ("C", 1, Some("X")), ("a", 2, None)] {
        service.created(LISTING.path, &json!({"title": title, "price_usd": price, "seller": seller})).await;
    }
    for (sort, expected) in [
        ("price_usd,title", ["C", "a", "b", "A"]),
        ("-price_usd,-title", ["A", "b", "a", "C"]),
        ("title,id", ["A", "a", "b", "C"]),
        ("-id", ["a", "C", "A", "b"]),
        ("seller,price_usd", ["C", "b", "a", "A"]),
        ("-seller,price_usd", ["b", "C", "a", "A"]),
    ] {
        let rows = listed(&service, &format!("sort={sort}")).await;
        assert_eq!(titles(&rows), expected, "{sort}");
    }
}

#[tokio::test]
async fn a_page_costs_a_fixed_number_of_queries() {
    // The log of a server that is not ours cannot be read.
    let Some(socket) = &cluster().socket_directory else { return };
    let log = socket.with_file_name("log");
    let database = Database::create(Backend::Postgres);
    let url = reqwest::Url::parse(&database.url()).expect("a URL");
    // Other tests log no queries: theirs are the server's defaults.
    database.sql(&format!("alter database {} set log_statement = 'all'", &url.path()[1..])).await;
    let service = Service::options().start_on(&database).await;
    let parts = parts(&service).await;
    for n in 1..=20 {
        let mut body = (LISTING.full)(n);
        body.as_object_mut().expect("an object").extend(parts.clone());
        service.created(LISTING.path, &body).await;
    }
    let queries = || std::fs::read_to_string(&log).expect("the server's log").matches("execute ").count();
    let mut costs = Vec::new();
    // The first two may be dearer: connections are opened.
    for limit in [1, 20, 1, 20] {
        let before = queries();
        assert_eq!(listed(&service, &format!("limit={limit}")).await.len(), limit);
        costs.push(queries() - before);
    }
    assert!(costs[2] > 0, "nothing was logged: {costs:?}");
    assert_eq!(costs[2], costs[3], "{costs:?}");
}
