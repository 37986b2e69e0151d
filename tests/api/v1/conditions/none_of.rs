//! If-None-Match on a change: it is not made where the row is one of those named (RFC 9110, section 13.1.2).

use super::{CHANGES, STALE, change, done, full, stale, stored, tag, tag_now};
use partbook_test_support::contract::{Entity, entities};
use partbook_test_support::{Answer, Method, Service, backends};

/// A change with these headers.
async fn send(service: &Service, entity: &Entity, method: &Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let request = change(service, entity, method, path, 2);
    headers.iter().fold(request, |request, (name, value)| request.header(name, value)).send().await
}

backends!(a_version_that_is_excluded_is_not_changed);
async fn a_version_that_is_excluded_is_not_changed(service: Service) {
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        let row = service.get(&path).await.expect(200);
        let now = tag(&row);
        let weak = format!("W/{now}");
        let list = format!("{STALE}, {weak}");
        let before = stored(&service, entity).await;
        for method in CHANGES {
            for headers in [
                &[("If-None-Match", &now[..])][..],
                &[("If-None-Match", &weak)],
                &[("If-None-Match", "*")],
                &[("If-None-Match", &list)],
                &[("If-None-Match", STALE), ("If-None-Match", &now)],
                // Both conditions have to hold.
                &[("If-Match", &now), ("If-None-Match", &now)],
                &[("If-Match", "*"), ("If-None-Match", "*")],
                &[("If-Match", STALE), ("If-None-Match", STALE)],
            ] {
                stale(&send(&service, entity, &method, &path, headers).await, entity, &row);
            }
        }
        assert_eq!(stored(&service, entity).await, before, "{}", entity.name);
    }
}

backends!(any_other_version_is_changed);
async fn any_other_version_is_changed(service: Service) {
    for entity in entities() {
        let path = full(&service, entity, 1).await;
        for method in CHANGES {
            let now = tag_now(&service, &path).await;
            let headers = [("If-None-Match", STALE), ("If-None-Match", "W/\"x\""), ("If-Match", &now)];
            if method != Method::DELETE {
                send(&service, entity, &method, &path, &headers[..2]).await.expect(200);
                let now = tag_now(&service, &path).await;
                send(&service, entity, &method, &path, &[headers[0], ("If-Match", &now)]).await.expect(200);
                continue;
            }
            send(&service, entity, &method, &path, &headers).await.expect(done(&method));
        }
    }
}

backends!(a_row_that_is_not_there_is_none_of_them_and_not_found);
async fn a_row_that_is_not_there_is_none_of_them_and_not_found(service: Service) {
    for entity in entities() {
        let path = format!("{}/4711", entity.path);
        for method in CHANGES {
            for value in ["*", STALE] {
                send(&service, entity, &method, &path, &[("If-None-Match", value)]).await.problem(404);
            }
        }
    }
}
