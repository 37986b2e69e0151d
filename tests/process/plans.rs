//! What a page of a list reads of its table, by the plans of the databases: as much as it shows, however many rows there are.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use partbook_domain::query::{Cursor, KeyValue, ListKey, Place, Position, parse};
use partbook_domain::{Order, Timestamp, Value as DomainValue, Vocabulary, registry, total_order};
use partbook_test_support::cluster::cluster;
use partbook_test_support::contract::{CPU, LISTING, catalog};
use partbook_test_support::{Backend, Database, Method, Server, backends};
use serde_json::Value;

/// Enough for PostgreSQL to find an index worth its while.
const ROWS: usize = 20_000;
const LIMIT: usize = 50;

/// Of the next request that is looked at.
static NEXT_ID: AtomicUsize = AtomicUsize::new(1);

/// What is asked of a list: first pages that an index serves, beside those in the default order.
const SERVED: [(&str, &[&str]); 2] = [
    (CPU.path, &["name", "-name", "id", "-id"]),
    (
        LISTING.path,
        &[
            "created_at",
            "-created_at",
            "updated_at",
            "-updated_at",
            "price_usd",
            "adjusted_price_usd",
            "dollar_per_cpu_mark_multi",
            "dollar_per_cpu_mark_single",
        ],
    ),
];

/// The same on SQLite alone, which reads an index with nulls either way, and knows that an index ends with the id.
const SERVED_ON_SQLITE: [(&str, &[&str]); 2] = [
    (CPU.path, &["cores", "-cores"]),
    (
        LISTING.path,
        &[
            "-price_usd",
            "-adjusted_price_usd",
            "-dollar_per_cpu_mark_multi",
            "-dollar_per_cpu_mark_single",
            "cpu_id",
            "-cpu_id",
        ],
    ),
];

backends!(a_first_page_reads_no_more_than_it_shows);
async fn a_first_page_reads_no_more_than_it_shows(backend: Backend) {
    let Some(planned) = Planned::start(backend).await else { return };
    let mut paths: Vec<String> = catalog().iter().map(|entity| format!("{}?limit={LIMIT}", entity.path)).collect();
    paths.push(format!("{}?limit={LIMIT}", LISTING.path));
    let on_sqlite = if backend == Backend::Sqlite { &SERVED_ON_SQLITE[..] } else { &[] };
    for (path, sorts) in SERVED.iter().chain(on_sqlite) {
        paths.extend(sorts.iter().map(|sort| format!("{path}?limit={LIMIT}&sort={sort}")));
    }
    // Every listing is of one time, and of no CPU.
    for path in &paths {
        let read = planned.read(path).await;
        // One more than is shown, to know whether more follow; and what is shown again, by its id.
        assert!(read.rows <= 2 * (LIMIT + 1), "{path} reads {} rows: {}", read.rows, read.plans);
    }
    let unserved = planned.read(&format!("{}?limit={LIMIT}&sort=notes", CPU.path)).await;
    assert!(unserved.rows >= ROWS, "what no index serves is seen: {} rows: {}", unserved.rows, unserved.plans);
}

// Deep in a list, with ties all along: every listing is of one time, and every RAM spec of one capacity.
backends!(a_page_by_cursor_reads_no_more_than_twice_what_the_first_one_does);
async fn a_page_by_cursor_reads_no_more_than_twice_what_the_first_one_does(backend: Backend) {
    let Some(planned) = Planned::start(backend).await else { return };
    planned.service.sql("update ram_spec set total_capacity_gb = 16 where id % 3 > 0").await;
    planned
        .service
        .sql("update storage_profile set performance_tier = cast(id as text), capacity_gb = 500 where id % 3 > 0")
        .await;
    planned.service.sql("update listing set price_usd = case when id % 3 > 0 then 10 end").await;
    planned.service.sql("analyze").await;
    let lists = catalog().into_iter().chain([&LISTING]).map(|entity| (entity.path, ""));
    let sorts = [
        (CPU.path, "-name"),
        (CPU.path, "-id"),
        (LISTING.path, "created_at"),
        (LISTING.path, "-updated_at"),
        (LISTING.path, "price_usd"),
    ];
    for (path, sort) in lists.chain(sorts) {
        let sort = if sort.is_empty() { String::new() } else { format!("&sort={sort}") };
        let first = planned.read(&format!("{path}?limit={LIMIT}{sort}")).await;
        // In the middle of what ties, and behind it, where nulls are.
        for (offset, is_backward) in
            [(ROWS / 2, false), (ROWS / 2, true), (ROWS * 9 / 10, false), (ROWS * 9 / 10, true)]
        {
            let deep = planned.service.get(&format!("{path}?limit=1&offset={offset}{sort}")).await.expect(200).array();
            let cursor = beside(path, sort.trim_start_matches("&sort="), &deep[0], is_backward, backend);
            let page = format!("{path}?limit={LIMIT}{sort}&cursor={cursor}");
            let read = planned.read(&page).await;
            let allowed = 2 * first.rows.max(2 * (LIMIT + 1));
            assert!(read.rows <= allowed, "{page} reads {} rows, the first {}: {}", read.rows, first.rows, read.plans);
        }
    }
}

