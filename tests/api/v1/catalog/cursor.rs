//! Walks by cursor (contract section 3): the whole list, each row once, whichever way and whatever happens meanwhile.

use std::collections::BTreeSet;

use proptest::prelude::{any, prop};
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use super::paging::{followed, links};
use super::rows::{filled, ids, ordered, scalars};
use partbook_test_support::contract::Direction::{Ascending, Descending};
use partbook_test_support::contract::{CPU, Entity, LISTING, RAM_SPEC, catalog};
use partbook_test_support::{Answer, Service, backends, property};

fn sort_of(order: &[(&str, bool)]) -> String {
    let keys = order.iter().map(|(field, descending)| format!("{}{field}", if *descending { "-" } else { "" }));
    keys.collect::<Vec<_>>().join(",")
}

fn is_by_cursor(answer: &Answer) -> bool {
    let links = links(answer);
    let mut steps = ["next", "prev"].iter().filter_map(|relation| links.get(*relation));
    steps.all(|target| target.contains("cursor=") && !target.contains("offset="))
}

/// The ids of the pages that a relation leads to.
async fn walk(service: &Service, start: Answer, relation: &str) -> Vec<Vec<i64>> {
    assert!(is_by_cursor(&start), "{:?}", start.headers);
    followed(service, start, relation).await.iter().map(|page| ids(page)).collect()
}

/// The answer of the last page.
async fn last_page(service: &Service, path: &str) -> Answer {
    let mut page = service.get(path).await.expect(200);
    while let Some(next) = links(&page).remove("next") {
        page = service.get(&next).await.expect(200);
    }
    page
}

backends!(a_walk_gives_the_list_and_back_its_reverse);
async fn a_walk_gives_the_list_and_back_its_reverse(service: Service) {
    let mut rows = Vec::new();
    for entity in catalog() {
        rows.push((entity, filled(&service, entity).await));
    }
    let of = rows.clone();
    let inputs = move || {
        let key = (any::<Index>(), any::<bool>());
        (select(of.clone()), prop::collection::vec(key, 0..4), 1_usize..=9, any::<bool>())
    };
    property(service, 48, inputs, async |service: &Service, ((entity, rows), picks, limit, filtered)| {
        let fields: Vec<&str> =
            scalars(entity).map(|limit| limit.field).chain(["id", "created_at", "updated_at"]).collect();
        let mut order: Vec<(&str, bool)> = Vec::new();
        for (pick, descending) in picks {
            let field = *pick.get(&fields);
            // What follows the id decides nothing.
            if order.iter().all(|(known, _)| *known != field && *known != "id") {
                order.push((field, descending));
            }
        }
        let expected = if order.is_empty() {
            ordered(entity, &rows, entity.order)
        } else {
            let directed = |(field, descending)| (field, if descending { Descending } else { Ascending });
            ordered(entity, &rows, &order.iter().copied().map(directed).collect::<Vec<_>>())
        };
        let sort = if order.is_empty() { String::new() } else { format!("&sort={}", sort_of(&order)) };
        let (filter, mut expected) = if filtered { ("&search=a", expected) } else { ("", expected) };
        if filtered {
            let found = service.get(&format!("{}?limit=1000{filter}", entity.path)).await.expect(200).array();
            let found: BTreeSet<i64> = ids(&found).into_iter().collect();
            expected.retain(|id| found.contains(id));
        }
        let path = format!("{}?limit={limit}{sort}{filter}", entity.path);
        let there = walk(service, service.get(&path).await.expect(200), "next").await;
        assert_eq!(there.concat(), expected, "{path}");
        assert_eq!(there.len(), expected.len().div_ceil(limit).max(1), "{path}");
        let mut back = walk(service, last_page(service, &path).await, "prev").await;
        back.reverse();
        assert_eq!(back.concat(), expected, "{path}, back");
    })
    .await;
}

/// What happens between two pages.
#[derive(Clone, Debug)]
enum Change {
    DeleteShown(Index),
    DeleteAnyOf(Index),
    Insert(u32),
}

