//! Rows that are the same thing: one of them stays, and what pointed at the others points at it.

use super::{findings, found, heal, sound, unkey};
use partbook_test_support::{Backend, Database, backends};

backends!(rows_with_one_key_become_one: Sqlite, Postgres, Legacy);
async fn rows_with_one_key_become_one(backend: Backend) {
    let database = Database::prepared(backend);
    unkey(&database).await;
    database
        .sql(
            "insert into ram_spec (ddr_generation, total_capacity_gb, notes, attributes_json)
                values ('ddr5', 32, 'a', '{}'), ('ddr5', 64, 'b', '{}'), ('ddr5', 32, 'c', '{}'), ('ddr5', 32, 'd', '{}');
             insert into storage_profile (medium, capacity_gb, interface, attributes_json)
                values ('nvme', 1000, 'PCIe', '{}'), ('nvme', 1000, 'PCIe', '{}'), ('nvme', 1000, null, '{}');
             insert into listing (title, other_urls, ram_spec_id, primary_storage_profile_id, secondary_storage_profile_id)
                values ('x', '[]', 3, 2, 3), ('y', '[]', 2, 1, 2)",
        )
        .await;
    let findings = findings(&database).await;
    assert_eq!(findings.len(), 2, "{findings:?}");
    let ram_key = "ram_spec.ddr_generation,speed_mhz,module_count,capacity_per_module_gb,total_capacity_gb";
    found(&findings[..1], "duplicate", ram_key, 2, &["1 = 4"]);
    let storage_key = "storage_profile.medium,interface,form_factor,capacity_gb,performance_tier";
    found(&findings[1..], "duplicate", storage_key, 1, &["1 = 2"]);
    for finding in &findings {
        heal(&database, finding).await;
    }
    sound(&database).await;
    let text = |value: &str| Some(value.to_owned());
    let notes = database.rows("select notes from ram_spec order by id").await;
    assert_eq!(notes, [[text("a")], [text("b")]]);
    let uses = "select cast(ram_spec_id as text), cast(primary_storage_profile_id as text),
        cast(secondary_storage_profile_id as text) from listing order by id";
    assert_eq!(database.rows(uses).await, [["1", "1", "3"].map(text), ["2", "1", "1"].map(text)]);
}

backends!(names_that_look_alike_become_one: Sqlite, Postgres, Legacy);
async fn names_that_look_alike_become_one(backend: Backend) {
    let database = Database::prepared(backend);
    database
        .sql(
            "insert into ports_profile (name, attributes_json) values ('Tower', '{}'), (' Tower', '{}'), ('Laptop', '{}');
             insert into port (ports_profile_id, type) values (1, 'USB-A'), (2, 'USB-A'), (3, 'HDMI');
             insert into profile (name, is_default) values ('Gaming', false), ('Gaming  ', true), ('Office ', false);
             insert into listing (title, other_urls, ports_profile_id, active_profile_id) values ('x', '[]', 2, 1);
             insert into listing_score_snapshot (listing_id, profile_id) values (1, 1);
             create table saved_build (id integer primary key, ports_profile_id integer references ports_profile (id));
             insert into saved_build values (1, 2)",
        )
        .await;
    let findings = findings(&database).await;
    assert_eq!(findings.len(), 2, "a name that is not clean, and looks like no other, is none: {findings:?}");
    for (finding, place) in findings.iter().zip(["ports_profile.name", "profile.name"]) {
        heal(&database, found(std::slice::from_ref(finding), "look-alike", place, 1, &["1 = 2"])).await;
    }
    sound(&database).await;
    let ids = database.rows(
        "select cast(l.ports_profile_id as text), cast(l.active_profile_id as text), cast(s.profile_id as text),
            cast(b.ports_profile_id as text)
         from listing l join listing_score_snapshot s on s.listing_id = l.id join saved_build b on b.id = 1",
    );
    assert_eq!(ids.await, [["1", "2", "2", "1"].map(|id| Some(id.to_owned()))], "the default profile stays");
    let ports = database.rows("select cast(id as text) from port order by id").await;
    assert_eq!(ports, [[Some("1".to_owned())], [Some("3".to_owned())]], "those of the row that goes, go with it");
}

backends!(a_name_that_is_there_twice_is_found_without_its_key: Sqlite, Postgres, Legacy);
async fn a_name_that_is_there_twice_is_found_without_its_key(backend: Backend) {
    let database = Database::prepared(backend);
    let key = if backend == Backend::Sqlite { "drop index" } else { "alter table cpu drop constraint" };
    database.sql(&format!("{key} cpu_name_key")).await;
    let zen = "insert into cpu (name, manufacturer, attributes_json) values ('Zen', 'AMD', '{}')";
    database.sql(&format!("{zen}, ('Zen', 'AMD', '{{}}'), ('zen', 'AMD', '{{}}')")).await;
    let findings = findings(&database).await;
    heal(&database, found(&findings, "duplicate", "cpu.name", 1, &["1 = 2"])).await;
    sound(&database).await;
}

backends!(parts_of_a_row_are_told_apart_null_safe: Sqlite, Postgres, Legacy);
async fn parts_of_a_row_are_told_apart_null_safe(backend: Backend) {
    let database = Database::prepared(backend);
    database
        .sql(
            "insert into ports_profile (name, attributes_json) values ('One', '{}'), ('Two', '{}');
             insert into port (ports_profile_id, type, spec_notes) values
                (1, 'USB-A', null), (2, 'USB-A', null), (1, 'USB-A', '10 Gbit/s'), (1, 'USB-A', null)",
        )
        .await;
    let findings = findings(&database).await;
    heal(&database, found(&findings, "duplicate", "port.ports_profile_id,type,spec_notes", 1, &["1 = 4"])).await;
    sound(&database).await;
}

/// Rows of old installations, awkward in every way.
#[tokio::test]
async fn what_old_rows_need_is_all_printed() {
    let database = Database::legacy_with_rows();
    let before = findings(&database).await;
    found(&before, "look-alike", "cpu.name", 1, &["1 = 10"]);
    for finding in before.iter().filter(|finding| !finding["healing"].is_null()) {
        heal(&database, finding).await;
    }
    let after = findings(&database).await;
    assert!(after.iter().all(|finding| finding["healing"].is_null()), "{after:?}");
}
