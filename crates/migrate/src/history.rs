//! What a database says of the migrations that it has, in the table `_sqlx_migrations`.

use partbook_database::{AnyPool, Pool, StartError};

use crate::embedded::{Known, known};

/// The table that says which migrations a database has; the name is sqlx's own.
pub(crate) const HISTORY: &str = "_sqlx_migrations";

/// What a database says of the migrations it has, beside those that this program knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct History {
    pub(crate) applied: Vec<Applied>,
    pub(crate) known: Vec<Known>,
}

/// A migration that a database has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) version: i64,
    name: String,
    checksum: String,
    /// When, RFC 3339, UTC.
    pub(crate) at: String,
}

impl History {
    /// The history of a database without any.
    pub(crate) fn empty(pool: &Pool) -> Self {
        Self { applied: Vec::new(), known: known(pool) }
    }

    /// Whether it begins as ours does: other programs record their migrations in a table of the same name.
    pub(crate) fn is_ours(&self) -> bool {
        match (self.applied.first(), self.known.first()) {
            (Some(applied), Some(known)) => applied.version == known.version && applied.name == known.name,
            _ => false,
        }
    }

    /// Passes a history that this program can continue.
    ///
    /// # Errors
    /// A sentence that names the versions this program does not know, or knows in another form.
    pub(crate) fn check(self) -> Result<Self, String> {
        let known = |version| self.known.iter().find(|known| known.version == version);
        let newest = self.known.last().map_or(0, |known| known.version);
        let of = |applied: Vec<&Applied>| {
            applied.iter().map(|applied| applied.version.to_string()).collect::<Vec<_>>().join(", ")
        };
        let unknown: Vec<_> = self.applied.iter().filter(|applied| known(applied.version).is_none()).collect();
        if !unknown.is_empty() {
            return Err(format!(
                "the database is newer than this version of Partbook: it has migration(s) {}, and the newest known here is \
                 {newest}. Start the version that applied them, or a later one",
                of(unknown)
            ));
        }
        let differs =
            |applied: &&Applied| known(applied.version).is_some_and(|known| known.checksum != applied.checksum);
        let changed: Vec<_> = self.applied.iter().filter(differs).collect();
        if !changed.is_empty() {
            return Err(format!(
                "the database has migration(s) {} in another form than this version of Partbook knows. Start a released \
                 version, or restore a backup",
                of(changed)
            ));
        }
        Ok(self)
    }
}

/// Reads the history of a database that has the table.
pub(crate) async fn read(pool: &Pool) -> Result<History, StartError> {
    let query = match pool.any() {
        AnyPool::Postgres(_) => {
            "select version::text, description, encode(checksum, 'hex'),
                to_char(installed_on at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
        }
        AnyPool::Sqlite(_) => {
            "select cast(version as text), description, lower(hex(checksum)),
                strftime('%Y-%m-%dT%H:%M:%SZ', installed_on)"
        }
    };
    let rows = pool.text_rows(&format!("{query} from {HISTORY} order by version")).await;
    let rows = rows.map_err(|error| match error {
        error if error.is_reported() => {
            let reason = error.reason();
            StartError::Unfit(format!("the history of migrations in the table {HISTORY} cannot be read: {reason}"))
        }
        error => error.into(),
    })?;
    let applied = rows.into_iter().filter_map(|row| {
        let [version, name, checksum, at] = <[Option<String>; 4]>::try_from(row).ok()?;
        Some(Applied {
            version: version?.parse().ok()?,
            name: name.unwrap_or_default(),
            checksum: checksum.unwrap_or_default(),
            at: at.unwrap_or_default(),
        })
    });
    Ok(History { applied: applied.collect(), known: known(pool) })
}
