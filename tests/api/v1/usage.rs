//! `…/{id}/listings`: the listings that use a row, and the refusal of a DELETE that names the same ones
//! (contract sections 2 and 3).

use serde_json::{Value, json};

use partbook_test_support::contract::{
    CPU, Entity, LISTING, PORTS_PROFILE, PROFILE, STORAGE_PROFILE, catalog, in_listings, listing_that_uses,
};
use partbook_test_support::{Method, Service, backends};

async fn users(service: &Service, entity: &Entity, id: &Value, query: &str) -> Vec<Value> {
    service.get(&format!("{}/listings{query}", entity.at(id))).await.expect(200).array()
}

fn ids(rows: &[Value]) -> Vec<i64> {
    rows.iter().map(|row| row["id"].as_i64().expect("an id")).collect()
}

/// Times of a listing, `n` a number of minutes.
async fn date(service: &Service, id: &Value, created: u32, updated: u32) {
    let time = |n: u32| format!("2024-01-01T00:{n:02}:00.000000Z");
    let (created, updated) = (time(created), time(updated));
    service
        .sql(&format!("update listing set created_at = '{created}', updated_at = '{updated}' where id = {id}"))
        .await;
}

/// `count` listings that use a row, each changed before the one before it was; their ids in this order.
async fn used(service: &Service, entity: &Entity, id: &Value, count: u32) -> Vec<i64> {
    let mut listings = Vec::new();
    for n in 1..=count {
        let body = listing_that_uses(n, entity.used_through[0], id);
        let listing = service.created(LISTING.path, &body).await;
        date(service, &listing["id"], 59 - n, 59 - n).await;
        listings.push(listing["id"].as_i64().expect("an id"));
    }
    listings
}

backends!(a_row_that_nothing_uses_has_no_listings);
async fn a_row_that_nothing_uses_has_no_listings(service: Service) {
    for entity in in_listings() {
        let (row, other) = (service.create(entity, 1).await, service.create(entity, 2).await);
        service.created(LISTING.path, &listing_that_uses(1, entity.used_through[0], &other["id"])).await;
        assert_eq!(users(&service, entity, &row["id"], "").await, [Value::Null; 0], "{}", entity.name);
    }
}

backends!(use_through_any_field_counts);
async fn use_through_any_field_counts(service: Service) {
    for entity in in_listings() {
        let row = service.create(entity, 1).await;
        for (n, field) in (1..).zip(entity.used_through) {
            let body = listing_that_uses(n, field, &row["id"]);
            let listing = service.created(LISTING.path, &body).await;
            let found = users(&service, entity, &row["id"], "").await;
            assert_eq!(found.len(), n as usize, "{field}");
            assert!(found.contains(&listing), "as the listing's own address shows it: {field}");
        }
    }
}

backends!(a_score_snapshot_is_use_of_a_profile);
async fn a_score_snapshot_is_use_of_a_profile(service: Service) {
    let profile = service.create(&PROFILE, 1).await["id"].clone();
    let scored = service.create(&LISTING, 1).await["id"].clone();
    let both = service.created(LISTING.path, &listing_that_uses(2, "active_profile_id", &profile)).await["id"].clone();
    for id in [&scored, &scored, &both] {
        service
            .sql(&format!("insert into listing_score_snapshot (listing_id, profile_id) values ({id}, {profile})"))
            .await;
    }
    date(&service, &scored, 1, 1).await;
    date(&service, &both, 2, 2).await;
    let expected = [both.as_i64(), scored.as_i64()].map(|id| id.expect("an id"));
    assert_eq!(ids(&users(&service, &PROFILE, &profile, "").await), expected);
    let problem = service.delete(&PROFILE.at(&profile)).await.problem(409);
    assert_eq!(problem.detail, PROFILE.in_use(2));
}

backends!(a_listing_that_uses_a_row_twice_counts_once: Sqlite, Postgres, Legacy);
async fn a_listing_that_uses_a_row_twice_counts_once(service: Service) {
    let drive = service.create(&STORAGE_PROFILE, 1).await["id"].clone();
    let mut body = listing_that_uses(1, "primary_storage_profile_id", &drive);
    body["secondary_storage_profile_id"] = drive.clone();
    let listing = service.created(LISTING.path, &body).await;
    assert_eq!(users(&service, &STORAGE_PROFILE, &drive, "").await, [listing]);
    assert_eq!(service.delete(&STORAGE_PROFILE.at(&drive)).await.problem(409).detail, STORAGE_PROFILE.in_use(1));
}

backends!(the_newest_change_comes_first);
async fn the_newest_change_comes_first(service: Service) {
    for entity in in_listings() {
        let row = service.create(entity, 1).await["id"].clone();
        let listings = used(&service, entity, &row, 3).await;
        // Created in the opposite order of their changes.
        for (n, id) in (1..).zip(&listings) {
            date(&service, &json!(id), n, 10 - n).await;
        }
        let mut expected = listings;
        if entity.name == PORTS_PROFILE.name {
            expected.reverse(); // by creation, there alone
        }
        assert_eq!(ids(&users(&service, entity, &row, "").await), expected, "{}", entity.name);
    }
}