fn change() -> impl proptest::strategy::Strategy<Value = Change> {
    use proptest::prelude::Strategy as _;
    proptest::prop_oneof![
        any::<Index>().prop_map(Change::DeleteShown),
        any::<Index>().prop_map(Change::DeleteAnyOf),
        (0_u32..1000).prop_map(Change::Insert),
    ]
}

// A row that stays is shown once, however many come and go; those that come are shown once or not at all.
backends!(rows_that_stay_are_shown_once);
async fn rows_that_stay_are_shown_once(service: Service) {
    let sorts = || select(vec!["", "&sort=socket", "&sort=-socket,cores", "&sort=-cores,socket", "&sort=notes"]);
    let changes = || prop::collection::vec(prop::collection::vec(change(), 0..4), 30);
    let inputs = move || (1_usize..=5, sorts(), any::<bool>(), changes());
    property(service, 16, inputs, async |service: &Service, (limit, sort, is_backward, changes)| {
        service.sql("delete from cpu").await;
        for n in 0..14 {
            insert(service, n).await;
        }
        let path = format!("{}?limit={limit}{sort}", CPU.path);
        let mut page = service.get(&path).await.expect(200);
        if is_backward {
            page = last_page(service, &path).await;
        }
        let all: BTreeSet<i64> = ids(&service.get(CPU.path).await.array()).into_iter().collect();
        let (mut shown, mut deleted) = (ids(&page.array()), BTreeSet::new());
        let mut changes = changes.into_iter();
        let mut steps = 0;
        while let Some(next) = links(&page).remove(if is_backward { "prev" } else { "next" }) {
            let beside = beside(service, sort, &page.array(), is_backward).await;
            for change in changes.next().unwrap_or_default() {
                let there: Vec<i64> = ids(&service.get(CPU.path).await.array());
                let among = match &change {
                    Change::DeleteShown(_) => ids(&page.array()),
                    _ => there.clone(),
                };
                match change {
                    Change::DeleteShown(at) | Change::DeleteAnyOf(at) if !among.is_empty() => {
                        let id = *at.get(&among);
                        if there.contains(&id) {
                            service.delete(&CPU.at(&json!(id))).await.expect(204);
                            deleted.insert(id);
                        }
                    }
                    // They end, or the walk might not.
                    Change::Insert(n) if steps < 20 => insert(service, 100 + n * 100 + steps).await,
                    _ => {}
                }
            }
            let answer = service.get(&next).await;
            if answer.status == 400 {
                // Both rows by which a place among long texts is told are gone: the walk cannot go on.
                let problem = answer.problem(400);
                assert!(problem.detail.starts_with("cursor is between two rows with long texts"), "{}", problem.detail);
                let are_gone = beside.len() == 2 && beside.iter().all(|id| deleted.contains(id));
                assert!(sort == "&sort=notes" && are_gone, "{beside:?}, deleted {deleted:?}");
                return;
            }
            page = answer.expect(200);
            shown.extend(ids(&page.array()));
            steps += 1;
        }
        let unique: BTreeSet<i64> = shown.iter().copied().collect();
        assert_eq!(unique.len(), shown.len(), "shown twice: {shown:?}");
        let missed: Vec<&i64> = all.iter().filter(|id| !deleted.contains(id) && !unique.contains(id)).collect();
        // Going back begins with the last page.
        assert!(missed.is_empty(), "{missed:?} of {shown:?}");
    })
    .await;
}

/// The row at which a page ends, and the one that the next page begins with.
async fn beside(service: &Service, sort: &str, page: &[Value], is_backward: bool) -> Vec<i64> {
    let list = ids(&service.get(&format!("{}?{}", CPU.path, sort.trim_start_matches('&'))).await.expect(200).array());
    let page = ids(page);
    let edge = if is_backward { page.first() } else { page.last() };
    let Some(at) = list.iter().position(|id| Some(id) == edge) else { return Vec::new() };
    let next = if is_backward { at.checked_sub(1) } else { Some(at + 1) };
    [Some(at), next].into_iter().flatten().filter_map(|at| list.get(at).copied()).collect()
}

