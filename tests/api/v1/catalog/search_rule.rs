//! What the databases find is what the rule of `domain` finds, on our schema and on the legacy one, in every encoding.

use futures_util::TryStreamExt as _;
use partbook_domain::query::{Search, parse};
use partbook_domain::{Entity, Row, Value, registry};
use partbook_repository::Repository;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use partbook_test_support::{Backend, Database, backends, repository};

/// How many rows each entity has.
const ROWS: usize = 24;

/// How many searches of each entity are made where the ways of SQL differ the most.
pub(super) const MANY: usize = 480;

/// The same elsewhere.
pub(super) const FEW: usize = 60;

/// What folding treats in its own way, and what SQL, patterns and encodings do.
const PIECES: [&str; 57] = [
    "Intel", "CORE", "i5", "12400", "rtx", "4090", "(R)", "(tm)", "(C)", "®", "™", "©", "((r)c)", "(", ")", "r", "tm",
    "-", " ", "  ", " ", "\t", "\n", "\u{a0}", "\u{2003}", "\u{3000}", "\u{85}", "%", "_", "é", "É", "à", "ß", "中",
    "😀", "'", "''", "\"", "\\", "[a]", ".*", "^", "$1", "1TB", "1 tb", "0.5tb", "32GB", "\u{1}", "\u{200b}", "ddr5",
    "Sata-SSD", "usb", "ΟΔΟΣ", "ς", "İ", "ﬀ", "\u{301}",
];

