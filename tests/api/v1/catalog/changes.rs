//! Only what changes is judged and written (contract section 2).

use serde_json::{Value, json};

use partbook_test_support::body::with;
use partbook_test_support::contract::{CPU, Kind, Limit, PROFILE, RAM_SPEC, STORAGE_PROFILE, catalog};
use partbook_test_support::{Backend, Service, backends};

/// Makes the database refuse updates of a table, or those that name one of the columns.
async fn freeze(service: &Service, backend: Backend, table: &str, columns: &[&str]) {
    let of = if columns.is_empty() { String::new() } else { format!("of {}", columns.join(", ")) };
    let statements = if backend == Backend::Sqlite {
        format!("create trigger frozen_{table} before update {of} on {table} begin select raise(abort, 'frozen'); end")
    } else {
        format!(
            "create or replace function refuse() returns trigger language plpgsql as
                 $$ begin raise exception 'frozen'; end $$;
             create trigger frozen_{table} before update {of} on {table} for each statement execute function refuse()"
        )
    };
    service.sql(&statements).await;
}

backends!(an_update_that_changes_nothing_writes_nothing);
async fn an_update_that_changes_nothing_writes_nothing(backend: Backend) {
    let service = Service::start(backend).await;
    freeze(&service, backend, "port", &[]).await;
    for entity in catalog() {
        let body = (entity.full)(1);
        let row = service.created(entity.path, &body).await;
        let path = entity.at(&row["id"]);
        freeze(&service, backend, entity.table, &[]).await;
        // As it was sent, as it was answered, and in part.
        for body in [&body, &row] {
            assert_eq!(service.put(&path, body).await.expect(200).json(), row);
            assert_eq!(service.patch(&path, body).await.expect(200).json(), row);
        }
        for limit in entity.limits() {
            let change = json!({limit.field: row[limit.field]});
            assert_eq!(service.patch(&path, &change).await.expect(200).json(), row);
        }
        assert_eq!(service.patch(&path, &json!({})).await.expect(200).json(), row);
        assert_eq!(service.get(&path).await.expect(200).json(), row);
    }
}

backends!(a_value_that_is_stored_as_it_was_changes_nothing);
async fn a_value_that_is_stored_as_it_was_changes_nothing(service: Service) {
    let ram = (RAM_SPEC.full)(1);
    let storage = (STORAGE_PROFILE.full)(1);
    let rows = [
        (&RAM_SPEC, "ddr_generation", json!("DDR5"), &ram),
        (&RAM_SPEC, "label", json!("  Kit 0001 "), &ram),
        (&RAM_SPEC, "notes", json!("CL36\n"), &ram),
        (&STORAGE_PROFILE, "medium", json!("NVMe SSD"), &storage),
        (&STORAGE_PROFILE, "interface", json!(" PCIe 4.0 x4"), &storage),
        (&STORAGE_PROFILE, "performance_tier", json!("enthusiast "), &storage),
    ];
    for (entity, field, value, body) in rows {
        let row = service.created(entity.path, body).await;
        let path = entity.at(&row["id"]);
        assert_eq!(service.patch(&path, &json!({field: value})).await.expect(200).json(), row, "{field}");
        assert_eq!(service.put(&path, &with(body.clone(), field, value)).await.expect(200).json(), row, "{field}");
    }
    for entity in catalog() {
        let row = service.create(entity, 1).await;
        let path = entity.at(&row["id"]);
        for limit in entity.limits().filter(|limit| limit.kind == Kind::Text && row[limit.field].is_null()) {
            let patched = service.patch(&path, &json!({limit.field: ""})).await.expect(200).json();
            assert_eq!(patched, row, "{}", limit.field);
        }
    }
}

backends!(only_columns_that_change_are_written);
async fn only_columns_that_change_are_written(backend: Backend) {
    let service = Service::start(backend).await;
    freeze(&service, backend, "port", &[]).await;
    for entity in catalog() {
        let row = service.created(entity.path, &(entity.full)(1)).await;
        let path = entity.at(&row["id"]);
        let columns: Vec<&str> = entity
            .limits()
            .map(|limit| if limit.field == "attributes" { "attributes_json" } else { limit.field })
            .filter(|column| *column != entity.note() && *column != "ports")
            .chain(["id", "created_at"])
            .collect();
        freeze(&service, backend, entity.table, &columns).await;
        let patched = service.patch(&path, &json!({entity.note(): "patched"})).await.expect(200).json();
        assert_eq!(patched[entity.note()], "patched");
        let put = service.put(&path, &with(row, entity.note(), "put")).await.expect(200).json();
        assert_eq!(put[entity.note()], "put");
    }
}

