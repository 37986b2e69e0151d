//! What a database says of the migrations that it has, in our table `migration`; before the first run of this version in
//! `_sqlx_migrations`, where versions before kept it.

use partbook_database::{Dialect, Pool, StartError};

use crate::embedded::{Known, known};
use crate::own::Own;

/// The table of versions before; the name is sqlx's own.
pub(crate) const FORMER_HISTORY: &str = "_sqlx_migrations";

/// What a database says of the migrations it has, beside those that this program knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct History {
    pub(crate) applied: Vec<Applied>,
    /// The one that failed, when nobody has tried again since.
    pub(crate) failed: Option<Failed>,
    /// Whether it is where versions before kept it.
    pub(crate) is_former: bool,
    pub(crate) known: Vec<Known>,
}

/// A migration that a database has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Applied {
    pub(crate) version: i64,
    pub(crate) name: String,
    pub(crate) checksum: String,
    /// When, RFC 3339, UTC.
    pub(crate) at: String,
    /// How long it took.
    pub(crate) milliseconds: Option<i64>,
    /// The version of Partbook that applied it; empty where that is not known.
    pub(crate) tool: String,
}

/// A migration that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failed {
    pub(crate) version: i64,
    pub(crate) at: String,
    pub(crate) error: String,
}

impl History {
    /// The history of a database without any.
    pub(crate) fn empty(pool: &Pool) -> Self {
        Self { applied: Vec::new(), failed: None, is_former: false, known: known(pool) }
    }

    /// Whether it begins as ours does: other programs record their migrations in a table of the same name.
    pub(crate) fn is_ours(&self) -> bool {
        match (self.applied.first(), self.known.first()) {
            (Some(applied), Some(known)) => applied.version == known.version && applied.name == known.name,
            _ => false,
        }
    }

    /// Whether a migration is applied.
    pub(crate) fn has(&self, version: i64) -> bool {
        self.applied.iter().any(|applied| applied.version == version)
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

/// Reads the history of a database that has our table.
pub(crate) async fn read(pool: &Pool, own: &Own) -> Result<History, StartError> {
    let table = own.table("migration");
    let at = match Dialect::of(pool) {
        Dialect::Postgres => "to_char(at, 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')",
        Dialect::Sqlite => "at",
    };
    let query = format!(
        "select cast(version as text), name, checksum, {at}, cast(milliseconds as text), tool, state, error
         from {table} order by version"
    );
    let rows = pool.text_rows(&query).await.map_err(|error| unreadable(&table, error))?;
    let mut history = History::empty(pool);
    for row in rows {
        let Ok([version, name, checksum, at, milliseconds, tool, state, error]) = <[Option<String>; 8]>::try_from(row)
        else {
            continue;
        };
        let Some(version) = version.and_then(|version| version.parse().ok()) else { continue };
        let at = at.unwrap_or_default();
        if state.as_deref() == Some("failed") {
            history.failed = Some(Failed { version, at, error: error.unwrap_or_default() });
        } else {
            history.applied.push(Applied {
                version,
                name: name.unwrap_or_default(),
                checksum: checksum.unwrap_or_default(),
                at,
                milliseconds: milliseconds.and_then(|text| text.parse().ok()),
                tool: tool.unwrap_or_default(),
            });
        }
    }
    Ok(history)
}

/// Reads the history that a version before has left.
pub(crate) async fn read_former(pool: &Pool) -> Result<History, StartError> {
    let query = match Dialect::of(pool) {
        Dialect::Postgres => {
            "select version::text, description, encode(checksum, 'hex'),
                to_char(installed_on at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
        }
        Dialect::Sqlite => {
            "select cast(version as text), description, lower(hex(checksum)),
                strftime('%Y-%m-%dT%H:%M:%SZ', installed_on)"
        }
    };
    let rows = pool.text_rows(&format!("{query} from {FORMER_HISTORY} order by version")).await;
    let applied = rows.map_err(|error| unreadable(FORMER_HISTORY, error))?.into_iter().filter_map(|row| {
        let [version, name, checksum, at] = <[Option<String>; 4]>::try_from(row).ok()?;
        Some(Applied {
            version: version?.parse().ok()?,
            name: name.unwrap_or_default(),
            checksum: checksum.unwrap_or_default(),
            at: at.unwrap_or_default(),
            milliseconds: None,
            tool: String::new(),
        })
    });
    Ok(History { applied: applied.collect(), is_former: true, ..History::empty(pool) })
}

fn unreadable(table: &str, error: partbook_database::Error) -> StartError {
    if error.is_reported() {
        let reason = error.reason();
        return StartError::Unfit(format!(
            "the history of migrations in the table {table} cannot be read: {reason}. The role that serves needs the right to \
             use its schema and to select from it"
        ));
    }
    error.into()
}
