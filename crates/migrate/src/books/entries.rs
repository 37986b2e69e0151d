//! What is entered for each migration, and the statements that enter it.

use partbook_database::Dialect;

use super::{Books, FORMER_HISTORY, TOOL, quote, quote_or_null};

/// What a database says of a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) version: i64,
    pub(crate) name: String,
    /// SHA-384 of the script that was executed, hexadecimal.
    pub(crate) checksum: String,
    pub(crate) state: State,
    pub(crate) origin: Origin,
    /// Whether versions that do not know it may serve a database that has it.
    pub(crate) is_compatible: bool,
    pub(crate) is_optional: bool,
    /// What it changed of the schema: see `drift::expected`; none where a version before had no such record.
    pub(crate) effect: Option<String>,
    /// The script that was executed; none where a version before kept none.
    pub(crate) script: Option<String>,
    /// When, RFC 3339, UTC; not read by the statements that enter it.
    pub(crate) at: String,
    /// How long it took.
    pub(crate) milliseconds: Option<i64>,
    /// The version of Partbook that applied it; empty where that is not known.
    pub(crate) tool: String,
}

/// What became of a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Applied,
    /// Its statements, which run on their own, have been begun with: some of them may be done.
    Begun,
    /// It was tried, and nothing of it remains; the text is what the database said.
    Failed(String),
}

/// How a database came by a migration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Its script was executed.
    Run,
    /// Its effect was there already, and `stamp` found so.
    Stamped,
    /// The schema of a legacy program has it: it is not ours to take back.
    Adopted,
}

/// The origins and their words.
const ORIGINS: [(Origin, &str); 3] = [(Origin::Run, "run"), (Origin::Stamped, "stamped"), (Origin::Adopted, "adopted")];

impl Origin {
    pub(super) fn parse(word: &str) -> Option<Self> {
        ORIGINS.iter().find(|(_, known)| *known == word).map(|(origin, _)| *origin)
    }

    fn word(self) -> &'static str {
        ORIGINS.iter().find(|(origin, _)| *origin == self).map_or("", |(_, word)| word)
    }
}

