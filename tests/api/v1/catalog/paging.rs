//! Pages: limits, `Link`, and the total on request (contract section 3).

use std::collections::BTreeMap;

use proptest::prelude::any;
use proptest::sample::select;
use serde_json::Value;

use super::rows::ids;
use partbook_test_support::contract::{CPU, Entity, GPU, catalog};
use partbook_test_support::{Answer, Method, Service, backends, property, query};

/// The targets of `Link`, by their relation.
pub(in crate::v1) fn links(answer: &Answer) -> BTreeMap<String, String> {
    let mut links = BTreeMap::new();
    let mut rest = answer.header("link").unwrap_or_default();
    while let Some((target, after)) = rest.split_once('<').and_then(|(_, rest)| rest.split_once('>')) {
        let (relation, after) = after.split_once("rel=\"").and_then(|(_, rel)| rel.split_once('"')).expect("a rel");
        assert!(target.starts_with('/'), "{target}");
        links.insert(relation.to_owned(), target.to_owned());
        rest = after;
    }
    links
}

fn relations(links: &BTreeMap<String, String>) -> Vec<&str> {
    links.keys().map(String::as_str).collect()
}

async fn fill(service: &Service, entity: &Entity, count: u32) {
    for n in 0..count {
        service.create(entity, n).await;
    }
}

/// Follows a relation to its end and answers the rows of each page.
pub(super) async fn followed(service: &Service, start: Answer, relation: &str) -> Vec<Vec<Value>> {
    let mut links_of_page = links(&start);
    let mut pages = vec![start.expect(200).array()];
    while let Some(next) = links_of_page.get(relation) {
        let page = service.get(next).await.expect(200);
        links_of_page = links(&page);
        pages.push(page.array());
        assert!(pages.len() < 200, "{relation} goes on for ever");
    }
    pages
}

async fn exactly(service: &Service, path: &str) -> Answer {
    service.request(Method::GET, path).header("prefer", "count=exact").send().await.expect(200)
}

backends!(a_list_without_a_limit_has_the_entitys_default);
async fn a_list_without_a_limit_has_the_entitys_default(service: Service) {
    for entity in catalog() {
        fill(&service, entity, 60).await;
        let answer = service.get(entity.path).await.expect(200);
        assert_eq!(answer.array().len(), entity.default_limit.unwrap_or(60), "{}", entity.name);
        let links = links(&answer);
        if entity.default_limit.is_none() {
            assert!(links.is_empty());
        } else {
            assert_eq!(relations(&links), ["first", "next"]);
            assert_eq!(service.get(&links["next"]).await.expect(200).array().len(), 10);
        }
    }
}

backends!(limit_and_offset_cut_the_list);
async fn limit_and_offset_cut_the_list(service: Service) {
    for entity in catalog() {
        fill(&service, entity, 12).await;
        let all = ids(&service.get(entity.path).await.expect(200).array());
        for (limit, offset) in [(1, 0), (1, 11), (5, 0), (5, 5), (5, 10), (5, 12), (5, 1000), (12, 0), (1000, 3)] {
            let path = format!("{}?limit={limit}&offset={offset}", entity.path);
            let expected: Vec<i64> = all.iter().copied().skip(offset).take(limit).collect();
            assert_eq!(ids(&service.get(&path).await.expect(200).array()), expected, "{path}");
        }
        let rest = service.get(&format!("{}?offset=5", entity.path)).await.expect(200).array();
        assert_eq!(ids(&rest), all[5..]);
    }
}

backends!(links_lead_through_the_pages);
async fn links_lead_through_the_pages(service: Service) {
    for entity in catalog() {
        fill(&service, entity, 7).await;
        for (offset, expected) in
            [(0, vec!["first", "next"]), (3, vec!["first", "next", "prev"]), (6, vec!["first", "prev"])]
        {
            let path = format!("{}?limit=3&offset={offset}&sort=-id", entity.path);
            let links = links(&service.get(&path).await.expect(200));
            assert_eq!(relations(&links), expected, "{path}");
            // What was asked is asked again, on whichever page.
            for target in links.values() {
                assert!(target.starts_with(&format!("{}?", entity.path)), "{target}");
                let query = target.replace("%2D", "-");
                assert!(query.contains("limit=3") && query.contains("sort=-id"), "{target}");
            }
            assert_eq!(ids(&service.get(&links["first"]).await.expect(200).array()).len(), 3);
        }
        let whole = links(&service.get(&format!("{}?limit=7", entity.path)).await.expect(200));
        assert_eq!(relations(&whole), ["first"], "seven rows are one page of seven");
        assert_eq!(relations(&links(&service.get(&format!("{}?limit=100", entity.path)).await)), ["first"]);
    }
}

backends!(links_repeat_filters_as_they_were);
async fn links_repeat_filters_as_they_were(service: Service) {
    for (n, manufacturer) in (0..).zip(["A&B+C=D #é", "A&B+C=D #é", "A&B+C=D #é", "other", "A"]) {
        let mut body = (GPU.minimal)(n);
        body["manufacturer"] = manufacturer.into();
        service.created(GPU.path, &body).await;
    }
    let parameters = [("manufacturer", "A&B+C=D #é"), ("manufacturer", "A"), ("search", "gpu"), ("limit", "1")];
    let start = service.get(&query(GPU.path, &parameters)).await;
    let pages = followed(&service, start, "next").await;
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [1, 1, 1, 1]);
}

