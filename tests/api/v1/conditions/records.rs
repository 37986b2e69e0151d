//! A record of `/v1/fields-data` is another representation of a row, and has a tag of its own.

use serde_json::{Value, json};

use super::{STALE, change_of_record, full, raw_member, record_path, stored, tag, tag_now};
use partbook_test_support::contract::{Entity, LISTING, PORTS_PROFILE, entities};
use partbook_test_support::{Answer, Method, Service, backends};

/// The record as it is now: a change of nothing shows it.
async fn record_now(service: &Service, path: &str) -> Answer {
    service.patch(path, &json!({})).await.expect(200)
}

/// A change of a record with these If-Match headers.
async fn send(service: &Service, path: &str, values: &[&str], body: &Value) -> Answer {
    let request = service.request(Method::PATCH, path).json(body);
    values.iter().fold(request, |request, value| request.header("If-Match", value)).send().await
}

/// The record of a row as the list of records shows it.
async fn listed(service: &Service, entity: &Entity) -> String {
    let page = service.get(&format!("/v1/fields-data/{}/records", entity.name)).await.expect(200);
    let records = raw_member(&page, "records");
    records.strip_prefix('[').and_then(|text| text.strip_suffix(']')).expect("an array").to_owned()
}

backends!(a_record_is_changed_by_its_own_tag);
async fn a_record_is_changed_by_its_own_tag(service: Service) {
    for entity in entities() {
        let row = service.created(entity.path, &(entity.full)(1)).await;
        let path = record_path(entity, &row["id"]);
        for (number, around) in ["{}", "*", "S, {}", "{}, W/S", "S|{}"].into_iter().enumerate() {
            let tag = tag(&record_now(&service, &path).await);
            let text = around.replace("{}", &tag).replace('S', STALE);
            let values: Vec<&str> = text.split('|').collect();
            let text = format!("changed {number}");
            let changed = send(&service, &path, &values, &change_of_record(entity, &text)).await.expect(200);
            assert_ne!(super::tag(&changed), tag, "{}", entity.name);
            assert_eq!(super::tag(&record_now(&service, &path).await), super::tag(&changed));
            assert_eq!(changed.json()["fields"][entity.note()], text);
        }
        service.delete(&entity.at(&row["id"])).await.expect(204);
    }
}

backends!(another_version_of_a_record_is_not_changed);
async fn another_version_of_a_record_is_not_changed(service: Service) {
    for entity in entities() {
        let row = service.created(entity.path, &(entity.full)(1)).await;
        let path = record_path(entity, &row["id"]);
        let old = tag(&record_now(&service, &path).await);
        service.patch(&entity.at(&row["id"]), &json!({entity.note(): "by its row"})).await.expect(200);
        let now = record_now(&service, &path).await;
        assert_ne!(tag(&now), old, "{}", entity.name);
        let of_row = tag_now(&service, &entity.at(&row["id"])).await;
        let before = stored(&service, entity).await;
        // The tag of the row is of what the client was not shown here.
        for values in [&[&old[..]][..], &[STALE], &[&format!("W/{}", tag(&now))], &[&of_row], &[&old, &of_row]] {
            for body in [change_of_record(entity, "x"), json!({}), json!({"attributes": {"new": 1}})] {
                let refused = send(&service, &path, values, &body).await;
                refused.problem(412);
                assert_eq!(tag(&refused), tag(&now), "{}", entity.name);
                assert_eq!(raw_member(&refused, "current"), now.text(), "{}", entity.name);
                assert_eq!(raw_member(&refused, "current"), listed(&service, entity).await);
            }
        }
        for value in [tag(&now), format!("W/{}", tag(&now)), "*".to_owned()] {
            let request = service.request(Method::PATCH, &path).header("If-None-Match", &value);
            let refused = request.json(&change_of_record(entity, "x")).send().await;
            refused.problem(412);
            assert_eq!(raw_member(&refused, "current"), now.text());
        }
        assert_eq!(stored(&service, entity).await, before, "{}", entity.name);
        service.delete(&entity.at(&row["id"])).await.expect(204);
    }
}

backends!(the_tag_of_a_record_is_no_tag_of_its_row);
async fn the_tag_of_a_record_is_no_tag_of_its_row(service: Service) {
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        let row = service.get(&path).await.expect(200);
        let record = tag(&record_now(&service, &record_path(entity, &row.json()["id"])).await);
        for method in super::CHANGES {
            let request = super::change(&service, entity, &method, &path, 2).header("If-Match", &record);
            super::stale(&request.send().await, entity, &row);
        }
        let request = service.request(Method::GET, &path).header("If-None-Match", &record);
        request.send().await.expect(200);
    }
}

// A record shows no times and no parts, so it stays what it is when they change.
backends!(what_a_record_does_not_show_does_not_move_its_tag);
async fn what_a_record_does_not_show_does_not_move_its_tag(service: Service) {
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        let record = record_path(entity, &service.get(&path).await.json()["id"]);
        let (of_row, of_record) = (tag_now(&service, &path).await, tag(&record_now(&service, &record).await));
        service.sql(&format!("update {} set updated_at = '2021-01-01T00:00:00.000000Z'", entity.table)).await;
        if entity.name == LISTING.name {
            service.sql("update cpu set name = 'Another'").await;
        }
        assert_ne!(tag_now(&service, &path).await, of_row, "{}", entity.name);
        assert_eq!(tag(&record_now(&service, &record).await), of_record, "{}", entity.name);
        send(&service, &record, &[&of_record], &change_of_record(entity, "changed")).await.expect(200);
    }
}

backends!(every_field_of_a_record_moves_its_tag);
async fn every_field_of_a_record_moves_its_tag(service: Service) {
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        let id = path.rsplit('/').next().expect("an id").to_owned();
        let record = format!("/v1/fields-data/{}/records/{id}", entity.name);
        let mut before = tag(&record_now(&service, &record).await);
        let mut changes = vec![format!("update {} set {} = 'by SQL' where id = {id}", entity.table, entity.note())];
        if entity.name != "profile" {
            changes.push(format!("update {} set attributes_json = '{{\"a\": 1.10}}' where id = {id}", entity.table));
        }
        if entity.name == PORTS_PROFILE.name {
            changes.push(format!("update port set count = 99 where ports_profile_id = {id}"));
        }
        for statement in changes {
            service.sql(&statement).await;
            let now = record_now(&service, &record).await;
            assert_ne!(tag(&now), before, "{statement}");
            before = tag(&now);
        }
    }
}