backends!(columns_that_are_not_shown_are_kept);
async fn columns_that_are_not_shown_are_kept(service: Service) {
    for (entity, columns, values) in [
        (&CPU, "price_target_good, price_target_confidence, price_target_sample_size", "99.5, 'high', 7"),
        (&PROFILE, "rule_group_weights", "'{\"a\": 1}'"),
    ] {
        let row = service.created(entity.path, &(entity.full)(1)).await;
        let path = entity.at(&row["id"]);
        let assignments: Vec<_> =
            columns.split(", ").zip(values.split(", ")).map(|(column, value)| format!("{column} = {value}")).collect();
        service.sql(&format!("update {} set {}", entity.table, assignments.join(", "))).await;
        let select = format!("select {columns} from {}", entity.table);
        let before = service.rows(&select).await;
        service.patch(&path, &json!({entity.note(): "patched"})).await.expect(200);
        service.put(&path, &(entity.minimal)(5)).await.expect(200);
        assert_eq!(service.rows(&select).await, before);
    }
}

backends!(updated_at_moves_forward_and_created_at_stays);
async fn updated_at_moves_forward_and_created_at_stays(service: Service) {
    for entity in catalog() {
        let mut row = service.created(entity.path, &(entity.full)(1)).await;
        let path = entity.at(&row["id"]);
        for n in 0..6 {
            if n == 4 {
                // Written by a machine whose clock is ahead.
                service.sql(&format!("update {} set updated_at = '2090-01-01T00:00:00.000000Z'", entity.table)).await;
                row = service.get(&path).await.expect(200).json();
                assert_eq!(row["updated_at"], "2090-01-01T00:00:00.000000Z");
            }
            let note = entity.note();
            let answer = if n % 2 == 0 {
                service.patch(&path, &json!({note: n.to_string()})).await
            } else {
                service.put(&path, &with(row.clone(), note, n.to_string())).await
            };
            let changed = answer.expect(200).json();
            assert!(changed["updated_at"].as_str() > row["updated_at"].as_str(), "{changed}");
            assert_eq!(changed["created_at"], row["created_at"]);
            row = changed;
        }
    }
}

backends!(a_stored_value_out_of_range_is_no_fault);
async fn a_stored_value_out_of_range_is_no_fault(service: Service) {
    for entity in catalog() {
        let ranges: Vec<_> = entity.limits().filter(|limit| limit.kind == Kind::Integer).collect();
        let path = entity.at(&service.created(entity.path, &(entity.full)(1)).await["id"]);
        let outside = |limit: &Limit| limit.max.map_or(-1, |max| max + 1);
        for limit in &ranges {
            service.sql(&format!("update {} set {} = {}", entity.table, limit.field, outside(limit))).await;
        }
        let mut row = service.get(&path).await.expect(200).json();
        for limit in &ranges {
            assert_eq!(row[limit.field], outside(limit));
        }
        // With none of the old values, with all of them, and with one of them.
        row = service.patch(&path, &json!({entity.note(): "one"})).await.expect(200).json();
        row = service.patch(&path, &with(row, entity.note(), "two")).await.expect(200).json();
        row = service.put(&path, &with(row, entity.note(), "three")).await.expect(200).json();
        assert_eq!(row[entity.note()], "three");
        for limit in &ranges {
            assert_eq!(row[limit.field], outside(limit));
            let same = json!({limit.field: outside(limit), entity.note(): limit.field});
            service.patch(&path, &same).await.expect(200);
            let other = json!({limit.field: limit.max.map_or(-2, |max| max + 2)});
            assert_eq!(service.patch(&path, &other).await.problem(422).places(), [format!("#/{}", limit.field)]);
            let back = json!({limit.field: limit.min.expect("each has one")});
            service.patch(&path, &back).await.expect(200);
        }
    }
}

backends!(a_stored_text_against_the_rules_is_no_fault);
async fn a_stored_text_against_the_rules_is_no_fault(service: Service) {
    // Not trimmed, and empty where a name must not be.
    let row = service.created(RAM_SPEC.path, &(RAM_SPEC.full)(1)).await;
    service.sql("update ram_spec set label = '  padded  '").await;
    let path = RAM_SPEC.at(&row["id"]);
    let row = service.get(&path).await.expect(200).json();
    assert_eq!(row["label"], "  padded  ");
    let row = service.put(&path, &with(row, "notes", "changed")).await.expect(200).json();
    assert_eq!((&row["label"], &row["notes"]), (&json!("  padded  "), &json!("changed")));

    let row = service.created(CPU.path, &(CPU.full)(1)).await;
    service.sql("update cpu set name = '', manufacturer = ''").await;
    let path = CPU.at(&row["id"]);
    let row = service.get(&path).await.expect(200).json();
    assert_eq!((&row["name"], &row["manufacturer"]), (&json!(""), &json!("")));
    for body in [json!({"notes": "patched"}), with(row.clone(), "notes", "whole")] {
        assert_eq!(service.patch(&path, &body).await.expect(200).json()["notes"], body["notes"]);
    }
    service.put(&path, &with(row, "notes", Value::Null)).await.expect(200);
    service.patch(&path, &json!({"name": "Named", "manufacturer": ""})).await.expect(200);
    assert_eq!(service.patch(&path, &json!({"name": ""})).await.problem(422).places(), ["#/name"]);
}
