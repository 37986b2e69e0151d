//! Stored names that are not clean: old rows, and what other programs write (contract section 1).

use serde_json::json;

use super::rows::ids;
use partbook_test_support::body::with;
use partbook_test_support::contract::{CPU, catalog};
use partbook_test_support::{Backend, Database, Options, Service, backends, query};

/// Names that clean to `Zen 4`.
const ALIKE: [&str; 6] = [" Zen 4", "Zen\u{a0}4", "Zen  4", "Z\u{ad}en 4", "\u{feff}Zen\t4\n", "Zen\u{200d} 4\u{200b}"];

backends!(a_filter_compares_cleaned_names: Sqlite, Postgres, Legacy);
async fn a_filter_compares_cleaned_names(service: Service) {
    for entity in catalog().into_iter().filter(|entity| !entity.get_or_create) {
        let mut rows = Vec::new();
        for n in 1..=3 {
            rows.push(service.create(entity, n).await["id"].as_i64().expect("an id"));
        }
        let other = service.created(entity.path, &with((entity.minimal)(4), "name", "Zen\u{200d}4")).await;
        let found = async |names: &[&str]| {
            let names: Vec<(&str, &str)> = names.iter().map(|name| ("name", *name)).chain([("sort", "id")]).collect();
            let path = query(entity.path, &names);
            let request = service.request(partbook_test_support::Method::GET, &path);
            let answer = request.header("prefer", "count=exact").send().await.expect(200);
            let found = ids(&answer.array());
            assert_eq!(answer.header("x-total-count"), Some(found.len().to_string().as_str()), "{names:?}");
            found
        };
        for stored in ALIKE {
            let renamed = format!("update {} set name = '{stored}' where id = {}", entity.table, rows[1]);
            service.sql(&renamed).await;
            for name in ALIKE.into_iter().chain(["Zen 4"]) {
                assert_eq!(found(&[name]).await, [rows[1]], "{name:?} finds {stored:?}");
            }
            for name in ["zen 4", "Zen", "Zen4", ""] {
                assert_eq!(found(&[name]).await, [0_i64; 0], "{name:?} beside {stored:?}");
            }
        }
        let first = service.get(&entity.at(&json!(rows[0]))).await.json()["name"].clone();
        assert_eq!(found(&["Zen 4", first.as_str().expect("a name")]).await, rows[..2]);
        assert_eq!(found(&["Zen\u{200d}4"]).await, [other["id"].as_i64().expect("an id")]);
    }
}

backends!(the_encoding_of_a_database_hides_no_name: Postgres, Legacy);
async fn the_encoding_of_a_database_hides_no_name(backend: Backend) {
    for (encoding, stored) in [("LATIN1", "Zen\u{a0}4"), ("SQL_ASCII", "Zen\u{2003}4"), ("SQL_ASCII", "Zen\u{200b} 4")]
    {
        let database = Database::encoded(backend, encoding).await;
        let service = Options::default().start_on(&database).await;
        service.sql(&format!("insert into cpu (name, manufacturer) values ('{stored}', 'a'), ('Maître à', 'b')")).await;
        let rows = service.get(&query(CPU.path, &[("name", "Zen 4")])).await.expect(200).array();
        assert_eq!(rows.len(), 1, "{stored:?} in {encoding}");
        let body = json!({"name": "Zen 4", "manufacturer": "a"});
        assert_eq!(service.post(CPU.path, &body).await.problem(422).detail, CPU.taken("Zen 4"), "{encoding}");
    }
}

/// The statements, as the snapshots show them.
const STATEMENTS: [&str; 2] = [
    include_str!(
        "../../../../crates/repository/src/statements/snapshots/partbook_repository__statements__tests__sqlite.snap"
    ),
    include_str!(
        "../../../../crates/repository/src/statements/snapshots/partbook_repository__statements__tests__postgres.snap"
    ),
];

backends!(the_look_for_names_uses_indexes);
async fn the_look_for_names_uses_indexes(backend: Backend) {
    let database = Database::prepared(backend);
    let mut connection = database.connect().await;
    for table in ["cpu", "gpu", "profile", "ports_profile"] {
        let begin = format!("select id, name from {table} where ");
        let [sqlite, postgres] = STATEMENTS.map(|statements| {
            let found = statements.lines().find(|line| line.starts_with(&begin));
            found.unwrap_or_else(|| panic!("no statement that begins with: {begin}")).replace("$1", "'Zen 4'")
        });
        let plan = if backend == Backend::Sqlite {
            connection.rows(&format!("explain query plan {sqlite}")).await
        } else {
            connection.run("set enable_seqscan = off").await;
            connection.rows(&format!("explain {postgres}")).await
        };
        let plan: Vec<String> = plan.into_iter().flatten().flatten().collect();
        let plan = plan.join("\n");
        for index in [format!("{table}_name_key"), format!("ix_{table}_unclean_name")] {
            assert!(plan.contains(&index), "{index} is not used:\n{plan}");
        }
        assert!(!plan.contains("Seq Scan") && !plan.contains(&format!("SCAN {table}\n")), "{plan}");
    }
    connection.close().await;
}
