//! Which servers are read from beside the primary.

use std::time::Duration;

use clap::Args;
use clap::parser::ValueSource;
use partbook_database::DatabaseUrl;

use super::database::url_of;
use super::setting::{BadSetting, Given, Setting, Unread};
use super::values;

/// Which servers are read from beside the primary.
#[derive(Args)]
pub(crate) struct ReplicaArguments {
    /// Standbys of the database that may answer reads, as one URL of PostgreSQL, with several hosts where there are several, or that of a
    /// proxy before them. A password goes into the variable, or into a file
    #[arg(long, env = "DATABASE_READ_URL", default_value = "", hide_default_value = true)]
    #[arg(value_name = "URL", value_parser = Unread)]
    database_read_url: Given,

    /// A file that holds the URL of the standbys
    #[arg(long, env = "DATABASE_READ_URL_FILE", default_value = "", hide_default_value = true)]
    #[arg(value_name = "FILE", value_parser = Unread)]
    database_read_url_file: Given,

    /// Seconds that a standby may be behind, 1 to 3600; one that is further behind is not read from
    #[arg(long, env = "PARTBOOK_READ_MAX_LAG", default_value = "30")]
    #[arg(value_name = "SECONDS", value_parser = Setting(values::timeout))]
    pub(crate) read_max_lag: Duration,
}

impl ReplicaArguments {
    /// The URL of the standbys of a database, where one is given.
    ///
    /// # Errors
    /// The URL or its file cannot be used, or replicas of this database, or for this instance, make no sense.
    pub(crate) fn url(&self, primary: &DatabaseUrl, is_read_only: bool) -> Result<Option<DatabaseUrl>, BadSetting> {
        let (url, file) = (&self.database_read_url, &self.database_read_url_file);
        if url.source == ValueSource::DefaultValue && file.source == ValueSource::DefaultValue {
            return Ok(None);
        }
        let name = if file.source > url.source { &file.name } else { &url.name };
        let read = url_of(url, file)?;
        let wrong = |why: &str| Err(BadSetting(format!("{name}: {why}")));
        if read.servers().is_empty() || primary.servers().is_empty() {
            return wrong("there are replicas of PostgreSQL only; with SQLite leave it out");
        }
        if is_read_only {
            return wrong("PARTBOOK_READ_ONLY has the instance read from DATABASE_URL alone; leave one of them out");
        }
        if read.wants_primary() {
            return wrong("target_session_attrs asks for the primary, which DATABASE_URL names; leave it out here");
        }
        Ok(Some(read))
    }
}