/// The cursor beside a row of a list that is deep in it: to walk there would take long.
fn beside(path: &str, sort: &str, row: &Value, is_backward: bool, backend: Backend) -> String {
    let entity = registry().iter().find(|entity| entity.path() == path).expect("an entity");
    let parameters: Vec<(String, String)> =
        if sort.is_empty() { Vec::new() } else { vec![("sort".to_owned(), sort.to_owned())] };
    let query = parse(entity, &parameters, &Vocabulary::default()).expect("a sort");
    let order = query.order_of(entity);
    let key = |Order { key, .. }| {
        KeyValue::Shown(match (key, &row[key]) {
            (_, Value::Null) => DomainValue::Null,
            ("created_at" | "updated_at", Value::String(time)) if backend == Backend::Sqlite => {
                return KeyValue::Stored(time.clone());
            }
            ("created_at" | "updated_at", Value::String(time)) => {
                DomainValue::Time(Timestamp::parse(time).expect("a time"))
            }
            (_, Value::String(text)) => DomainValue::Text(text.clone()),
            ("price_usd", number) => DomainValue::Float(number.as_f64().expect("a number")),
            (_, number) => DomainValue::Int(number.as_i64().expect("a whole number")),
        })
    };
    let keys = total_order(order).into_iter().filter(|order| order.key != "id").map(key).collect();
    let place = Place::After(Position { keys, id: row["id"].as_i64().expect("an id") });
    Cursor { is_backward, place }.write(ListKey::of(entity.name, &parameters, order))
}

/// A service whose database tells its plans.
struct Planned {
    service: Server,
    /// The log of the PostgreSQL server.
    log: Option<PathBuf>,
}

/// What a request reads.
struct Read {
    /// Rows of tables; all of a table that SQLite goes through, or sorts.
    rows: usize,
    plans: String,
}

impl Planned {
    /// None where the database's plans cannot be had: the log of a server that is not ours.
    async fn start(backend: Backend) -> Option<Self> {
        let database = Database::prepared(backend);
        let mut log = None;
        if backend != Backend::Sqlite {
            log = Some(cluster().socket_directory.as_ref()?.with_file_name("log"));
            let url = reqwest::Url::parse(&database.url()).expect("a URL");
            let set = format!("alter database {} set", &url.path()[1..]);
            database
                .sql(&format!(
                    "{set} session_preload_libraries = 'auto_explain'; {set} auto_explain.log_min_duration = 0;
                     {set} auto_explain.log_analyze = on; {set} auto_explain.log_timing = off;
                     {set} auto_explain.log_format = json"
                ))
                .await;
        }
        let levels = "info,partbook_database=debug";
        let service = Server::options().env("PARTBOOK_LOG_LEVEL", levels).start_on(&database).await;
        for entity in catalog() {
            service.fill(entity, ROWS).await;
        }
        let time = "'2024-01-01T00:00:00.000000Z'";
        service
            .sql(&format!(
                "insert into listing (title, price_usd, other_urls, created_at, updated_at)
                 with recursive numbers (n) as (select 1 union all select n + 1 from numbers where n < {ROWS})
                 select 'Listing', n, '[]', {time}, {time} from numbers"
            ))
            .await;
        service.sql("analyze").await;
        Some(Self { service, log })
    }

