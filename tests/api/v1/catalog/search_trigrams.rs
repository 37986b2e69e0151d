//! A trigram index changes no answer of a search, whoever writes the rows.

use partbook_database::{DatabaseUrl, Pool, PoolSettings};
use partbook_migrate::{Goal, Migrator, NoPrecaution};
use serde_json::Value;

use super::rows::ids;
use super::search_rule::{FEW, MANY, check};
use partbook_test_support::contract::{CPU, LISTING};
use partbook_test_support::{Answer, Backend, Database, Method, Service, backends, query};

/// Gives a database the index.
async fn add_index(database: &Database) {
    let url = DatabaseUrl::parse(&database.url()).expect("a URL");
    let pool = Pool::connect(&url, &PoolSettings::default()).await.expect("a database");
    let migrator = Migrator::new(&pool).await.expect("a database");
    let goal = Goal::Up { last: None, count: None, with: vec!["search_trigrams".to_owned()] };
    let plan = migrator.plan(goal).await.expect("a plan");
    assert!(plan.scripts.iter().any(|script| script.name == "search trigrams"), "{plan:?}");
    migrator.apply(&plan, None, &NoPrecaution, &mut |_| {}).await.expect("an index");
    pool.close().await;
}

async fn indexed(backend: Backend) -> Database {
    let database = Database::prepared(backend);
    add_index(&database).await;
    database
}

backends!(with_the_index_the_databases_find_what_the_rule_finds);
async fn with_the_index_the_databases_find_what_the_rule_finds(backend: Backend) {
    check(&indexed(backend).await, MANY, |_| true).await;
}

backends!(with_the_index_the_encoding_makes_no_difference: Postgres);
async fn with_the_index_the_encoding_makes_no_difference(backend: Backend) {
    for (encoding, may_hold) in [("LATIN1", (|it| it <= '\u{ff}') as fn(char) -> bool), ("SQL_ASCII", |_| true)] {
        let database = Database::encoded(backend, encoding).await;
        add_index(&database).await;
        check(&database, FEW, may_hold).await;
    }
}

/// The ids that a search of CPUs finds, in the order of their ids.
async fn found(service: &Service, search: &str) -> Vec<i64> {
    let path = query(CPU.path, &[("search", search), ("sort", "id")]);
    ids(&service.get(&path).await.expect(200).array())
}

backends!(what_other_programs_write_is_found);
async fn what_other_programs_write_is_found(backend: Backend) {
    let database = Database::prepared(backend);
    let insert = "insert into cpu (id, name, manufacturer) values";
    // Some were there before the index.
    database.sql(&format!("{insert} (1, 'Ryzen 5 3600', 'AMD'), (2, 'Ryzen 7 3700X', 'AMD')")).await;
    add_index(&database).await;
    let service = Service::options().start_on(&database).await;
    let expect = async |expected: [(&str, &[i64]); 3]| {
        for (search, ids) in expected {
            assert_eq!(found(&service, search).await, ids, "{search}");
        }
    };
    expect([("3600", &[1]), ("ryzen", &[1, 2]), ("opteron", &[])]).await;
    service.sql(&format!("{insert} (3, 'Opteron 6380', 'AMD')")).await;
    expect([("3600", &[1]), ("AMD", &[1, 2, 3]), ("opteron", &[3])]).await;
    service.sql("update cpu set name = 'Athlon 3600+', cores = 2 where id = 1").await;
    service.sql("update cpu set id = 9 where id = 2; update cpu set cores = 8 where id = 9").await;
    expect([("athlon", &[1]), ("ryzen", &[9]), ("3700x", &[9])]).await;
    service.sql("delete from cpu where id = 3; update cpu set socket = 'AM4' where id = 9").await;
    expect([("opteron", &[]), ("ryzen AM4", &[9]), ("ryzen am4x", &[])]).await;
    if backend == Backend::Sqlite {
        service.sql("update cpu set rowid = 2 where id = 9").await;
        expect([("ryzen", &[2]), ("athlon", &[1]), ("AM4", &[2])]).await;
        // Takes the place of two rows, for which no delete trigger runs.
        service.sql("insert or replace into cpu (id, name, manufacturer) values (1, 'Ryzen 7 3700X', 'Amd Inc')").await;
        expect([("3700x inc", &[1]), ("athlon", &[]), ("am4", &[])]).await;
        service.sql("update cpu set name = 'Sempron 2650' where id = 1").await;
        expect([("sempron", &[1]), ("ryzen", &[]), ("inc", &[1])]).await;
    }
}

