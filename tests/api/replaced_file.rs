//! A SQLite file that is moved, replaced or deleted while the service runs.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use partbook_test_support::contract::CPU;
use partbook_test_support::{Backend, Method, Service, backends, together};

fn file_of(service: &Service) -> PathBuf {
    service.database().url().trim_start_matches("sqlite://").into()
}

fn beside(file: &Path, suffix: &str) -> PathBuf {
    let mut path = file.as_os_str().to_owned();
    path.push(suffix);
    path.into()
}

/// Demands that nothing is read or written, whichever connection a request gets, and that the readiness says why.
async fn is_away(service: &Service, row: &Value) {
    let path = CPU.at(&row["id"]);
    let requests = (0..8).flat_map(|number| {
        [
            service.request(Method::GET, &path),
            service.request(Method::POST, CPU.path).json(&(CPU.minimal)(number + 100)),
            service.request(Method::PATCH, &path).json(&json!({"cores": number + 1})),
            service.request(Method::DELETE, &path),
        ]
    });
    for answer in together(requests.collect::<Vec<_>>()).await {
        assert!(answer.header("retry-after").is_some(), "{}", answer.status);
        answer.problem(503);
    }
    let ready = service.get("/readyz").await.expect(503).json();
    assert_eq!(ready["reason"], "database file moved, replaced or deleted");
    service.get("/health").await.expect(503);
    service.get("/livez").await.expect(200);
}

/// Demands that the service goes on with its row, and with nothing that was refused meanwhile.
async fn is_back(service: &Service, row: &Value) {
    service.get("/readyz").await.expect(200);
    assert_eq!(service.get(&CPU.at(&row["id"])).await.expect(200).json(), *row);
    assert_eq!(service.get(CPU.path).await.expect(200).array().len(), 1);
    let other = service.create(&CPU, 2).await;
    service.delete(&CPU.at(&other["id"])).await.expect(204);
}

backends!(a_file_that_is_moved_is_served_when_it_is_back: Sqlite);
async fn a_file_that_is_moved_is_served_when_it_is_back(service: Service) {
    let (file, row) = (file_of(&service), service.create(&CPU, 1).await);
    fs::rename(&file, beside(&file, ".away")).expect("a file");
    is_away(&service, &row).await;
    assert!(!file.exists(), "it was made anew");
    fs::rename(beside(&file, ".away"), &file).expect("a file");
    is_back(&service, &row).await;
}

backends!(a_file_that_is_replaced_is_neither_read_nor_written: Sqlite);
async fn a_file_that_is_replaced_is_neither_read_nor_written(service: Service) {
    let (file, row) = (file_of(&service), service.create(&CPU, 1).await);
    // A catalog of another time, put in its place as most programs do: under another name first.
    let another = Service::start(Backend::Sqlite).await;
    another.create(&CPU, 7).await;
    let copy = beside(&file, ".restored");
    another.sql(&format!("vacuum into '{}'", copy.display())).await;
    let bytes = fs::read(&copy).expect("a file");
    fs::rename(&file, beside(&file, ".away")).expect("a file");
    fs::rename(&copy, &file).expect("a file");
    is_away(&service, &row).await;
    assert!(fs::read(&file).expect("a file") == bytes, "it was written");
    fs::rename(beside(&file, ".away"), &file).expect("a file");
    is_back(&service, &row).await;
}

backends!(a_file_that_is_deleted_is_not_made_anew: Sqlite);
async fn a_file_that_is_deleted_is_not_made_anew(service: Service) {
    let (file, row) = (file_of(&service), service.create(&CPU, 1).await);
    for suffix in ["", "-wal", "-shm"] {
        fs::remove_file(beside(&file, suffix)).expect("a file that is there");
    }
    is_away(&service, &row).await;
    assert!(!file.exists(), "it was made anew");
}
