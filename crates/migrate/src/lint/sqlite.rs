//! SQLite reads its own scripts: they are executed in memory, up, down, and up again.

use partbook_database::reason;
use sqlx::{AssertSqlSafe, Connection as _, SqliteConnection, raw_sql};

use super::Finding;
use super::files::Migration;

/// Finds the first script that SQLite refuses.
pub(super) async fn execute(migrations: &[Migration]) -> Option<Finding> {
    let mut connection = SqliteConnection::connect("sqlite::memory:").await.ok()?;
    for migration in migrations {
        if let Err(fault) = run(&mut connection, "", &migration.up).await {
            return Some(Finding::new(&migration.path, "syntax", fault));
        }
        let Some(down) = &migration.down else { continue };
        for (which, sql) in [("the script that takes it back: ", down), ("after it was taken back: ", &migration.up)] {
            if let Err(fault) = run(&mut connection, which, sql).await {
                return Some(Finding::new(&migration.path, "syntax", fault));
            }
        }
    }
    None
}

#[expect(clippy::disallowed_methods, reason = "the scripts of migrations, in memory")]
async fn run(connection: &mut SqliteConnection, which: &str, sql: &str) -> Result<(), String> {
    let executed = raw_sql(AssertSqlSafe(sql)).execute(connection).await;
    executed.map(drop).map_err(|error| format!("{which}{}", reason(&error)))
}
