//! A listing that starts to use a row at the moment of its deletion blocks it or fails itself (contract section 2).

use std::time::Duration;

use serde_json::{Value, json};
use sqlx::postgres::PgConnection;
use sqlx::{AssertSqlSafe, Connection, raw_sql};

use crate::support::contract::{LISTING, RAM_SPEC, STORAGE_PROFILE, catalog, listing_that_uses};
use crate::support::{Answer, Method, Service, backends, together};

/// Demands that the row is there with its listing, or that neither is.
async fn settled(service: &Service, path: &str, through: &str, id: &Value, deleted: &Answer, used: &Answer) {
    match (deleted.status, used.status) {
        (409, 200 | 201) => {
            let listing = service.get(&LISTING.at(&used.json()["id"])).await.expect(200).json();
            assert_eq!(listing[through], *id);
            service.get(path).await.expect(200);
        }
        (204, 422) => {
            used.problem(422).at(&format!("#/{through}"));
            service.get(path).await.problem(404);
        }
        _ => panic!("{deleted:?}\nand {used:?}"),
    }
}

backends!(a_delete_and_a_new_listing_never_both_succeed);
async fn a_delete_and_a_new_listing_never_both_succeed(service: Service) {
    for n in 0..8 {
        for entity in catalog() {
            let row = service.create(entity, n).await;
            let (id, path) = (&row["id"], entity.at(&row["id"]));
            for through in entity.used_through.iter().take(1) {
                let delete = service.request(Method::DELETE, &path);
                let create = service.request(Method::POST, LISTING.path).json(&listing_that_uses(n, through, id));
                // Whichever is sent first has a little lead.
                let mut answers = together(if n % 2 == 0 { [delete, create] } else { [create, delete] }).await;
                if n % 2 == 1 {
                    answers.reverse();
                }
                settled(&service, &path, through, id, &answers[0], &answers[1]).await;
            }
        }
    }
}

backends!(a_delete_and_a_changed_listing_never_both_succeed);
async fn a_delete_and_a_changed_listing_never_both_succeed(service: Service) {
    let listing = service.create(&LISTING, 1).await;
    let listing = LISTING.at(&listing["id"]);
    for n in 0..20 {
        for (entity, through) in [(&RAM_SPEC, "ram_spec_id"), (&STORAGE_PROFILE, "secondary_storage_profile_id")] {
            let row = service.create(entity, n).await;
            let (id, path) = (&row["id"], entity.at(&row["id"]));
            let answers = together([
                service.request(Method::DELETE, &path),
                service.request(Method::PATCH, &listing).json(&json!({through: id})),
            ])
            .await;
            settled(&service, &path, through, id, &answers[0], &answers[1]).await;
            service.patch(&listing, &json!({through: null})).await.expect(200);
        }
    }
}

backends!(a_delete_waits_for_another_programs_listing: Postgres, Legacy);
async fn a_delete_waits_for_another_programs_listing(service: Service) {
    for entity in catalog() {
        for through in entity.used_through {
            let row = service.create(entity, 1).await;
            let (id, path) = (&row["id"], entity.at(&row["id"]));
            let mut program = PgConnection::connect(&service.database().url()).await.expect("PostgreSQL answers");
            let insert = format!(
                "begin; insert into listing (title, price_usd, {through}, other_urls) values ('Foreign', 1, {id}, '[]')"
            );
            raw_sql(AssertSqlSafe(insert)).execute(&mut program).await.expect("a row");
            let delete = tokio::spawn(service.request(Method::DELETE, &path).send());
            let waiting = "select count(*) from pg_stat_activity
                           where datname = current_database() and wait_event_type = 'Lock'";
            let patience = tokio::time::timeout(Duration::from_secs(30), async {
                while service.database().value(waiting).await.as_deref() == Some("0") && !delete.is_finished() {}
            });
            patience.await.expect("the delete waits or answers");
            raw_sql("commit").execute(&mut program).await.expect("a commit");
            program.close().await.expect("PostgreSQL says goodbye");
            let problem = delete.await.expect("an answer").problem(409);
            assert_eq!(problem.detail, entity.in_use(1));
            let kept = service.database().value(&format!("select {through} from listing")).await;
            assert_eq!(kept, Some(id.to_string()));
            service.sql("delete from listing").await;
            service.delete(&path).await.expect(204);
        }
    }
}
