//! SQLite reads its own scripts: they are executed in memory, up, down, and up again.

use partbook_database::Connection;

use super::Finding;
use super::files::Migration;

/// Finds the first script that SQLite refuses.
pub(super) async fn execute(migrations: &[Migration]) -> Option<Finding> {
    let mut connection = Connection::in_memory().await.ok()?;
    for migration in migrations {
        let mut scripts = vec![("", &migration.up)];
        if let Some(down) = &migration.down {
            scripts.extend([("the script that takes it back: ", down), ("after it was taken back: ", &migration.up)]);
        }
        for (which, sql) in scripts {
            if let Err(error) = connection.execute(sql).await {
                return Some(Finding::new(&migration.path, "syntax", format!("{which}{}", error.reason())));
            }
        }
    }
    None
}
