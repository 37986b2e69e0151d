//! What is no cursor of a list (contract section 3).

use super::paging::links;
use partbook_test_support::contract::{CPU, GPU, catalog};
use partbook_test_support::{Service, backends};

/// The cursor of the page after the first.
async fn cursor(service: &Service, path: &str) -> String {
    let next = links(&service.get(path).await.expect(200))["next"].clone();
    next.split_once("cursor=").expect("a cursor").1.to_owned()
}

backends!(a_cursor_is_good_for_its_list_alone: Sqlite);
async fn a_cursor_is_good_for_its_list_alone(service: Service) {
    for n in 0..4 {
        service.create(&CPU, n).await;
        service.create(&GPU, n).await;
    }
    let filter = "max_cores=1000000&sort=-manufacturer";
    service.sql("update cpu set cores = 8").await;
    let given = cursor(&service, &format!("{}?limit=2&{filter}", CPU.path)).await;
    for fine in
        [format!("limit=2&{filter}"), "sort=-manufacturer&limit=1000&max_cores=1000000".to_owned(), filter.to_owned()]
    {
        let page = service.get(&format!("{}?{fine}&cursor={given}", CPU.path)).await.expect(200);
        assert!(!page.array().is_empty(), "{fine}");
    }
    for (path, query) in [
        (GPU.path, "limit=2&sort=-manufacturer"),
        (CPU.path, "limit=2"),
        (CPU.path, "limit=2&max_cores=1000000"),
        (CPU.path, "limit=2&max_cores=1000000&sort=manufacturer"),
        (CPU.path, "limit=2&max_cores=1000000&sort=-manufacturer,name"),
        (CPU.path, "limit=2&max_cores=1000001&sort=-manufacturer"),
        (CPU.path, "limit=2&max_cores=1000000&sort=-manufacturer&search=a"),
        (CPU.path, "limit=2&max_cores=1000000&sort=-manufacturer&cores=8"),
        ("/v1/catalog/cpus/1/listings", "limit=2"),
    ] {
        let problem = service.get(&format!("{path}?{query}&cursor={given}")).await.problem(400);
        assert!(problem.detail.starts_with("cursor belongs to another list"), "{path}?{query}: {}", problem.detail);
    }
    // Of two parts, the lists of what uses them are two.
    let one = "insert into listing (title, other_urls, cpu_id) values ('a', '[]', 1), ('b', '[]', 1), ('c', '[]', 2)";
    service.sql(one).await;
    let given = cursor(&service, "/v1/catalog/cpus/1/listings?limit=1").await;
    service.get(&format!("/v1/catalog/cpus/1/listings?cursor={given}")).await.expect(200);
    let problem = service.get(&format!("/v1/catalog/cpus/2/listings?cursor={given}")).await.problem(400);
    assert!(problem.detail.starts_with("cursor belongs to another list"), "{}", problem.detail);
}

backends!(what_is_no_cursor_is_refused: Sqlite);
async fn what_is_no_cursor_is_refused(service: Service) {
    for entity in catalog() {
        for n in 0..3 {
            service.create(entity, n).await;
        }
        let given = cursor(&service, &format!("{}?limit=2", entity.path)).await;
        let mut wrong =
            vec![String::new(), "x".to_owned(), "0".to_owned(), "%00".to_owned(), "é".to_owned(), "A".repeat(5000)];
        wrong.extend([format!("{given}A"), given[1..].to_owned(), given.to_ascii_lowercase(), format!("{given}%3D")]);
        for at in [0, 9, given.len() / 2, given.len() - 1] {
            let other = if given.as_bytes()[at] == b'A' { "B" } else { "A" };
            wrong.push(format!("{}{other}{}", &given[..at], &given[at + 1..]));
        }
        for wrong in wrong.iter().filter(|wrong| **wrong != given) {
            let path = format!("{}?limit=2&cursor={wrong}", entity.path);
            let problem = service.get(&path).await.problem(400);
            assert!(problem.detail.starts_with("cursor is not as this service gave it"), "{path}: {}", problem.detail);
            assert!(problem.detail.len() < 200, "{}", problem.detail);
            // Before whatever else is wrong.
            service.get(&format!("{path}&warp=9")).await.problem(400);
            service.get(&format!("{}/x/listings?cursor={wrong}", entity.path)).await.problem(400);
        }
        for (query, code) in
            [(format!("cursor={given}&cursor={given}"), "repeated"), (format!("offset=0&cursor={given}"), "conflict")]
        {
            let problem = service.get(&format!("{}?limit=2&{query}", entity.path)).await.problem(422);
            assert_eq!((problem.places(), problem.faults[0].code.as_str()), (vec!["cursor"], code), "{query}");
        }
    }
}

// With long texts, a place is told by the rows beside it.
backends!(a_cursor_between_long_texts_needs_one_of_them);
async fn a_cursor_between_long_texts_needs_one_of_them(service: Service) {
    service.fill(&CPU, 6).await;
    let is_sqlite = service.database().url().starts_with("sqlite");
    let text = if is_sqlite { "printf('%.*c', 2000, 'x')" } else { "repeat('x', 2000)" };
    service.sql(&format!("update cpu set notes = {text}")).await;
    let path = format!("{}?limit=2&sort=notes", CPU.path);
    let given = cursor(&service, &path).await;
    assert!(given.len() < 100, "{given}");
    let page = async || -> Vec<i64> {
        let rows = service.get(&format!("{path}&cursor={given}")).await.expect(200).array();
        rows.iter().filter_map(|row| row["id"].as_i64()).collect()
    };
    assert_eq!(page().await, [3, 4]);
    service.sql("delete from cpu where id = 2").await;
    assert_eq!(page().await, [3, 4], "by the row after it");
    service.sql("update cpu set cores = 9 where id = 3").await;
    assert_eq!(page().await, [3, 4], "what is not sorted by may change");
    service.sql("update cpu set notes = 'x' where id = 3").await;
    let problem = service.get(&format!("{path}&cursor={given}")).await.problem(400);
    assert!(problem.detail.starts_with("cursor is between two rows with long texts"), "{}", problem.detail);
}
