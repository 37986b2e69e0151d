//! What a database says of each migration, beside what there is.

use partbook_database::catalogue::Catalogue;
use partbook_database::{Dialect, StartError};

use crate::books::{Entry, History, Origin, Run, State, read_runs};
use crate::files::File;
use crate::lock::RunnerLock;
use crate::migrator::Migrator;

/// Which migrations a database has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// The highest number that is applied; 0 where none is.
    pub version: i64,
    /// The highest number that there is.
    pub head: i64,
    /// Whether a legacy program made the first tables.
    pub is_adopted: bool,
    /// All of them, in the order of their numbers.
    pub migrations: Vec<Migration>,
    /// How large the database is, bytes.
    pub size: u64,
    /// How many tables it has, without our own.
    pub tables: usize,
    /// Who is at work now.
    pub running: Option<Running>,
}

/// Somebody who is at work on the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// What.
    pub run: Run,
    /// The sessions that it waits for, on PostgreSQL: number, user, program, since when.
    pub waits_for: Vec<String>,
}

/// A migration, and what a database says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Migration {
    /// Its number.
    pub version: i64,
    /// What it is about.
    pub name: String,
    /// Whether a database need not have it.
    pub is_optional: bool,
    /// Whether the version before may go on serving a database that has it.
    pub is_compatible: bool,
    /// Whether the database has it.
    pub state: Standing,
}

/// Whether a database has a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It has.
    Applied(Application),
    /// It has it in another form than there is.
    Edited(Application),
    /// It has it, and there is none of that number.
    Missing(Application),
    /// It has not.
    Pending,
    /// It has not, and has later ones.
    OutOfOrder,
    /// It was tried, and nothing of it remains.
    Failed {
        /// When, RFC 3339, UTC.
        at: String,
        /// What the database said.
        error: String,
    },
    /// It was begun with, outside a transaction, and did not come to its end: some of it may be there.
    Begun {
        /// When, RFC 3339, UTC.
        at: String,
    },
    /// It has not, and need not: `up --with NAME` applies it.
    Available,
    /// It has not and cannot have it, for this reason.
    Impossible(String),
}

/// How a database came by a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// When, RFC 3339, UTC.
    pub at: String,
    /// How long it took, where that was entered.
    pub milliseconds: Option<i64>,
    /// The version of Partbook that applied it; empty where that was not entered.
    pub tool: String,
    /// SHA-384 of the script that was executed, hexadecimal.
    pub checksum: String,
    /// Whether a legacy program made what it makes.
    pub is_adopted: bool,
    /// Whether its effect was there already when it was entered.
    pub is_stamped: bool,
}

impl From<&Entry> for Application {
    fn from(entry: &Entry) -> Self {
        Self {
            at: entry.at.clone(),
            milliseconds: entry.milliseconds,
            tool: entry.tool.clone(),
            checksum: entry.checksum.clone(),
            is_adopted: entry.origin == Origin::Adopted,
            is_stamped: entry.origin == Origin::Stamped,
        }
    }
}

/// Everything that is known of a migration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its number.
    pub version: i64,
    /// What it is about.
    pub name: String,
    /// SHA-384 of the script that was executed, or would be, hexadecimal.
    pub checksum: String,
    /// When it was applied, RFC 3339, UTC; none where it is not.
    pub at: Option<String>,
    /// The version of Partbook that applied it; empty where that was not entered.
    pub tool: String,
    /// The script that was executed, or would be.
    pub up: String,
    /// The script that takes it back.
    pub down: Option<String>,
    /// Why it cannot be taken back.
    pub irreversible: Option<String>,
    /// What it changes of the schema, a line for each piece.
    pub effect: String,
    /// The latest runs that were about it, the newest first.
    pub runs: Vec<Run>,
}

impl Status {
    /// How many are not applied that should be.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.migrations
            .iter()
            .filter(|it| {
                matches!(
                    it.state,
                    Standing::Pending | Standing::OutOfOrder | Standing::Begun { .. } | Standing::Failed { .. }
                )
            })
            .count()
    }

    /// What is wrong, where something is, as a sentence.
    #[must_use]
    pub fn trouble(&self) -> Option<String> {
        self.migrations.iter().find_map(|migration| match &migration.state {
            Standing::Failed { error, .. } => Some(format!("migration {} failed: {error}", migration.version)),
            Standing::Edited(_) => Some(format!(
                "migration {} is applied in another form than there is; `partbook migrate repair {}` shows the difference",
                migration.version, migration.version
            )),
            Standing::Missing(_) if !migration.is_compatible => Some(format!(
                "migration {} is applied, and this version of Partbook does not know it",
                migration.version
            )),
            _ => None,
        })
    }
}

