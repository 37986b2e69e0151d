//! What lies ahead: the scripts that lead up or back, in their order. Nothing is changed.

use partbook_database::catalogue::Catalogue;
use partbook_database::{Dialect, OwnTables, StartError};

use crate::books::{Entry, History, Origin};
use crate::files::{File, Migrations};
use crate::hindrance::{Hindrance, hindrance};
use crate::migrator::Migrator;
use crate::script::{Direction, Script};
use crate::statements::ends_transaction;

/// What a run of migrations is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    /// To apply what is pending.
    Up {
        /// Up to this version.
        last: Option<i64>,
        /// At most so many.
        count: Option<usize>,
        /// And these optional ones.
        with: Vec<String>,
    },
    /// To take back what is later than a version.
    DownTo(i64),
    /// To take back the newest, so many.
    DownBy(usize),
}

/// What lies ahead.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The scripts, in the order in which they are executed.
    pub scripts: Vec<Script>,
    /// Whether there is anything to lose.
    pub has_rows: bool,
    pub(crate) goal: Goal,
}

impl Goal {
    /// All that is pending, up to a version.
    #[must_use]
    pub fn up(last: Option<i64>) -> Self {
        Self::Up { last, count: None, with: Vec::new() }
    }
}

/// Why nothing is done of what was confirmed.
pub(crate) fn changed_meanwhile() -> StartError {
    StartError::Unfit(
        "somebody else has changed the database since this was planned. Nothing was changed; look again, and run it again"
            .to_owned(),
    )
}

impl Migrator {
    /// What lies ahead for a goal. Nothing is changed.
    ///
    /// # Errors
    /// The database belongs to another program, is newer than this program, or is legacy; there is no such version, no
    /// optional migration of such a name, or the database cannot have it; one of the migrations cannot be taken back, or is not
    /// known here.
    pub async fn plan(&self, goal: Goal) -> Result<Plan, StartError> {
        let history = self.sound_history().await?;
        let scripts = match &goal {
            Goal::Up { last, count, with } => {
                let mut scripts = self.plan_up(&history, *last, with).await?;
                scripts.truncate(count.unwrap_or(usize::MAX));
                scripts
            }
            Goal::DownTo(version) => self.plan_down(&history, *version)?,
            Goal::DownBy(count) => self.plan_down_by(&history, *count)?,
        };
        for script in &scripts {
            if let Some(word) = ends_transaction(self.own().dialect(), &script.sql) {
                return Err(StartError::Unfit(format!(
                    "migration {} has the statement `{word}`: it would end the transaction that a migration is. Nothing was changed",
                    script.version
                )));
            }
        }
        Ok(Plan { scripts, has_rows: self.has_rows().await?, goal })
    }

    /// What is left of a plan, for somebody who has the lock now: others may have worked since it was made, and confirmed.
    ///
    /// # Errors
    /// What would be done now is not what was confirmed.
    pub(crate) async fn still(&self, plan: &Plan) -> Result<Vec<Script>, StartError> {
        let again = self.plan(plan.goal.clone()).await?;
        let is_part = match plan.goal {
            // Another one may have applied some of it.
            Goal::Up { .. } => again.scripts.iter().all(|script| plan.scripts.contains(script)),
            Goal::DownTo(_) | Goal::DownBy(_) => again.scripts == plan.scripts,
        };
        if is_part && (plan.has_rows || !again.has_rows) { Ok(again.scripts) } else { Err(changed_meanwhile()) }
    }

    /// The scripts of the migrations that the database lacks, up to a version or all of them, and of the optional ones that
    /// are asked for by name.
    async fn plan_up(&self, history: &History, last: Option<i64>, with: &[String]) -> Result<Vec<Script>, StartError> {
        self.migrations.check_version(last.unwrap_or_default())?;
        let mut chosen = Vec::new();
        for name in with {
            let file = self.optional(name, history)?;
            if let Some(reason) = self.obstacle(file).await? {
                return Err(StartError::Unfit(format!("migration {} cannot be applied here: {reason}", file.version)));
            }
            chosen.push(file.version);
        }
        let is_wanted = |file: &&File| {
            chosen.contains(&file.version)
                || (!file.directives.is_optional(history.is_adopted()) && is_up_to(file, last))
        };
        self.scripts_up(history, is_wanted)
    }

    /// The scripts of the migrations that every such database has and this one lacks.
    pub(crate) fn pending(&self, history: &History) -> Result<Vec<Script>, StartError> {
        self.scripts_up(history, |file| !file.directives.is_optional(history.is_adopted()))
    }

    fn scripts_up(&self, history: &History, is_wanted: impl Fn(&&File) -> bool) -> Result<Vec<Script>, StartError> {
        let files = self.migrations.iter().filter(|file| !history.has(file.version)).filter(is_wanted);
        files.map(|file| file.script(Direction::Up, self.own())).collect::<Result<_, _>>().map_err(StartError::Unfit)
    }

    /// The optional migration of a name.
    fn optional(&self, name: &str, history: &History) -> Result<&File, StartError> {
        let is_optional = |file: &&File| file.directives.is_optional(history.is_adopted());
        let wanted = name.replace('_', " ");
        self.migrations.iter().filter(is_optional).find(|file| file.name == wanted).ok_or_else(|| {
            let names: Vec<String> =
                self.migrations.iter().filter(is_optional).map(|file| file.name.replace(' ', "_")).collect();
            let known = if names.is_empty() { "there is none".to_owned() } else { names.join(", ") };
            StartError::Unfit(format!("`{name}` is no optional migration of this database; {known}"))
        })
    }

