//! Tables of others that point at the catalog block a DELETE, whatever their delete rule.

use serde_json::json;

use partbook_test_support::contract::{CPU, Entity, GPU, LISTING, PORTS_PROFILE, PROFILE, STORAGE_PROFILE};
use partbook_test_support::{Backend, Database, Service};

async fn conflict(service: &Service, entity: &Entity, id: i32) -> String {
    let path = entity.at(&json!(id));
    let detail = service.delete(&path).await.problem(409).detail;
    service.get(&path).await.expect(200);
    detail
}

#[tokio::test]
async fn every_delete_rule_blocks() {
    let service = Service::legacy_with_rows().await;
    for (entity, id, text) in [
        (&CPU, 21, "Cannot delete CPU: used by 2 row(s) of saved_builds"), // SET NULL
        (&GPU, 3, "Cannot delete GPU: used by 1 row(s) of saved_builds"),
        (&CPU, 22, "Cannot delete CPU: used by 1 row(s) of benchmark_run"), // NO ACTION
        (&CPU, 23, "Cannot delete CPU: used by 1 row(s) of wish"),          // CASCADE
    ] {
        assert_eq!(conflict(&service, entity, id).await, text);
    }
    let counts = "select (select count(*) from saved_builds where cpu_id = 21 or gpu_id = 3),
        (select count(*) from benchmark_run), (select count(*) from wish)";
    let expected = ["2", "1", "1"].map(|count| Some(count.to_owned()));
    assert_eq!(service.rows(counts).await, [expected], "nothing was nulled or deleted");
    for (entity, id) in [(&CPU, 24), (&GPU, 4), (&PORTS_PROFILE, 4), (&PROFILE, 7), (&STORAGE_PROFILE, 8)] {
        service.delete(&entity.at(&json!(id))).await.expect(204);
    }
    // Free as soon as the others let go.
    service.sql("update saved_builds set cpu_id = null").await;
    service.delete(&CPU.at(&json!(21))).await.expect(204);
}

#[tokio::test]
async fn a_row_that_points_twice_counts_once() {
    let database = Database::legacy_with_rows();
    database
        .sql(
            "create table duel (id serial primary key, one int references cpu on delete set null,
                 other int references cpu on delete cascade);
             insert into duel (one, other) values (24, 24), (24, null), (null, 24), (null, null), (1, 2);
             create schema elsewhere;
             create table elsewhere.\"Odd Name\" (id serial primary key, \"Part\" int references public.gpu);
             insert into elsewhere.\"Odd Name\" (\"Part\") values (4);
             create table favorite (id serial primary key,
                 listing_id int not null references listing on delete cascade);
             insert into favorite (listing_id) values (4), (4)",
        )
        .await;
    let service = Service::options().start_on(&database).await;
    assert_eq!(conflict(&service, &CPU, 24).await, "Cannot delete CPU: used by 3 row(s) of duel");
    let elsewhere = conflict(&service, &GPU, 4).await;
    assert!(
        elsewhere.starts_with("Cannot delete GPU: used by 1 row(s) of ") && elsewhere.contains("Odd Name"),
        "{elsewhere}"
    );
    assert_eq!(conflict(&service, &LISTING, 4).await, "Cannot delete Listing: used by 2 row(s) of favorite");
    service.delete(&LISTING.at(&json!(3))).await.expect(204);
}

#[tokio::test]
async fn listings_are_counted_once_and_named() {
    let service = Service::legacy_with_rows().await;
    for (entity, id, count) in [
        (&CPU, 1, 1),
        (&CPU, 7, 25),
        (&PROFILE, 5, 1),         // in two snapshots of one listing, and active nowhere
        (&PROFILE, 6, 1),         // active on a listing that has snapshots of it
        (&STORAGE_PROFILE, 2, 1), // both drives of one listing
        (&STORAGE_PROFILE, 7, 1), // a second drive only
        (&STORAGE_PROFILE, 5, 1),
        (&PORTS_PROFILE, 3, 1),
    ] {
        let path = entity.at(&json!(id));
        let problem = service.delete(&path).await.problem(409);
        assert_eq!(problem.detail, entity.in_use(count), "{} {id}", entity.name);
        assert_eq!(problem.json["usage"]["count"], count);
        let listings = service.get(&format!("{path}/listings")).await.expect(200).array();
        assert_eq!(listings.len(), count);
        let named = problem.json["usage"]["listings"].as_array().expect("an array");
        assert_eq!(named.len(), count.min(20));
        for (named, listing) in named.iter().zip(&listings) {
            assert_eq!((&named["id"], &named["title"]), (&listing["id"], &listing["title"]));
        }
    }
    let newest = service.get("/v1/catalog/cpus/7/listings?limit=1").await.array();
    assert_eq!(newest[0]["id"], 125);
}

#[tokio::test]
async fn a_table_that_may_not_be_read_does_not_stop_the_start() {
    let database = Database::legacy_with_rows();
    let url = database.restricted_url().await;
    let role = reqwest::Url::parse(&url).expect("a URL").username().to_owned();
    database.sql(&format!("revoke all on saved_builds from {role}")).await;
    let service = Service::options().url(&url).start_on(&database).await;
    // Whether it is used cannot be known: it is not deleted, and nothing is nulled.
    let answer = service.delete(&CPU.at(&json!(21))).await;
    answer.problem(409);
    assert_eq!(database.value("select count(*) from saved_builds where cpu_id = 21").await.as_deref(), Some("2"));
    service.delete(&PORTS_PROFILE.at(&json!(4))).await.expect(204);
}

#[tokio::test]
async fn the_tables_of_ours_point_here_too() {
    for backend in [Backend::Postgres, Backend::Sqlite] {
        let database = Database::prepared(backend);
        database
            .sql(
                "create table saved_builds (id integer primary key,
                     cpu_id integer references cpu (id) on delete set null);
                 insert into cpu (id, name, manufacturer) values (77, 'Kept', 'x');
                 insert into saved_builds values (1, 77), (2, 77), (3, null)",
            )
            .await;
        let service = Service::options().start_on(&database).await;
        assert_eq!(conflict(&service, &CPU, 77).await, "Cannot delete CPU: used by 2 row(s) of saved_builds");
    }
}
