//! `GET /v1/catalog/{collection}/{id}/listings`: who uses a row (contract sections 2 and 3).

use std::slice::from_ref;

use serde_json::{Value, json};

use partbook_test_support::contract::{Entity, LISTING, PROFILE, in_listings, listing_that_uses};
use partbook_test_support::{Answer, Service, backends};

/// Listings that use a row, oldest first.
async fn users(service: &Service, entity: &Entity, id: &Value, count: u32) -> Vec<Value> {
    let mut users = Vec::new();
    for n in 0..count {
        let through = entity.used_through[n as usize % entity.used_through.len()];
        users.push(service.created(LISTING.path, &listing_that_uses(n, through, id)).await);
    }
    users
}

fn ids(rows: &[Value]) -> Vec<Value> {
    rows.iter().map(|row| row["id"].clone()).collect()
}

backends!(the_listings_that_use_a_row_are_answered_whole);
async fn the_listings_that_use_a_row_are_answered_whole(service: Service) {
    for entity in in_listings() {
        let (row, other) = (service.create(entity, 1).await, service.create(entity, 2).await);
        let path = format!("{}/listings", entity.at(&row["id"]));
        assert!(service.get(&path).await.expect(200).array().is_empty());
        users(&service, entity, &other["id"], 2).await;
        users(&service, entity, &row["id"], 3).await;
        let listings = service.get(&path).await.expect(200).array();
        assert_eq!(listings.len(), 3);
        for listing in listings {
            assert_eq!(service.get(&LISTING.at(&listing["id"])).await.expect(200).json(), listing);
        }
    }
}

backends!(the_newest_come_first);
async fn the_newest_come_first(service: Service) {
    for entity in in_listings() {
        let row = service.create(entity, 1).await;
        let path = format!("{}/listings", entity.at(&row["id"]));
        let users = ids(&users(&service, entity, &row["id"], 4).await);
        // Created in one order and updated in another.
        for (n, id) in users.iter().enumerate() {
            let (created, updated) = (n + 1, [3, 1, 4, 2][n]);
            service
                .sql(&format!(
                    "update listing set created_at = '2024-01-0{created}T00:00:00.000000Z',
                         updated_at = '2024-02-0{updated}T00:00:00.000000Z' where id = {id}"
                ))
                .await;
        }
        let order = if entity.name == "ports_profile" { [3, 2, 1, 0] } else { [2, 0, 3, 1] };
        let expected: Vec<&Value> = order.iter().map(|place: &usize| &users[*place]).collect();
        let listed = service.get(&path).await.expect(200).array();
        assert_eq!(ids(&listed).iter().collect::<Vec<_>>(), expected, "{}", entity.name);
        for (limit, offset) in [(1, 0), (2, 1), (100, 3), (5, 9)] {
            let page = service.get(&format!("{path}?limit={limit}&offset={offset}")).await.expect(200).array();
            let expected: Vec<Value> = listed.iter().skip(offset).take(limit).cloned().collect();
            assert_eq!(page, expected);
        }
    }
}

backends!(fifty_are_answered_unless_more_are_asked_for);
async fn fifty_are_answered_unless_more_are_asked_for(service: Service) {
    for entity in in_listings() {
        let id = &service.create(entity, 1).await["id"];
        let path = format!("{}/listings", entity.at(id));
        let through = entity.used_through[0];
        service
            .sql(&format!(
                "insert into listing (title, price_usd, {through}, other_urls)
                 with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < 120)
                 select 'Listing ' || n, n, {id}, '[]' from numbers"
            ))
            .await;
        for (query, count) in
            [("", 50), ("?limit=100", 100), ("?limit=1", 1), ("?offset=100", 20), ("?limit=100&offset=119", 1)]
        {
            assert_eq!(service.get(&format!("{path}{query}")).await.expect(200).array().len(), count, "{query}");
        }
        let pages =
            [service.get(&format!("{path}?limit=70")).await, service.get(&format!("{path}?limit=70&offset=70")).await];
        let mut all: Vec<i64> =
            pages.iter().flat_map(Answer::array).filter_map(|listing| listing["id"].as_i64()).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 120, "equal times leave the id to keep pages apart");
    }
}

backends!(bad_parameters_are_refused: Sqlite);
async fn bad_parameters_are_refused(service: Service) {
    for entity in in_listings() {
        let path = format!("{}/listings", entity.at(&service.create(entity, 1).await["id"]));
        for (parameter, value) in [
            ("limit", "0"),
            ("limit", "101"),
            ("limit", "abc"),
            ("offset", "-1"),
            ("offset", "x"),
            ("nonsense", "1"),
            ("cores", "8"),
        ] {
            let problem = service.get(&format!("{path}?{parameter}={value}")).await.problem(422);
            assert_eq!(problem.places(), [parameter], "{value}");
        }
    }
}

backends!(a_row_that_is_not_there_has_no_listings);
async fn a_row_that_is_not_there_has_no_listings(service: Service) {
    for entity in in_listings() {
        let problem = service.get(&format!("{}/999/listings", entity.path)).await.problem(404);
        assert_eq!(problem.detail, entity.not_found(999));
    }
}

backends!(a_scored_listing_is_among_a_profiles);
async fn a_scored_listing_is_among_a_profiles(service: Service) {
    let id = &service.create(&PROFILE, 1).await["id"];
    let scored = service.created(LISTING.path, &json!({"title": "Scored", "price_usd": 1})).await;
    let listing = &scored["id"];
    for _ in 0..2 {
        let statement = format!("insert into listing_score_snapshot (listing_id, profile_id) values ({listing}, {id})");
        service.sql(&statement).await;
    }
    let listed = service.get(&format!("{}/listings", PROFILE.at(id))).await.expect(200).array();
    assert_eq!(ids(&listed), from_ref(listing));
}