    /// Why the database cannot have a migration, where it cannot.
    pub(crate) async fn obstacle(&self, file: &File) -> Result<Option<String>, StartError> {
        if let Some(reason) = &file.directives.unavailable {
            return Ok(Some(reason.clone()));
        }
        let Some(extension) = &file.directives.extension else { return Ok(None) };
        if Dialect::of(&self.pool) == Dialect::Sqlite {
            return Ok(None);
        }
        // A trusted extension may be brought by who may create in the database.
        let query = format!(
            "select case
                when e.installed_version is not null then 'there'
                when not exists (select from pg_available_extension_versions v where v.name = e.name
                    and (not v.superuser or (v.trusted and has_database_privilege(current_database(), 'create'))
                        or (select rolsuper from pg_roles where rolname = current_user))) then 'forbidden'
                else 'possible' end
             from pg_available_extensions e where e.name = '{}'",
            extension.replace('\'', "''")
        );
        Ok(match self.pool.text_rows(&query).await?.first().and_then(|row| row.first()?.as_deref()) {
            None => Some(format!("the server does not have the extension {extension}")),
            Some("forbidden") => Some(format!("the role has no right to create the extension {extension}")),
            Some(_) => None,
        })
    }

    /// The scripts that lead back to a version, the newest first.
    fn plan_down(&self, history: &History, to: i64) -> Result<Vec<Script>, StartError> {
        self.migrations.check_version(to)?;
        if to == 0 && history.is_adopted() {
            return Err(StartError::Unfit(
                "the first tables are a legacy program's: `--to 1` takes back what is ours, and `partbook migrate unadopt` \
                 then leaves them"
                    .to_owned(),
            ));
        }
        self.scripts_down(history, |entry| entry.version > to)
    }

    fn scripts_down(&self, history: &History, goes: impl Fn(&&Entry) -> bool) -> Result<Vec<Script>, StartError> {
        let script = |entry: &Entry| {
            let file = self.migrations.get(entry.version).ok_or_else(|| {
                format!(
                    "migration {} is not known to this version of Partbook: the version that applied it, {}, takes it back",
                    entry.version, entry.tool
                )
            })?;
            file.script(Direction::Down, self.own())
        };
        // What a legacy program made is not ours to take away.
        let ours = history.applied().rev().filter(|entry| entry.origin != Origin::Adopted).filter(goes);
        ours.map(script).collect::<Result<_, _>>().map_err(StartError::Unfit)
    }

    /// The scripts that take the newest migrations back, the newest first.
    fn plan_down_by(&self, history: &History, count: usize) -> Result<Vec<Script>, StartError> {
        let ours = history.applied().rev().filter(|entry| entry.origin != Origin::Adopted);
        let newest: Vec<i64> = ours.take(count).map(|entry| entry.version).collect();
        self.scripts_down(history, |entry| newest.contains(&entry.version))
    }

    /// The rows that are in the way of scripts. What needs a migration that is not applied yet cannot be looked for before.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn hindrances(&self, scripts: &[Script]) -> Result<Vec<Hindrance>, StartError> {
        let mut hindrances = Vec::new();
        let mut connection = self.pool.connection().await?;
        // A query that writes is turned away.
        connection
            .execute(match self.own().dialect() {
                Dialect::Postgres => "begin read only",
                Dialect::Sqlite => "pragma query_only = on; begin",
            })
            .await?;
        for script in scripts {
            let Some(check) = &script.check else { continue };
            connection.execute("savepoint looking").await?;
            match connection.text_rows(check).await {
                Ok(rows) => hindrances.extend(rows.into_iter().map(|row| hindrance(script.version, row))),
                // It may need what an earlier one of them makes.
                Err(error) if error.is_reported() => {}
                Err(error) => return Err(error.into()),
            }
            connection.execute("rollback to savepoint looking").await?;
        }
        connection.close().await?;
        Ok(hindrances)
    }

    /// Whether there is anything to lose: a row in a table that a migration makes.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn has_rows(&self) -> Result<bool, StartError> {
        let catalogue = Catalogue::read(&self.pool, self.own()).await?;
        let tables = self.migrations.tables()?;
        let readable = tables.iter().filter(|name| catalogue.has_readable(name));
        let exists: Vec<String> = readable.map(|name| format!("exists (select 1 from {name})")).collect();
        if exists.is_empty() {
            return Ok(false);
        }
        let rows = self.pool.text_rows(&format!("select case when {} then 'rows' end", exists.join(" or "))).await?;
        Ok(rows.first().is_some_and(|row| row.first().is_some_and(Option::is_some)))
    }
}

fn is_up_to(file: &File, last: Option<i64>) -> bool {
    last.is_none_or(|last| file.version <= last)
}

impl Migrations {
    /// The scripts that lead from one version to another, which is known without a database. Those that are optional are
    /// among them.
    ///
    /// # Errors
    /// A version that there is none of; or a migration on the way cannot be taken back.
    pub fn scripts_between(&self, own: &OwnTables, from: i64, to: i64) -> Result<Vec<Script>, StartError> {
        for version in [from, to] {
            self.check_version(version)?;
        }
        let is_between = |file: &&File| file.version > from.min(to) && file.version <= from.max(to);
        let files = self.iter().filter(is_between);
        let scripts = if from <= to {
            files.map(|file| file.script(Direction::Up, own)).collect::<Result<Vec<_>, _>>()
        } else {
            files.rev().map(|file| file.script(Direction::Down, own)).collect()
        };
        scripts.map_err(StartError::Unfit)
    }
}