    async fn read(&self, path: &str) -> Read {
        let begin = self.log.as_ref().map_or(0, |log| std::fs::read(log).expect("the log").len());
        // A path may be longer than an id.
        let id = format!("plan-{}", NEXT_ID.fetch_add(1, Ordering::Relaxed));
        let request = self.service.request(Method::GET, path).header("X-Request-ID", &id);
        let rows = request.send().await.expect(200).array().len();
        assert_eq!(rows, LIMIT, "{path}");
        match &self.log {
            Some(log) => self.read_of_postgres(&std::fs::read(log).expect("the log")[begin..]).await,
            None => self.read_of_sqlite(&id).await,
        }
    }

    /// What the plans in a part of PostgreSQL's log have read.
    async fn read_of_postgres(&self, log: &[u8]) -> Read {
        let sessions = "select pid::text from pg_stat_activity where datname = current_database()";
        let sessions: HashSet<String> = self.service.rows(sessions).await.into_iter().flatten().flatten().collect();
        let log = String::from_utf8_lossy(log);
        let mut read = Read { rows: 0, plans: String::new() };
        for entry in log.split("LOG:  duration: ").zip(log.split("LOG:  duration: ").skip(1)) {
            // `time [pid] LOG:  duration: … plan:`, and lines that begin with a tab.
            let session = entry.0.rsplit_once('[').and_then(|(_, pid)| pid.split_once(']')).map(|(pid, _)| pid);
            let plan = entry.1.split_once("plan:\n").map(|(_, plan)| plan);
            let (Some(session), Some(plan)) = (session, plan) else { continue };
            let plan: String = plan.lines().take_while(|line| line.starts_with('\t')).collect();
            let plan: Value = serde_json::from_str(&plan).expect("a plan");
            let is_read = plan["Query Text"].as_str().is_some_and(|text| text.starts_with("with "));
            if sessions.contains(session) && is_read {
                read.rows += rows_read(&plan["Plan"]);
                read.plans += &format!("{plan:#}\n");
            }
        }
        assert!(!read.plans.is_empty(), "no plan in {log}");
        read
    }

    /// What the statements of a request read, as SQLite plans them: a page's worth of each, but where a table is gone through or
    /// sorted.
    async fn read_of_sqlite(&self, id: &str) -> Read {
        let lines = self.service.lines_of(id).await;
        let statements =
            lines.iter().filter_map(|line| line["statement"].as_str()).filter(|sql| sql.starts_with("with "));
        let mut read = Read { rows: 0, plans: String::new() };
        for statement in statements {
            let plan = self.service.rows(&format!("explain query plan {statement}")).await;
            let nodes: Vec<[String; 3]> =
                plan.iter().map(|row| [0, 1, 3].map(|column| row[column].clone().unwrap_or_default())).collect();
            let above = |parent: &str| nodes.iter().find(|[node, ..]| node == parent);
            for [_, parent, detail] in &nodes {
                let ancestors = std::iter::successors(above(parent), |[_, parent, _]| above(parent));
                let finds_rows = ancestors.into_iter().any(|[_, _, detail]| detail.starts_with("MATERIALIZE "));
                let is_whole = detail.starts_with("SCAN ") && !detail.contains(" USING ") && is_of_table(detail);
                let is_sorted = finds_rows && detail.contains("TEMP B-TREE");
                read.rows += if is_whole || is_sorted { ROWS } else { 0 };
                read.plans += &format!("{parent}: {detail}\n");
            }
        }
        assert!(!read.plans.is_empty(), "no statement in {lines:?}");
        read
    }
}

/// Whether a step goes through a table, and not through ids that were found before.
fn is_of_table(detail: &str) -> bool {
    let name = detail.trim_start_matches("SCAN ").split(' ').next();
    catalog().iter().chain([&&LISTING]).any(|entity| name == Some(entity.table))
}

/// The rows of tables that a node of PostgreSQL's plan and those below it have read.
fn rows_read(node: &Value) -> usize {
    let number = |name: &str| node[name].as_f64().unwrap_or_default();
    let own = number("Actual Rows") + number("Rows Removed by Filter") + number("Rows Removed by Index Recheck");
    let own = if node["Relation Name"].is_string() { own * number("Actual Loops") } else { 0.0 };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of rows")]
    let own = own.ceil() as usize;
    let below = node["Plans"].as_array().into_iter().flatten().map(rows_read);
    own + below.sum::<usize>()
}
