//! How long a search takes beside a plain comparison, for the figures in `docs/api/lists.md`:
//! `cargo test -p partbook --test api how_long_a_search_takes -- --ignored --nocapture`.

use std::time::{Duration, Instant};

use partbook_domain::entity::cpu::CPU;
use partbook_domain::query::parse;

use partbook_test_support::{Backend, Database, repository};

/// As many CPUs as a well-known list of benchmarks has.
const ROWS: usize = 5_516;

const RUNS: usize = 15;

async fn median(mut work: impl AsyncFnMut()) -> Duration {
    let mut times = Vec::new();
    for _ in 0..RUNS {
        let begin = Instant::now();
        work().await;
        times.push(begin.elapsed());
    }
    times.sort();
    times[RUNS / 2]
}

fn rows() -> String {
    let families = ["Intel(R) Core(TM) i5", "AMD Ryzen 7 PRO", "Intel® Xeon® Gold", "Snapdragon 8 Gen"];
    let rows = (0..ROWS).map(|n| {
        let (family, speed, socket) = (families[n % 4], n % 40, n % 7);
        format!(
            "('{family}-{n}K @ {speed}.40GHz', '{}', 'FCLGA{socket}700')",
            family.split(' ').next().unwrap_or_default()
        )
    });
    format!("insert into cpu (name, manufacturer, socket) values {}", rows.collect::<Vec<_>>().join(", "))
}

#[tokio::test]
#[ignore = "measures"]
async fn how_long_a_search_takes() {
    for backend in [Backend::Sqlite, Backend::Postgres, Backend::Legacy] {
        let database = Database::prepared(backend);
        database.sql(&rows()).await;
        if backend != Backend::Sqlite {
            database.sql("analyze").await;
        }
        let repository = repository(&database.url()).await;
        let mut connection = database.connect().await;
        for search in ["nothing", "i5", "ryzen 7 12", "a b c d e f g h"] {
            let places = ["name", "manufacturer", "socket"].map(|column| match backend {
                Backend::Sqlite => format!("instr(lower(cast({column} as text)), '{search}') > 0"),
                _ => format!("strpos(lower(cast({column} as text) collate \"C\"), '{search}') > 0"),
            });
            let plain = format!("select cast(count(*) as text) from cpu where {}", places.join(" or "));
            let plain = median(async || drop(connection.rows(&plain).await)).await;
            let query =
                parse(&CPU, &[("search".to_owned(), search.to_owned())], repository.vocabulary()).expect("a query");
            let mut found = 0;
            let folded = median(async || found = repository.count(&CPU, &query).await.expect("a count")).await;
            println!("{backend:?} {search:?}: plain {plain:.1?}, search {folded:.1?}, {found} rows");
        }
        connection.close().await;
    }
}