backends!(fifty_are_shown_and_a_hundred_at_most);
async fn fifty_are_shown_and_a_hundred_at_most(service: Service) {
    let cpu = service.create(&CPU, 1).await["id"].clone();
    let rows: Vec<String> = (1..=105).map(|n| format!("('Listing {n}', 1, '[]', {cpu})")).collect();
    service.sql(&format!("insert into listing (title, price_usd, other_urls, cpu_id) values {}", rows.join(","))).await;
    assert_eq!(users(&service, &CPU, &cpu, "").await.len(), 50);
    assert_eq!(users(&service, &CPU, &cpu, "?limit=100").await.len(), 100);
    for (query, parameter) in [
        ("limit=101", "limit"),
        ("limit=0", "limit"),
        ("offset=-1", "offset"),
        ("limit=x", "limit"),
        ("sort=id", "sort"),
    ] {
        let problem = service.get(&format!("{}/listings?{query}", CPU.at(&cpu))).await.problem(422);
        assert_eq!(problem.places(), [parameter]);
    }
    // Equal times: the id decides, and no page repeats or leaves out.
    service.sql("update listing set updated_at = '2024-01-01T00:00:00.000000Z'").await;
    let (mut all, mut offset) = (Vec::new(), 0);
    while offset < 105 {
        all.extend(ids(&users(&service, &CPU, &cpu, &format!("?limit=20&offset={offset}")).await));
        offset += 20;
    }
    let mut once = all.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!((all.len(), once.len()), (105, 105));
    assert!(users(&service, &CPU, &cpu, "?offset=105").await.is_empty());
}

backends!(pages_are_linked_and_counted_on_request);
async fn pages_are_linked_and_counted_on_request(service: Service) {
    for entity in in_listings() {
        let row = service.create(entity, 1).await["id"].clone();
        used(&service, entity, &row, 3).await;
        let path = format!("{}/listings?limit=1&offset=1", entity.at(&row));
        let answer = service.get(&path).await.expect(200);
        let link = answer.header("link").expect("a Link where a limit applies");
        assert!(["first", "prev", "next"].iter().all(|rel| link.contains(&format!("rel=\"{rel}\""))), "{link}");
        assert!(answer.header("x-total-count").is_none());
        let answer = service.request(Method::GET, &path).header("Prefer", "count=exact").send().await.expect(200);
        assert_eq!(answer.header("x-total-count"), Some("3"), "{}", entity.name);
    }
}

backends!(a_refused_delete_names_the_same_listings: Sqlite, Postgres, Legacy);
async fn a_refused_delete_names_the_same_listings(service: Service) {
    for entity in in_listings() {
        let row = service.create(entity, 1).await["id"].clone();
        let listings = used(&service, entity, &row, 22).await;
        let problem = service.delete(&entity.at(&row)).await.problem(409);
        assert_eq!(problem.detail, entity.in_use(22));
        let usage = &problem.json["usage"];
        assert_eq!(usage["count"], 22);
        let href = format!("{}/listings", entity.at(&row));
        assert_eq!(usage["href"], *href);
        let named = usage["listings"].as_array().expect("an array");
        let shown = service.get(&href).await.expect(200).array();
        assert_eq!(ids(&shown), listings);
        assert_eq!(named.len(), 20);
        for (named, shown) in named.iter().zip(&shown) {
            assert_eq!(*named, json!({"id": shown["id"], "title": shown["title"]}));
        }
        service.get(&entity.at(&row)).await.expect(200);
        service.sql("delete from listing").await;
        service.delete(&entity.at(&row)).await.expect(204);
    }
}

backends!(a_row_that_is_not_there_is_named);
async fn a_row_that_is_not_there_is_named(service: Service) {
    for entity in catalog() {
        for id in ["0", "-1", "4711", "99999999999999999999"] {
            let problem = service.get(&format!("{}/{id}/listings", entity.path)).await.problem(404);
            assert_eq!(problem.detail, entity.not_found(id));
        }
        let problem = service.get(&format!("{}/abc/listings", entity.path)).await.problem(422);
        assert_eq!(problem.faults.len(), 1);
        // What is wrong with the query is said before what is missing.
        service.get(&format!("{}/4711/listings?limit=0", entity.path)).await.problem(422);
    }
}

backends!(a_trailing_slash_and_head_are_tolerated: Sqlite);
async fn a_trailing_slash_and_head_are_tolerated(service: Service) {
    for entity in in_listings() {
        let row = service.create(entity, 1).await["id"].clone();
        let listings = used(&service, entity, &row, 1).await;
        let path = format!("{}/listings", entity.at(&row));
        assert_eq!(ids(&service.get(&format!("{path}/")).await.expect(200).array()), listings);
        let head = service.request(Method::HEAD, &path).send().await.expect(200);
        assert!(head.body.is_empty());
        assert_eq!(head.header("content-type"), Some("application/json"));
    }
}