impl Books {
    /// The statement that says what time it is, UTC.
    pub(crate) fn now(&self) -> &'static str {
        match self.own.dialect() {
            Dialect::Postgres => "clock_timestamp() at time zone 'UTC'",
            Dialect::Sqlite => "strftime('%Y-%m-%dT%H:%M:%SZ', 'now')",
        }
    }

    /// The statements that make the books where there are none.
    pub(crate) fn create_books(&self) -> String {
        let (migration, run, now) = (self.own.table("migration"), self.own.table("migration_run"), self.now());
        let (integer, time, id) = match self.own.dialect() {
            Dialect::Postgres => ("bigint", "timestamp", "bigserial primary key"),
            Dialect::Sqlite => ("integer", "text", "integer primary key autoincrement"),
        };
        // A role may have the right to make tables in the schema, and not to make schemas.
        let schema = self.own.create_schema().map_or_else(String::new, |statement| {
            let name = quote(self.own.schema().unwrap_or_default());
            format!("do $make$ begin if to_regnamespace({name}) is null then {statement} end if; end $make$;")
        });
        format!(
            "{schema}
            create table if not exists {migration} (
                version {integer} primary key,
                name text not null,
                checksum text not null,
                state text not null check (state in ('applied', 'begun', 'failed')),
                origin text not null check (origin in ('run', 'stamped', 'adopted')),
                compatible boolean not null,
                optional boolean not null,
                effect text,
                script text,
                at {time} not null,
                milliseconds {integer},
                tool text not null,
                error text
            );
            create table if not exists {run} (
                id {id},
                command text not null,
                who text not null,
                host text not null,
                tool text not null,
                backend {integer},
                started_at {time} not null default ({now}),
                finished_at {time},
                from_version {integer} not null,
                to_version {integer},
                reason text,
                steps text,
                result text,
                error text
            );"
        )
    }

    /// The statements that take the books away, and the schema that they were in.
    pub(crate) fn drop_books(&self) -> String {
        let (migration, run) = (self.own.table("migration"), self.own.table("migration_run"));
        format!("drop table {run}; drop table {migration}; {}", self.own.drop_schema().unwrap_or_default())
    }

    /// The statement that enters a migration, in the place of what was said of it before.
    pub(crate) fn enter(&self, entry: &Entry) -> String {
        let Entry { version, milliseconds, is_compatible, is_optional, .. } = entry;
        let (state, error) = match &entry.state {
            State::Applied => ("applied", None),
            State::Begun => ("begun", None),
            State::Failed(error) => ("failed", Some(error.as_str())),
        };
        format!(
            "insert into {} as m (version, name, checksum, state, origin, compatible, optional, effect, script, at,
                milliseconds, tool, error)
             values ({version}, {}, {}, '{state}', '{}', {is_compatible}, {is_optional}, {}, {}, {}, {}, {}, {})
             on conflict (version) do update set name = excluded.name, checksum = excluded.checksum,
                state = excluded.state, origin = excluded.origin, compatible = excluded.compatible,
                optional = excluded.optional, effect = excluded.effect, script = excluded.script, at = excluded.at,
                milliseconds = excluded.milliseconds, tool = excluded.tool, error = excluded.error
             where excluded.state <> 'failed' or m.state <> 'applied'",
            self.own.table("migration"),
            quote(&entry.name),
            quote(&entry.checksum),
            entry.origin.word(),
            quote_or_null(entry.effect.as_deref()),
            quote_or_null(entry.script.as_deref()),
            self.now(),
            milliseconds.map_or_else(|| "null".to_owned(), |milliseconds| milliseconds.to_string()),
            quote(TOOL),
            quote_or_null(error),
        )
    }

    /// The statement that changes what an applied migration is known by; when and by whom it was applied stays.
    pub(crate) fn amend(&self, entry: &Entry) -> String {
        let Entry { version, is_compatible, is_optional, .. } = entry;
        format!(
            "update {} set name = {}, checksum = {}, script = {}, compatible = {is_compatible}, optional = {is_optional}
             where version = {version}",
            self.own.table("migration"),
            quote(&entry.name),
            quote(&entry.checksum),
            quote_or_null(entry.script.as_deref()),
        )
    }

    /// The statement that changes what is entered of the schema with a migration.
    pub(crate) fn amend_effect(&self, version: i64, effect: &str) -> String {
        format!("update {} set effect = {} where version = {version}", self.own.table("migration"), quote(effect))
    }

    /// The statement that takes the entry of a migration out.
    pub(crate) fn strike_out(&self, version: i64) -> String {
        format!("delete from {} where version = {version}", self.own.table("migration"))
    }

    /// The question that has a row when there is a table such as versions before kept their history in.
    pub(crate) fn asks_for_former(&self) -> String {
        match self.own.dialect() {
            Dialect::Postgres => format!("select 'yes' where to_regclass('{FORMER_HISTORY}') is not null"),
            Dialect::Sqlite => {
                format!("select 'yes' from sqlite_schema where type = 'table' and name = '{FORMER_HISTORY}'")
            }
        }
    }

    /// The question that has a row when what is in that table is ours, and nothing has been entered since: other programs record
    /// their migrations in a table of the same name.
    pub(crate) fn asks_whether_former_is_ours(&self) -> String {
        format!(
            "select 'yes' from {FORMER_HISTORY} where version = 1 and description = 'catalog'
                and not exists (select 1 from {})",
            self.own.table("migration")
        )
    }

    /// The statements that take over what a version before has left.
    pub(crate) fn take_over_former(&self) -> String {
        let (checksum, at) = match self.own.dialect() {
            Dialect::Postgres => ("encode(checksum, 'hex')", "installed_on at time zone 'UTC'"),
            Dialect::Sqlite => ("lower(hex(checksum))", "strftime('%Y-%m-%dT%H:%M:%SZ', installed_on)"),
        };
        format!(
            "insert into {} (version, name, checksum, state, origin, compatible, optional, at, milliseconds, tool)
             select version, description, {checksum}, 'applied', 'run', false, false, {at}, execution_time / 1000000, ''
             from {FORMER_HISTORY} where true
             on conflict (version) do nothing;
             drop table {FORMER_HISTORY};",
            self.own.table("migration")
        )
    }
}
