//! What a start asks of a PostgreSQL database whose tables are all there (contract section 9).

use serde_json::json;

use partbook_test_support::contract::{CPU, GPU, LISTING, PORTS_PROFILE, RAM_SPEC};
use partbook_test_support::{Backend, Database, Service, backends};

/// Starts, demands that it does not, and answers the line that says why.
async fn refusal(database: &Database) -> String {
    let refusal = Service::options().try_start_on(database).await.expect_err("a refusal");
    assert_eq!(refusal.trim_end().lines().count(), 1, "{refusal}");
    refusal
}

backends!(columns_of_other_types_are_named: Postgres, Legacy);
async fn columns_of_other_types_are_named(backend: Backend) {
    let database = Database::prepared(backend);
    database
        .sql(
            "alter table listing alter column price_date type timestamptz, alter column price_usd type numeric(12, 2);
             alter table cpu alter column cores type smallint;
             alter table profile alter column is_default drop default, alter column is_default type int using 0;
             alter table ram_spec drop constraint uq_ram_spec_dimensions, alter column ddr_generation drop default,
                 alter column ddr_generation type text",
        )
        .await;
    let refusal = refusal(&database).await;
    for fault in [
        "listing.price_date is timestamp with time zone and has to be timestamp without time zone",
        "listing.price_usd is numeric(12,2) and has to be double precision",
        "cpu.cores is smallint and has to be integer",
        "profile.is_default is integer and has to be boolean",
        "ram_spec.ddr_generation is text and has to be ram_generation",
    ] {
        assert!(refusal.contains(fault), "{fault}: {refusal}");
    }
    assert_eq!(refusal.matches(" has to be ").count(), 5, "{refusal}");
}

backends!(missing_keys_are_named: Postgres, Legacy);
async fn missing_keys_are_named(backend: Backend) {
    let database = Database::prepared(backend);
    // A restore that was broken off, and indexes that look like keys and are none.
    database
        .sql(
            "alter table cpu drop constraint cpu_name_key;
             create unique index of_some on cpu (name) where cores is not null;
             create unique index folded on cpu (lower(name));
             create index of_names on cpu (name);
             alter table gpu drop constraint gpu_pkey cascade;
             alter table ram_spec drop constraint uq_ram_spec_dimensions;
             drop index if exists ram_spec_natural_key",
        )
        .await;
    let text = refusal(&database).await;
    let keys = "cpu (name), gpu (id), ram_spec (ddr_generation, speed_mhz, module_count, capacity_per_module_gb, \
                total_capacity_gb)";
    assert!(text.contains(&format!("lacks a primary key or unique constraint on {keys}")), "{text}");
    database
        .sql(
            "create unique index any_name_will_do on cpu (name); create unique index on gpu (id);
             create unique index on ram_spec (total_capacity_gb, coalesce(speed_mhz, -1), ddr_generation,
                 coalesce(module_count, -1), coalesce(capacity_per_module_gb, -1))",
        )
        .await;
    Service::options().start_on(&database).await.get("/readyz").await.expect(200);
}

#[tokio::test]
async fn a_file_without_its_keys_is_refused() {
    let database = Database::prepared(Backend::Sqlite);
    database.sql("drop index cpu_name_key; drop index uq_storage_profile_dimensions").await;
    let refusal = refusal(&database).await;
    assert!(refusal.contains("unique constraint on cpu (name), storage_profile (medium, interface,"), "{refusal}");
}