async fn insert(service: &Service, n: u32) {
    let mut body = (CPU.minimal)(n);
    body["socket"] = [Value::Null, "A".into(), "a".into(), "b".into()][n as usize % 4].clone();
    body["cores"] = if n.is_multiple_of(5) { Value::Null } else { json!(n % 3 + 1) };
    // Too long for a cursor, alike in two, and not.
    body["notes"] =
        [Value::Null, "x".repeat(3000).into(), format!("{}{n}", "y".repeat(500)).into()][n as usize % 3].clone();
    service.post(CPU.path, &body).await;
}

backends!(a_page_after_which_all_was_deleted_leads_back);
async fn a_page_after_which_all_was_deleted_leads_back(service: Service) {
    for n in 0..5 {
        service.create(&RAM_SPEC, n).await;
    }
    let first = service.get(&format!("{}?limit=2", RAM_SPEC.path)).await.expect(200);
    let next = links(&first)["next"].clone();
    let kept = ids(&first.array());
    service.sql(&format!("delete from ram_spec where id not in ({}, {})", kept[0], kept[1])).await;
    let empty = service.get(&next).await.expect(200);
    assert!(empty.array().is_empty());
    let links_of_empty = links(&empty);
    assert_eq!(links_of_empty.keys().collect::<Vec<_>>(), ["first", "prev"]);
    let back = service.get(&links_of_empty["prev"]).await.expect(200);
    assert_eq!(ids(&back.array()), kept);
    service.create(&RAM_SPEC, 9).await;
    assert_eq!(service.get(&format!("{}?limit=9", RAM_SPEC.path)).await.expect(200).array().len(), 3);
}

// Page by page everything is deleted, as those do who clean up.
backends!(a_list_that_is_deleted_page_by_page_is_empty_afterwards);
async fn a_list_that_is_deleted_page_by_page_is_empty_afterwards(service: Service) {
    for entity in catalog().into_iter().filter(|entity| entity.name != "profile") {
        filled(&service, entity).await;
        let mut next = Some(format!("{}?limit=3", entity.path));
        while let Some(path) = next {
            let page = service.get(&path).await.expect(200);
            for row in page.array() {
                service.delete(&entity.at(&row["id"])).await.expect(204);
            }
            next = links(&page).remove("next");
        }
        assert!(service.get(entity.path).await.expect(200).array().is_empty(), "{}", entity.name);
    }
}

backends!(pages_of_many_rows_and_of_large_ones_lead_on);
async fn pages_of_many_rows_and_of_large_ones_lead_on(service: Service) {
    service.fill(&CPU, 700).await;
    let is_sqlite = service.database().url().starts_with("sqlite");
    let text = if is_sqlite { "printf('%.*c', 20000, 'x')" } else { "repeat('x', 20000)" };
    service.sql(&format!("update cpu set notes = {text}, cores = id % 9 where id % 4 = 0")).await;
    for sort in ["", "&sort=-cores", "&sort=notes", "&sort=-updated_at,cores"] {
        let all =
            ids(&service.get(&format!("{}?{}", CPU.path, sort.trim_start_matches('&'))).await.expect(200).array());
        for limit in [90, 150, 333] {
            let path = format!("{}?limit={limit}{sort}", CPU.path);
            let there = walk(&service, service.get(&path).await.expect(200), "next").await;
            assert_eq!(there.concat(), all, "{path}");
            let mut back = walk(&service, last_page(&service, &path).await, "prev").await;
            back.reverse();
            assert_eq!(back.concat(), all, "{path}, back");
        }
        // Without a limit, what follows is one list.
        let first = service.get(&format!("{}?limit=300{sort}", CPU.path)).await.expect(200);
        let rest = links(&first)["next"].replace("limit=300&", "");
        let rest = service.get(&rest).await.expect(200);
        assert_eq!((ids(&rest.array()), rest.header("link")), (all[300..].to_vec(), None), "{sort}");
    }
}

