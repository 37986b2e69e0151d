//! What other programs put into the database: triggers, indexes, ids, row level security (contract sections 2 and 10).

use serde_json::json;

use partbook_test_support::contract::{CPU, GPU, catalog};
use partbook_test_support::{Service, backends};

backends!(a_sequence_that_is_behind_is_advanced: Postgres, Legacy);
async fn a_sequence_that_is_behind_is_advanced(service: Service) {
    for entity in catalog() {
        for n in 1..=3 {
            service.create(entity, n).await;
        }
        service.sql(&format!("select setval(pg_get_serial_sequence('{}', 'id'), 1, false)", entity.table)).await;
        let row = service.create(entity, 4).await;
        assert!(row["id"].as_i64() > Some(3), "{row}");
        service.create(entity, 5).await;
    }
}

backends!(an_index_of_another_program_refuses_a_row: Postgres, Sqlite);
async fn an_index_of_another_program_refuses_a_row(service: Service) {
    service.sql("create unique index own_rule on cpu (lower(name))").await;
    service.created(CPU.path, &json!({"name": "Ryzen", "manufacturer": "AMD"})).await;
    let other = service.created(CPU.path, &json!({"name": "Athlon", "manufacturer": "AMD"})).await;
    for answer in [
        service.post(CPU.path, &json!({"name": "RYZEN", "manufacturer": "AMD"})).await,
        service.patch(&CPU.at(&other["id"]), &json!({"name": "rYZEN"})).await,
    ] {
        let problem = answer.problem(422);
        assert_eq!(problem.at("#").code, "value");
        assert!(problem.detail.contains("refuses this by a rule of its own"), "{}", problem.detail);
    }
}

backends!(what_a_trigger_raises_is_a_refusal: Postgres, Legacy);
async fn what_a_trigger_raises_is_a_refusal(service: Service) {
    service
        .sql(
            "create function refuse() returns trigger language plpgsql as $$ begin raise 'not on Sundays'; end $$;
             create trigger refuse before insert or update on gpu for each row execute function refuse()",
        )
        .await;
    let problem = service.post(GPU.path, &(GPU.minimal)(1)).await.problem(422);
    assert!(!problem.detail.contains("Sundays"), "what other programs say is for the log: {}", problem.detail);
}

backends!(an_answer_shows_what_a_trigger_stored: Postgres, Legacy);
async fn an_answer_shows_what_a_trigger_stored(service: Service) {
    service
        .sql(
            "create function shout() returns trigger language plpgsql as
             $$ begin new.name = upper(new.name); return new; end $$;
             create trigger shout before insert or update on cpu for each row execute function shout()",
        )
        .await;
    let created = service.post(CPU.path, &json!({"name": "Ryzen", "manufacturer": "AMD"})).await.expect(201);
    assert_eq!(created.json()["name"], "RYZEN");
    let path = CPU.at(&created.json()["id"]);
    assert_eq!(service.get(&path).await.expect(200).header("etag"), created.header("etag"));
    let changed = service.patch(&path, &json!({"name": "Athlon", "cores": 2})).await.expect(200);
    assert_eq!(changed.json()["name"], "ATHLON");
    let read = service.get(&path).await.expect(200);
    assert_eq!((read.header("etag"), read.json()), (changed.header("etag"), changed.json()));
}