/// 1,500 CPUs and as many listings: words that all have, that those have which come last in the order of names, every tenth, one.
/// Numbers that begin with 0, so that the order of names is that of numbers.
const FILL: &str = "
    insert into cpu (name, manufacturer, socket)
    with recursive counted (k) as (select 1 union all select k + 1 from counted where k < 1500)
    select 'Part ' || (10000 + (k * 7919) % 1500) || case when (k * 7919) % 1500 >= 1200 then ' late' else ' early' end, 'Maker',
        case when k % 10 = 0 then 'tenth' when k = 77 then 'single' end
    from counted;
    insert into listing (title, seller, other_urls, created_at)
    with recursive counted (k) as (select 1 union all select k + 1 from counted where k < 1500)
    select 'Machine ' || k || case when k % 700 = 3 then ' seldom' else '' end, 'seller' || (k % 3), '[]', {moment}
    from counted;";

/// The rows of a page, and what its headers say of others.
fn page(answer: &Answer) -> (Vec<i64>, [Option<String>; 2]) {
    let headers = ["link", "x-total-count"].map(|name| answer.header(name).map(str::to_owned));
    (ids(&answer.array()), headers)
}

backends!(pages_are_the_same_however_many_rows_have_a_word);
async fn pages_are_the_same_however_many_rows_have_a_word(backend: Backend) {
    let (plain, with_index) = (Database::prepared(backend), indexed(backend).await);
    let moment =
        if backend == Backend::Sqlite { "'2026-01-01T12:00:00.000000Z'" } else { "timestamp '2026-01-01 12:00'" };
    for database in [&plain, &with_index] {
        database.sql(&FILL.replace("{moment}", moment)).await;
    }
    let (plain, with_index) =
        (Service::options().start_on(&plain).await, Service::options().start_on(&with_index).await);
    let mut pages = Vec::new();
    for search in
        ["maker", "late", "early", "tenth", "late tenth", "early late", "single", "part 77", "nothing", "a", "late a"]
    {
        for more in [
            &[("limit", "20")][..],
            &[("limit", "1"), ("offset", "1")],
            &[("limit", "40"), ("offset", "60")],
            &[("limit", "150")],
            &[("limit", "20"), ("offset", "290")],
            &[("limit", "20"), ("sort", "-id")],
            &[("limit", "20"), ("manufacturer", "Maker")],
            &[("limit", "20"), ("manufacturer", "Nobody")],
            &[],
        ] {
            pages.push(query(CPU.path, &[&[("search", search)], more].concat()));
        }
    }
    for search in ["machine", "seldom", "seller1", "seller1 seldom", "machine-143"] {
        for more in [&[][..], &[("offset", "30"), ("limit", "60")], &[("sort", "title")]] {
            pages.push(query(LISTING.path, &[&[("search", search)], more].concat()));
        }
    }
    let mut rows = 0;
    for path in pages {
        for prefer in ["", "count=exact"] {
            let ask = async |service: &Service| {
                page(&service.request(Method::GET, &path).header("prefer", prefer).send().await.expect(200))
            };
            let (expected, found) = (ask(&plain).await, ask(&with_index).await);
            assert_eq!(found, expected, "{path} {prefer}");
            rows += found.0.len();
        }
    }
    assert!(rows > 10_000, "{rows}");
}

backends!(the_index_is_asked_while_its_triggers_are_there: Sqlite);
async fn the_index_is_asked_while_its_triggers_are_there(backend: Backend) {
    let database = indexed(backend).await;
    database.sql("insert into cpu (id, name, manufacturer) values (1, 'Zen', 'AMD')").await;
    database.sql("insert into partbook_cpu_search (partbook_cpu_search) values ('delete-all')").await;
    let service = Service::options().start_on(&database).await;
    // It knows of no row any more.
    assert_eq!(found(&service, "zen").await, [] as [i64; 0]);
    assert_eq!(found(&service, "ze").await, [1]);
    let all: Vec<Value> = service.get(CPU.path).await.expect(200).array();
    assert_eq!(ids(&all), [1]);
    database.sql("drop trigger partbook_cpu_search_update").await;
    let service = Service::options().start_on(&database).await;
    assert_eq!(found(&service, "zen").await, [1]);
}
