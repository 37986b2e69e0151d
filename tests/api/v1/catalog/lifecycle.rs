//! The life of a row: created, read, listed, replaced, deleted.

use partbook_test_support::contract::catalog;
use partbook_test_support::{Service, backends};

backends!(a_row_is_created_read_listed_and_deleted: Sqlite, Postgres, Legacy);
async fn a_row_is_created_read_listed_and_deleted(service: Service) {
    for entity in catalog() {
        let answer = service.post(entity.path, &(entity.full)(1)).await.expect(201);
        let row = answer.json();
        let path = entity.at(&row["id"]);
        assert_eq!(answer.header("location"), Some(path.as_str()));
        assert_eq!(service.get(&path).await.expect(200).json(), row);
        assert_eq!(service.get(entity.path).await.expect(200).array(), [row]);

        let answer = service.delete(&path).await.expect(204);
        assert!(answer.body.is_empty());
        let problem = service.get(&path).await.problem(404);
        let id = path.rsplit('/').next().expect("an id");
        assert_eq!(problem.detail, entity.not_found(id));
    }
}

backends!(what_is_sent_comes_back: Sqlite, Postgres, Legacy);
async fn what_is_sent_comes_back(service: Service) {
    for entity in catalog() {
        let sent = (entity.full)(1);
        let row = service.created(entity.path, &sent).await;
        for (field, value) in sent.as_object().expect("an object") {
            // Ports come back with ids and times of their own.
            if field != "ports" {
                // As text: equal numbers may be written differently, and must not be.
                assert_eq!(row[field].to_string(), value.to_string(), "{field}");
            }
        }
        assert_eq!(row["attributes"], row["attributes_json"]);
    }
}