/// Numbers and times that no answer can show, which other programs have stored.
async fn unusual(service: &Service, is_sqlite: bool) {
    let columns = "insert into listing (title, other_urls, price_usd, created_at, updated_at, price_date) values";
    let numbers: &[&str] = if is_sqlite {
        &["9e999", "-9e999", "1", "null"]
    } else {
        &["'NaN'", "'infinity'", "'-infinity'", "1", "null"]
    };
    let times: &[&str] = if is_sqlite {
        &["'2024-01-01T00:00:00.000000Z'", "'2024-01-01T00:00:00Z'", "'2024-01-01 00:00:00'", "'never'"]
    } else {
        &["'2024-01-01'", "'infinity'", "'-infinity'", "'4000-01-01 BC'"]
    };
    for n in 0..20 {
        let (number, time, other) = (numbers[n % numbers.len()], times[n % times.len()], times[n / 4 % times.len()]);
        let date = if n % 3 == 0 { "null" } else { other };
        let created = if is_sqlite && other == "'never'" { times[0] } else { other };
        service.sql(&format!("{columns} ('Row {n}', '[]', {number}, {created}, {time}, {date})")).await;
    }
}

backends!(values_that_no_answer_shows_have_their_place: Sqlite, Postgres, Legacy);
async fn values_that_no_answer_shows_have_their_place(service: Service) {
    unusual(&service, service.database().url().starts_with("sqlite")).await;
    for sort in
        ["", "price_usd", "-price_usd", "updated_at", "-updated_at,price_usd", "price_date", "-price_date,-price_usd"]
    {
        let sort = if sort.is_empty() { String::new() } else { format!("&sort={sort}") };
        let all = ids(&service.get(&format!("{}?limit=200{sort}", LISTING.path)).await.expect(200).array());
        assert_eq!(all.len(), 20);
        for limit in [1, 3] {
            let path = format!("{}?limit={limit}{sort}", LISTING.path);
            let there = walk(&service, service.get(&path).await.expect(200), "next").await;
            assert_eq!(there.concat(), all, "{path}");
            let mut back = walk(&service, last_page(&service, &path).await, "prev").await;
            back.reverse();
            assert_eq!(back.concat(), all, "{path}, back");
        }
    }
}

backends!(listings_of_a_part_are_walked_through);
async fn listings_of_a_part_are_walked_through(service: Service) {
    for entity in catalog().into_iter().filter(|entity| !entity.used_through.is_empty()) {
        let row = service.create(entity, 0).await;
        let values = (0..17).map(|n| {
            let time = format!("'2024-01-01T00:00:0{}.000000Z'", n % 3);
            format!(
                "('L', '[]', {}, {time}, {time})",
                if n % 5 == 0 { "null".to_owned() } else { row["id"].to_string() }
            )
        });
        let values = values.collect::<Vec<_>>().join(", ");
        let column = entity.used_through[0];
        service
            .sql(&format!("insert into listing (title, other_urls, {column}, created_at, updated_at) values {values}"))
            .await;
        let path = format!("{}/listings", entity.at(&row["id"]));
        let all = ids(&service.get(&path).await.expect(200).array());
        assert_eq!(all.len(), 13);
        let start = service.get(&format!("{path}?limit=4")).await.expect(200);
        assert_eq!(walk(&service, start, "next").await.concat(), all, "{path}");
        let mut back = walk(&service, last_page(&service, &format!("{path}?limit=4")).await, "prev").await;
        back.reverse();
        assert_eq!(back.concat(), all, "{path}, back");
    }
}

async fn start(service: &Service, entity: &Entity, query: &str) -> Answer {
    service.get(&format!("{}?{query}", entity.path)).await.expect(200)
}

backends!(who_counts_rows_goes_on_counting: Sqlite);
async fn who_counts_rows_goes_on_counting(service: Service) {
    for n in 0..9 {
        service.create(&CPU, n).await;
    }
    let by_offset = links(&start(&service, &CPU, "limit=3&offset=3").await);
    assert!(by_offset["next"].ends_with("limit=3&offset=6") && by_offset["prev"].ends_with("limit=3&offset=0"));
    let first = links(&start(&service, &CPU, "limit=3").await);
    assert!(first["first"].ends_with("?limit=3"), "{first:?}");
    let request = service.request(partbook_test_support::Method::GET, &first["next"]);
    let counted = request.header("Prefer", "count=exact").send().await.expect(200);
    assert_eq!(counted.header("x-total-count"), Some("9"), "of all pages");
    assert!(links(&counted)["last"].ends_with("limit=3&offset=6"));
}
