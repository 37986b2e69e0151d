//! Databases that are made once in a run and copied for every test: a copy takes milliseconds, and a schema does not.

use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, thread};

use reqwest::Url;
use tokio::runtime;

use crate::desk::{database_name, execute, url_of};
use crate::random::random_word;
use crate::sql::Connection;
use crate::{app, scratch};

const LEGACY: &str = include_str!("../../../tests/fixtures/legacy.sql");
const LEGACY_ADDITIONS: &str = include_str!("../../../tests/fixtures/legacy_additions.sql");
const LEGACY_ROWS: &str = include_str!("../../../tests/fixtures/legacy_rows.sql");

/// What a new PostgreSQL database holds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Content {
    Nothing,
    /// Our schema, all migrations applied.
    Migrated,
    /// The legacy schema without rows.
    Legacy,
    /// The legacy schema with the awkward rows of `tests/fixtures/legacy_rows.sql`.
    LegacyRows,
}

impl Content {
    fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Migrated => "migrated",
            Self::Legacy => "legacy",
            Self::LegacyRows => "legacy_rows",
        }
    }

    /// The template's name in the cluster, made at the first call.
    fn template(self) -> Option<&'static str> {
        static TEMPLATES: [OnceLock<String>; 3] = [OnceLock::new(), OnceLock::new(), OnceLock::new()];
        let place = match self {
            Self::Nothing => return None,
            Self::Migrated => 0,
            Self::Legacy => 1,
            Self::LegacyRows => 2,
        };
        Some(TEMPLATES[place].get_or_init(|| self.make()))
    }

    fn make(self) -> String {
        let name = database_name(&format!("template_{}", self.name()));
        let below = if matches!(self, Self::LegacyRows) { Self::Legacy } else { Self::Nothing };
        create(&name, below);
        let url = url_of(&name);
        apart(async move || {
            if matches!(self, Self::Migrated) {
                app::prepare(url.as_str()).await;
                return;
            }
            let mut connection = Connection::open(url.as_str()).await;
            let scripts: &[&str] =
                if matches!(self, Self::Legacy) { &[LEGACY, LEGACY_ADDITIONS] } else { &[LEGACY_ROWS] };
            for script in scripts {
                connection.run(script).await;
            }
            connection.close().await;
        });
        name
    }
}

/// A new PostgreSQL database.
pub(crate) fn postgres(content: Content) -> Url {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = database_name(&COUNT.fetch_add(1, Ordering::Relaxed).to_string());
    create(&name, content);
    url_of(&name)
}

/// A new PostgreSQL database whose text has another encoding: empty, or with the legacy schema.
pub(crate) async fn postgres_in(encoding: &str, content: Content) -> Url {
    let name = database_name(&random_word());
    execute(format!("create database {name} encoding '{encoding}' locale 'C' locale_provider libc template template0"))
        .unwrap_or_else(|fault| panic!("PostgreSQL of the tests: {fault}"));
    let url = url_of(&name);
    if matches!(content, Content::Legacy) {
        let mut connection = Connection::open(url.as_str()).await;
        for script in [LEGACY, LEGACY_ADDITIONS] {
            connection.run(script).await;
        }
        connection.close().await;
    }
    url
}

fn create(name: &str, content: Content) {
    let template = content.template().map(|template| format!(" template {template}")).unwrap_or_default();
    // Copying files takes half the time of copying through the write-ahead log. The choice is there since version 15.
    let outcome = execute(format!("create database {name}{template} strategy file_copy"))
        .or_else(|_| execute(format!("create database {name}{template}")));
    outcome.unwrap_or_else(|fault| panic!("PostgreSQL of the tests: {fault}"));
}

/// Makes a SQLite file with our schema, all migrations applied.
pub(crate) fn sqlite(file: &Path) {
    static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
    let template = TEMPLATE.get_or_init(|| {
        let directory = scratch::temporary("partbook-template-");
        let file = directory.path().join("partbook.db");
        let url = format!("sqlite://{}", file.to_str().expect("a temporary path in UTF-8"));
        apart(async move || app::prepare(&url).await);
        fs::read(file).expect("a file that was made")
    });
    fs::write(file, template).expect("a new file");
}

/// Runs something to its end on a thread and a runtime of its own: the tests' runtimes may not wait for each other.
fn apart(work: impl AsyncFnOnce() + Send + 'static) {
    let done = thread::spawn(move || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(work());
    });
    done.join().expect("a template that can be made");
}