backends!(types_that_work_are_accepted: Postgres, Legacy);
async fn types_that_work_are_accepted(backend: Backend) {
    let database = Database::prepared(backend);
    database
        .sql(
            "create domain core_count as integer check (value > 0);
             alter table cpu alter column igpu_model type text, alter column cores type core_count,
                 alter column threads type bigint, alter column attributes_json drop default,
                 alter column attributes_json type jsonb;
             alter table gpu alter column attributes_json drop default, alter column attributes_json type text;
             alter table port alter column count type smallint, alter column created_at type timestamptz;
             alter table listing alter column os_license type char(64), alter column condition type text",
        )
        .await;
    let service = Service::options().start_on(&database).await;
    for entity in [&CPU, &GPU, &PORTS_PROFILE, &LISTING] {
        let row = service.created(entity.path, &(entity.full)(1)).await;
        let changed = service.patch(&entity.at(&row["id"]), &json!({entity.note(): "changed"})).await.expect(200);
        assert_eq!(changed.json()[entity.note()], "changed");
        assert_eq!(service.get(entity.path).await.expect(200).array().len(), 1);
    }
    let cpu = &service.get(CPU.path).await.expect(200).array()[0];
    assert_eq!((&cpu["cores"], &cpu["threads"]), (&json!(14), &json!(20)));
    // In its own order and numbers, which is all that jsonb keeps.
    assert_eq!(cpu["attributes"]["alpha"]["b"], json!(null));
    let ports = service.get(PORTS_PROFILE.path).await.expect(200).array()[0]["ports"].clone();
    assert_eq!(ports[0]["count"], 4);
    assert!(ports[0]["created_at"].as_str().is_some_and(|time| time.ends_with('Z')), "{ports}");
}

// Keys are known by their columns, whatever they are called; a violation reports the name of a partition's.
backends!(keys_of_any_name_are_known: Postgres, Legacy);
async fn keys_of_any_name_are_known(backend: Backend) {
    let database = Database::prepared(backend);
    database
        .sql(
            "alter table cpu rename constraint cpu_pkey to numbers_of_cpus;
             alter table cpu rename constraint cpu_name_key to names_of_cpus;
             drop table gpu cascade;
             create table gpu (
                 id serial primary key, name varchar(255) not null, manufacturer varchar(64) not null, gpu_mark int,
                 metal_score int, notes text, created_at timestamp not null default now(),
                 updated_at timestamp not null default now(), attributes_json json not null default '{}'
             ) partition by hash (id);
             create table gpu_a partition of gpu for values with (modulus 2, remainder 0);
             create table gpu_b partition of gpu for values with (modulus 2, remainder 1)",
        )
        .await;
    let service = Service::options().start_on(&database).await;
    for entity in [&CPU, &GPU] {
        for number in 1..=3 {
            service.create(entity, number).await;
        }
        service.sql(&format!("select setval(pg_get_serial_sequence('{}', 'id'), 1, false)", entity.table)).await;
        assert_eq!(service.create(entity, 4).await["id"], 4);
        service.post(entity.path, &(entity.minimal)(4)).await.problem(422);
    }
}

backends!(rows_that_are_hidden_are_a_refusal: Postgres, Legacy);
async fn rows_that_are_hidden_are_a_refusal(backend: Backend) {
    let database = Database::prepared(backend);
    let url = database.restricted_url().await;
    database.sql("alter table listing enable row level security").await;
    let refusal = Service::options().url(&url).try_start_on(&database).await.expect_err("a refusal");
    assert!(
        refusal.contains("row level security hides rows") && refusal.trim_end().contains("in listing"),
        "{refusal}"
    );
    // Its owner sees them all.
    let service = Service::options().start_on(&database).await;
    let spec = service.create(&RAM_SPEC, 1).await;
    let listing = partbook_test_support::contract::listing_that_uses(1, "ram_spec_id", &spec["id"]);
    service.created(LISTING.path, &listing).await;
    service.delete(&RAM_SPEC.at(&spec["id"])).await.problem(409);
    // A policy that lets the role see all of them still has its rows read through it.
    database.sql("create policy everything on listing using (true)").await;
    Service::options().url(&url).try_start_on(&database).await.expect_err("a refusal");
    database.sql("alter table listing disable row level security").await;
    Service::options().url(&url).start_on(&database).await.get("/readyz").await.expect(200);
}
