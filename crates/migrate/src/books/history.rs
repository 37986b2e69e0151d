//! What a database says of the migrations that it has, in our table `migration`; before the first run of this version in
//! `_sqlx_migrations`, where versions before kept it.

use partbook_database::{Dialect, OwnTables, Pool, StartError};

use super::{Entry, FORMER_HISTORY, Origin, State, time};
use crate::files::Migrations;

/// What a database says of the migrations it has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct History {
    pub(crate) entries: Vec<Entry>,
    /// Whether it is where versions before kept it.
    pub(crate) is_former: bool,
}

impl History {
    /// The migrations that are applied, in the order of their numbers.
    pub(crate) fn applied(&self) -> impl DoubleEndedIterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.state == State::Applied)
    }

    /// What is said of a migration.
    pub(crate) fn get(&self, version: i64) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.version == version)
    }

    /// Whether a migration is applied.
    pub(crate) fn has(&self, version: i64) -> bool {
        self.applied().any(|entry| entry.version == version)
    }

    /// Those that failed and that nobody has tried again since, and what the database said.
    pub(crate) fn failed(&self) -> impl Iterator<Item = (&Entry, &str)> {
        self.entries.iter().filter_map(|entry| match &entry.state {
            State::Failed(error) => Some((entry, error.as_str())),
            State::Applied | State::Begun => None,
        })
    }

    /// The highest number that is applied; 0 where none is.
    pub(crate) fn version(&self) -> i64 {
        self.applied().next_back().map_or(0, |entry| entry.version)
    }

    /// Whether a legacy program made the first tables.
    pub(crate) fn is_adopted(&self) -> bool {
        self.applied().any(|entry| entry.origin == Origin::Adopted)
    }

    /// Whether it begins as ours does: other programs record their migrations in a table of the same name.
    pub(crate) fn is_ours(&self, migrations: &Migrations) -> bool {
        match (self.applied().next(), migrations.iter().next()) {
            (Some(entry), Some(known)) => entry.version == known.version && entry.name == known.name,
            _ => false,
        }
    }

    /// The applied migrations that these files know in another form.
    pub(crate) fn edited<'a>(&'a self, migrations: &'a Migrations) -> impl Iterator<Item = &'a Entry> {
        let is_edited = |entry: &&Entry| {
            migrations.get(entry.version).is_some_and(|file| file.checksum != entry.checksum || file.name != entry.name)
        };
        self.applied().filter(is_edited)
    }

    /// The applied migrations that these files do not know.
    pub(crate) fn unknown<'a>(&'a self, migrations: &'a Migrations) -> impl Iterator<Item = &'a Entry> {
        self.applied().filter(|entry| migrations.get(entry.version).is_none())
    }

    /// Passes a history that these files can continue: what they do not know takes nothing away from who does not know it,
    /// and what they know has not been changed.
    ///
    /// # Errors
    /// A sentence that names the versions.
    pub(crate) fn check(&self, migrations: &Migrations) -> Result<(), String> {
        let of =
            |entries: Vec<&Entry>| entries.iter().map(|entry| entry.version.to_string()).collect::<Vec<_>>().join(", ");
        let newer: Vec<_> = self.unknown(migrations).filter(|entry| !entry.is_compatible).collect();
        if !newer.is_empty() {
            return Err(format!(
                "the database is newer than this version of Partbook: it has migration(s) {}, and the newest known here is \
                 {}. Start the version that applied them, or a later one",
                of(newer),
                migrations.newest()
            ));
        }
        let edited: Vec<_> = self.edited(migrations).collect();
        if !edited.is_empty() {
            return Err(format!(
                "the database has migration(s) {} in another form than this version of Partbook knows. Start a released \
                 version, or restore a backup; `partbook migrate repair` shows the difference, and accepts it",
                of(edited)
            ));
        }
        Ok(())
    }
}

/// Reads the history of a database that has our table.
pub(crate) async fn read(pool: &Pool, own: &OwnTables) -> Result<History, StartError> {
    let table = own.table("migration");
    let query = format!(
        "select cast(version as text), name, checksum, {}, cast(milliseconds as text), tool, state, error, origin,
            case when compatible then 'yes' end, case when optional then 'yes' end, effect, script
         from {table} m order by m.version",
        time(Dialect::of(pool), "at")
    );
    let rows = pool.text_rows(&query).await.map_err(|error| unreadable(&table, error))?;
    Ok(History { entries: rows.into_iter().filter_map(entry).collect(), is_former: false })
}

fn entry(row: Vec<Option<String>>) -> Option<Entry> {
    let [version, name, checksum, at, milliseconds, tool, state, error, origin, compatible, optional, effect, script] =
        <[Option<String>; 13]>::try_from(row).ok()?;
    Some(Entry {
        version: version?.parse().ok()?,
        name: name.unwrap_or_default(),
        checksum: checksum.unwrap_or_default(),
        state: match state.as_deref() {
            Some("failed") => State::Failed(error.unwrap_or_default()),
            Some("begun") => State::Begun,
            _ => State::Applied,
        },
        origin: origin.as_deref().and_then(Origin::parse).unwrap_or(Origin::Run),
        is_compatible: compatible.is_some(),
        is_optional: optional.is_some(),
        effect,
        script,
        at: at.unwrap_or_default(),
        milliseconds: milliseconds.and_then(|text| text.parse().ok()),
        tool: tool.unwrap_or_default(),
    })
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
    let rows = pool.text_rows(&format!("{query} from {FORMER_HISTORY} m order by m.version")).await;
    let entries = rows.map_err(|error| unreadable(FORMER_HISTORY, error))?.into_iter().filter_map(|row| {
        let [version, name, checksum, at] = <[Option<String>; 4]>::try_from(row).ok()?;
        Some(Entry {
            version: version?.parse().ok()?,
            name: name.unwrap_or_default(),
            checksum: checksum.unwrap_or_default(),
            state: State::Applied,
            origin: Origin::Run,
            is_compatible: false,
            is_optional: false,
            effect: None,
            script: None,
            at: at.unwrap_or_default(),
            milliseconds: None,
            tool: String::new(),
        })
    });
    Ok(History { entries: entries.collect(), is_former: true })
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