impl Migrator {
    /// Every migration that there is or the database has, with what the database says of it. Changes nothing.
    ///
    /// # Errors
    /// The database belongs to another program, or is legacy.
    pub async fn status(&self) -> Result<Status, StartError> {
        let history = self.history().await?;
        let newest_required = history.applied().filter(|entry| entry.origin == Origin::Run && !entry.is_optional);
        let newest_required = newest_required.map(|entry| entry.version).max().unwrap_or_default();
        let mut migrations: Vec<Migration> = history.unknown(&self.migrations).map(missing).collect();
        for file in self.migrations.iter() {
            let state = match history.get(file.version) {
                Some(entry) => self.standing(&history, entry),
                None if file.directives.is_optional(history.is_adopted()) => match self.obstacle(file).await? {
                    Some(reason) => Standing::Impossible(reason),
                    None => Standing::Available,
                },
                None if file.version < newest_required => Standing::OutOfOrder,
                None => Standing::Pending,
            };
            migrations.push(migration(file, &history, state));
        }
        migrations.sort_by_key(|migration| migration.version);
        let tables = Catalogue::read_tables(&self.pool, self.own()).await?;
        Ok(Status {
            version: history.version(),
            head: self.migrations.newest(),
            is_adopted: history.is_adopted(),
            migrations,
            size: self.size().await?,
            tables: tables.iter().filter(|table| !self.own().is_ours(&table.name)).count(),
            running: self.running().await?,
        })
    }

    /// How large the database is, bytes; of a file with what its write-ahead log holds.
    pub(crate) async fn size(&self) -> Result<u64, StartError> {
        let query = match Dialect::of(&self.pool) {
            Dialect::Postgres => "select pg_database_size(current_database())::text",
            Dialect::Sqlite => "select cast(page_count * page_size as text) from pragma_page_count, pragma_page_size",
        };
        let rows = self.pool.text_rows(query).await?;
        Ok(rows.first().and_then(|row| row.first()?.as_deref()?.parse().ok()).unwrap_or_default())
    }

    async fn running(&self) -> Result<Option<Running>, StartError> {
        if !RunnerLock::is_held(&self.pool).await? {
            return Ok(None);
        }
        let Some(run) = read_runs(&self.pool, self.own()).await?.into_iter().next() else { return Ok(None) };
        if run.finished_at.is_some() {
            return Ok(None);
        }
        let mut waits_for = Vec::new();
        if Dialect::of(&self.pool) == Dialect::Postgres {
            let rows = self.pool.text_rows(&self.books.asks_for_blockers()).await?;
            waits_for = rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect();
        }
        Ok(Some(Running { run, waits_for }))
    }

    fn standing(&self, history: &History, entry: &Entry) -> Standing {
        match &entry.state {
            State::Failed(error) => Standing::Failed { at: entry.at.clone(), error: error.clone() },
            State::Begun => Standing::Begun { at: entry.at.clone() },
            State::Applied if history.edited(&self.migrations).any(|edited| edited.version == entry.version) => {
                Standing::Edited(entry.into())
            }
            State::Applied => Standing::Applied(entry.into()),
        }
    }

    /// Everything that is known of a migration. Changes nothing.
    ///
    /// # Errors
    /// The database belongs to another program, or is legacy; there is no such migration.
    pub async fn record(&self, version: i64) -> Result<Record, StartError> {
        let history = self.history().await?;
        let (entry, file) = (history.get(version), self.migrations.get(version));
        if entry.is_none() {
            self.migrations.check_version(version)?;
        }
        let applied = entry.filter(|entry| entry.state == State::Applied);
        let of_file = |text: fn(&File) -> &str| file.map(text).unwrap_or_default().to_owned();
        let number = format!(" {version:04} ");
        let is_about = |run: &Run| run.steps.as_ref().is_some_and(|steps| steps.contains(&number));
        Ok(Record {
            version,
            name: applied.map_or_else(|| of_file(|file| &file.name), |entry| entry.name.clone()),
            checksum: applied.map_or_else(|| of_file(|file| &file.checksum), |entry| entry.checksum.clone()),
            at: applied.map(|entry| entry.at.clone()),
            tool: applied.map(|entry| entry.tool.clone()).unwrap_or_default(),
            up: applied.and_then(|entry| entry.script.clone()).unwrap_or_else(|| of_file(|file| &file.up)),
            down: file.and_then(|file| file.down.as_ref().map(ToString::to_string)),
            irreversible: file.and_then(|file| file.directives.irreversible.clone()),
            effect: applied.map_or_else(|| of_file(|file| &file.effect), |entry| self.effect(entry).to_owned()),
            runs: self.runs().await?.into_iter().filter(is_about).collect(),
        })
    }

    /// The latest runs, the newest first. Changes nothing.
    ///
    /// # Errors
    /// The database does not answer, may not be read, or belongs to another program.
    pub async fn runs(&self) -> Result<Vec<Run>, StartError> {
        crate::detect::detect(self).await?;
        read_runs(&self.pool, self.own()).await
    }
}

fn migration(file: &File, history: &History, state: Standing) -> Migration {
    Migration {
        version: file.version,
        name: file.name.clone(),
        is_optional: file.directives.is_optional(history.is_adopted()),
        is_compatible: file.directives.compatible.is_some(),
        state,
    }
}

fn missing(entry: &Entry) -> Migration {
    Migration {
        version: entry.version,
        name: entry.name.clone(),
        is_optional: entry.is_optional,
        is_compatible: entry.is_compatible,
        state: Standing::Missing(entry.into()),
    }
}