fn text(pieces: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = String> {
    proptest::collection::vec(select(&PIECES[..]), pieces).prop_map(|pieces| pieces.concat())
}

fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Statements that insert rows with texts that no client could send.
fn rows(runner: &mut TestRunner, may_hold: fn(char) -> bool) -> String {
    let mut sql = String::new();
    for n in 0..ROWS {
        let mut text = || {
            let text = text(0..6).new_tree(runner).expect("a text").current();
            literal(&text.chars().filter(|character| may_hold(*character)).collect::<String>())
        };
        let generation = ["ddr4", "ddr5", "lpddr5x", "unknown"][n % 4];
        let medium = ["nvme", "sata_ssd", "hdd", "unknown"][n % 4];
        let (gigabytes, terabytes) = ([16, 32, 64][n % 3], [500, 512, 1000, 1024, 2000][n % 5]);
        let title = if n % 3 == 0 { "null".to_owned() } else { text() };
        sql += &format!(
            "insert into cpu (id, name, manufacturer, socket) values ({n}, {} || '~{n}', {}, {title});
             insert into gpu (id, name, manufacturer) values ({n}, {} || '~{n}', {});
             insert into profile (id, name, description) values ({n}, {} || '~{n}', {title});
             insert into ports_profile (id, name, description) values ({n}, {} || '~{n}', {title});
             insert into port (ports_profile_id, type, spec_notes) values ({n}, {}, 'a'), ({n}, {}, 'b');
             insert into ram_spec (label, ddr_generation, total_capacity_gb, speed_mhz, attributes_json)
                values ({title}, '{generation}', {gigabytes}, {n}, '{{}}');
             insert into storage_profile
                (label, medium, interface, form_factor, performance_tier, capacity_gb, attributes_json)
                values ({title}, '{medium}', {}, {} || '~{n}', {}, {terabytes}, '{{}}');
             insert into listing (title, seller, device_model, other_urls) values ({}, {title}, {}, '[]');",
            text(),
            text(),
            text(),
            text(),
            text(),
            text(),
            text(),
            text(),
            text(),
            text(),
            text(),
            text(),
            text(),
        );
    }
    sql
}

/// The texts of a row that are searched, as the contract lists them.
fn searched(row: &Row) -> Vec<String> {
    let of = |name: &&str| match row.value(name)? {
        Value::Text(text) => Some(vec![text.clone()]),
        Value::Int(number) => Some(vec![number.to_string()]),
        Value::Json(ports) => {
            let ports: serde_json::Value = serde_json::from_str(ports.as_str()).expect("JSON");
            let types = ports.as_array()?.iter().filter_map(|port| port["type"].as_str());
            Some(types.map(str::to_owned).collect())
        }
        _ => None,
    };
    let entity = partbook_test_support::contract::entities().into_iter().find(|known| known.name == row.entity.name);
    entity.expect("an entity of the contract").search.iter().filter_map(of).flatten().collect()
}

fn finds(search: &Search, row: &Row, texts: &[String]) -> bool {
    let capacity = row.value("total_capacity_gb").or_else(|| row.value("capacity_gb")).and_then(Value::as_int);
    search.matches(&texts.iter().map(String::as_str).collect::<Vec<_>>(), capacity)
}

async fn compare(repository: &Repository, entity: &'static Entity, searches: usize, runner: &mut TestRunner) {
    let list = async |search: &str| {
        let parameters = [("search", search), ("sort", "id"), ("limit", "200")];
        let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let query = parse(entity, &parameters, repository.vocabulary()).expect("a query");
        let page = repository.list(entity, &query).await.expect("a list");
        (page.rows.try_collect::<Vec<_>>().await.expect("the rows"), query.search)
    };
    let (all, _) = list("").await;
    assert_eq!(all.len(), ROWS, "of {}", entity.name);
    let texts: Vec<Vec<String>> = all.iter().map(searched).collect();
    let mut found = 0;
    for n in 0..searches {
        let mut search = text(1..4).new_tree(runner).expect("a text").current();
        if n % 2 == 0 {
            // A part of a field, so that there is something to find.
            let text = &texts[n % ROWS].join("");
            let skipped = n % (text.chars().count() + 1);
            search = text.chars().skip(skipped).take(1 + n % 9).collect();
        }
        let (rows, search) = list(&search).await;
        let expected =
            all.iter().zip(&texts).filter(|(row, texts)| search.as_ref().is_none_or(|it| finds(it, row, texts)));
        let expected: Vec<i64> = expected.map(|(row, _)| row.id).collect();
        let rows: Vec<i64> = rows.iter().map(|row| row.id).collect();
        assert_eq!(rows, expected, "{search:?} of {}", entity.name);
        found += rows.len();
    }
    assert!(found > searches, "the searches of {} found {found} rows in all", entity.name);
}

pub(super) async fn check(database: &Database, searches: usize, may_hold: fn(char) -> bool) {
    let mut runner = TestRunner::deterministic();
    let repository = repository(&database.url()).await;
    database.sql(&rows(&mut runner, may_hold)).await;
    // Those that have rows here; a new entity is searched by the same code.
    let mut compared = 0;
    for entity in registry() {
        if !database.rows(&format!("select id from {} limit 1", entity.name)).await.is_empty() {
            compare(&repository, entity, searches, &mut runner).await;
            compared += 1;
        }
    }
    assert_eq!(compared, 7);
}

backends!(the_databases_find_what_the_rule_finds: Sqlite, Postgres, Legacy);
async fn the_databases_find_what_the_rule_finds(backend: Backend) {
    check(&Database::prepared(backend), MANY, |_| true).await;
}

backends!(the_encoding_of_a_database_makes_no_difference: Postgres, Legacy);
async fn the_encoding_of_a_database_makes_no_difference(backend: Backend) {
    check(&Database::encoded(backend, "LATIN1").await, FEW, |character| character <= '\u{ff}').await;
    check(&Database::encoded(backend, "SQL_ASCII").await, FEW, |_| true).await;
}

backends!(a_database_without_the_column_finds_the_same);
async fn a_database_without_the_column_finds_the_same(backend: Backend) {
    let database = Database::prepared(backend);
    for table in ["cpu", "gpu", "profile", "ports_profile", "port", "ram_spec", "storage_profile", "listing"] {
        let drop = format!("alter table {table} drop column");
        match backend {
            Backend::Sqlite => {
                let columns = ["partbook_search", "partbook_search_2", "partbook_search_1"];
                let drops = columns.map(|column| format!("{drop} {column};")).concat();
                database.sql(&format!("drop index ix_{table}_search; {drops}")).await;
            }
            _ => database.sql(&format!("{drop} if exists partbook_search")).await,
        }
    }
    check(&database, FEW, |_| true).await;
}