backends!(the_total_is_counted_on_request_only);
async fn the_total_is_counted_on_request_only(service: Service) {
    for entity in catalog() {
        fill(&service, entity, 7).await;
        let path = format!("{}?limit=3", entity.path);
        let plain = service.get(&path).await.expect(200);
        assert_eq!((plain.header("x-total-count"), plain.header("preference-applied")), (None, None));
        let counted = exactly(&service, &path).await;
        assert_eq!(counted.header("x-total-count"), Some("7"));
        assert_eq!(counted.header("preference-applied"), Some("count=exact"));
        assert_eq!(counted.array(), plain.array());
        let found = links(&counted);
        assert_eq!(relations(&found), ["first", "last", "next"]);
        assert_eq!(service.get(&found["last"]).await.expect(200).array().len(), 1);

        let all = exactly(&service, entity.path).await;
        assert_eq!(all.header("x-total-count"), Some("7"));
        let beyond = exactly(&service, &format!("{}?limit=3&offset=50", entity.path)).await;
        assert_eq!((beyond.header("x-total-count"), beyond.array().len()), (Some("7"), 0));
        let none = exactly(&service, &format!("{}?limit=3&search=no+such+row", entity.path)).await;
        assert_eq!((none.header("x-total-count"), none.array().len()), (Some("0"), 0));
        let other = service.request(Method::GET, &path).header("prefer", "return=minimal, count=none").send().await;
        assert_eq!(other.expect(200).header("x-total-count"), None);
    }
}

backends!(pages_give_every_row_once);
async fn pages_give_every_row_once(service: Service) {
    for n in 0..24_u32 {
        let mut body = (CPU.minimal)(n);
        // Ties, so that only the id keeps pages apart; and nulls.
        body["socket"] = [Value::Null, "A".into(), "a".into()][n as usize % 3].clone();
        body["cores"] = (n + 1).into();
        service.created(CPU.path, &body).await;
    }
    let sorts = || select(vec!["", "&sort=socket", "&sort=-socket,name", "&sort=-manufacturer", "&sort=-id"]);
    let inputs = move || (0_usize..=24, 1_usize..=9, sorts(), any::<bool>());
    property(service, 64, inputs, async |service: &Service, (rows, limit, sort, counted)| {
        // So many rows as the filter leaves.
        let filter = if rows == 0 { "min_cores=100".to_owned() } else { format!("max_cores={rows}") };
        let all = ids(&service.get(&format!("{}?{filter}{sort}", CPU.path)).await.expect(200).array());
        assert_eq!(all.len(), rows);
        let path = format!("{}?limit={limit}&{filter}{sort}", CPU.path);
        let start = if counted { exactly(service, &path).await } else { service.get(&path).await };
        let last = links(&start).get("last").cloned();
        let pages = followed(service, start, "next").await;
        assert_eq!(ids(&pages.concat()), all);
        assert_eq!(pages.len(), rows.div_ceil(limit).max(1));
        assert_eq!(last.is_some(), counted);
        if let Some(last) = last {
            let mut back = followed(service, service.get(&last).await, "prev").await;
            back.reverse();
            assert_eq!(ids(&back.concat()), all);
        }
    })
    .await;
}

backends!(links_of_a_long_query_stay_short: Sqlite);
async fn links_of_a_long_query_stay_short(service: Service) {
    fill(&service, &GPU, 5).await;
    let filters: String = (0..120).map(|number| format!("&gpu_mark={number}")).collect();
    let all = service.request(Method::GET, &format!("{}?limit=2&offset=2&sort=name", GPU.path));
    let all = all.header("Prefer", "count=exact").send().await.expect(200);
    assert_eq!(relations(&links(&all)), ["first", "last", "next", "prev"]);
    for path in [format!("{}?limit=2&offset=2{filters}", GPU.path), format!("{}?limit=1{filters}{filters}", GPU.path)] {
        let answer = service.get(&path).await.expect(200);
        assert!(answer.header("link").is_none_or(|link| link.len() <= 2048), "{:?}", answer.header("link"));
    }
}

backends!(the_page_before_one_behind_the_end_is_no_later_than_the_last: Sqlite);
async fn the_page_before_one_behind_the_end_is_no_later_than_the_last(service: Service) {
    fill(&service, &GPU, 45).await;
    let path = format!("{}?limit=10&offset=1000", GPU.path);
    let uncounted = service.get(&path).await.expect(200);
    assert_eq!(relations(&links(&uncounted)), ["first"]);
    let counted = service.request(Method::GET, &path).header("Prefer", "count=exact").send().await.expect(200);
    let links = links(&counted);
    assert_eq!(links["prev"], links["last"]);
    assert_eq!(service.get(&links["prev"]).await.expect(200).array().len(), 5);
}
