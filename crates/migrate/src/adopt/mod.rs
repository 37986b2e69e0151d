//! Takes a legacy database over, so that our migrations apply to it, and gives it back.

mod compare;
#[cfg(test)]
mod tests;

use partbook_database::StartError;
use partbook_database::catalogue::Definition;

use self::compare::{Comparison, Verdict};
use crate::books::{Entry, History, Origin, State};
use crate::detect::{CATALOG, Found, detect};
use crate::drift::expected::expected;
use crate::files::File;
use crate::lock::RunnerLock;
use crate::migrator::Migrator;
use crate::plan::changed_meanwhile;
use crate::run::Runner;

/// What a legacy database has and lacks, beside what it must have to be adopted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// What is not as it must be; it can be adopted when there is nothing of that.
    pub differences: Vec<String>,
    /// What it has besides, and keeps; of one that was adopted before, what has come since.
    pub besides: Vec<String>,
    /// What was entered when it was adopted, and is no more there.
    pub gone: Vec<String>,
    /// The migrations that it has already, by number and name: they are entered, and never taken back.
    pub has_already: Vec<(i64, String)>,
    /// Whether it was adopted before.
    pub is_adopted: bool,
    /// The schema that is there and not ours.
    live: Vec<Definition>,
}

impl Migrator {
    /// Compares a legacy database with what the first migration makes, and with what others make that it has already; one that
    /// was adopted before also with what ours have made since. Changes nothing.
    ///
    /// # Errors
    /// The database is no legacy catalog.
    pub async fn survey(&self) -> Result<Survey, StartError> {
        match detect(self).await? {
            Found::Legacy => self.survey_legacy().await,
            Found::Ours(history) if history.is_adopted() => {
                history.check(&self.migrations).map_err(StartError::Unfit)?;
                self.survey_adopted(&history).await
            }
            Found::Ours(_) => {
                Err(StartError::Unfit("Partbook made this database itself: there is nothing to adopt".to_owned()))
            }
            Found::Empty(_) => {
                Err(StartError::Unfit("the database is empty: `partbook migrate up` makes the catalog".to_owned()))
            }
        }
    }

    async fn survey_legacy(&self) -> Result<Survey, StartError> {
        let live = self.definitions().await?;
        let mut survey = Survey::default();
        let baseline = pieces(self.first()?)?;
        survey.differences = Comparison::of(&baseline, &live).differences;
        survey.has_already.push((self.first()?.version, self.first()?.name.clone()));
        let mut known = baseline;
        for file in self.migrations.iter().skip(1) {
            let pieces = pieces(file)?;
            match compare::presence(&pieces, &live) {
                Verdict::Absent => continue,
                Verdict::Present => survey.has_already.push((file.version, file.name.clone())),
                Verdict::Differs(differences) => {
                    survey.differences.push(format!(
                        "what migration {} makes is there in part, or otherwise: {}, {} in all",
                        file.version,
                        differences[0],
                        differences.len()
                    ));
                }
            }
            known.extend(pieces);
        }
        survey.besides = compare::besides(&known, &live);
        survey.live = live;
        survey.differences.extend(self.missing_rights().await?);
        Ok(survey)
    }

    /// What the role may not do that our migrations do to the tables of the catalog.
    async fn missing_rights(&self) -> Result<Vec<String>, StartError> {
        let tables: Vec<String> = CATALOG.iter().map(|name| format!("'{name}'")).collect();
        let query = format!(
            "select format('the role %I does not own the table %I, which migrations change', current_user, c.relname)
             from pg_class c where c.oid = any (array(select to_regclass(name) from unnest(array[{}]) name))
                and not pg_has_role(current_user, c.relowner, 'usage')
             order by c.relname",
            tables.join(", ")
        );
        let rows = self.pool.text_rows(&query).await?;
        Ok(rows.into_iter().filter_map(|row| row.into_iter().next().flatten()).collect())
    }

    /// What the legacy side has changed since, so that it can be entered: it owns its tables as before.
    async fn survey_adopted(&self, history: &History) -> Result<Survey, StartError> {
        let of = |is_adopted: bool| {
            let entries = history.applied().filter(move |entry| (entry.origin == Origin::Adopted) == is_adopted);
            expected(entries.map(|entry| self.effect(entry))).map_err(StartError::Unfit)
        };
        let (ours, entered, live) = (of(false)?, of(true)?, self.definitions().await?);
        let mut survey = Survey { is_adopted: true, ..Survey::default() };
        survey.differences = Comparison::of(&pieces(self.first()?)?, &live).differences;
        let is_missing = |piece: &&Definition| !live.contains(piece);
        let missing = ours.iter().filter(is_missing);
        survey
            .differences
            .extend(missing.map(|piece| format!("{} is ours, and is not as it was made", piece.subject())));
        survey.live = live.into_iter().filter(|piece| !ours.contains(piece)).collect();
        survey.besides = compare::besides(&entered, &survey.live);
        survey.gone = compare::besides(&survey.live, &entered);
        Ok(survey)
    }

    fn first(&self) -> Result<&File, StartError> {
        self.migrations.iter().next().ok_or_else(|| StartError::Unfit("there are no migrations".to_owned()))
    }

    /// Enters the migrations that a legacy database has already, and the schema that is there, from which later changes are
    /// told apart. Nothing else is changed.
    ///
    /// # Errors
    /// The survey has found differences; or the role has no right to create a schema.
    pub async fn adopt(&self, survey: &Survey) -> Result<(), StartError> {
        if let Some(first) = survey.differences.first() {
            return Err(StartError::Unfit(format!(
                "nothing was entered: the database is not what the first migration makes: {first}, {} in all",
                survey.differences.len()
            )));
        }
        let first = self.first()?;
        // All of the schema is entered with the first migration.
        let schema: String = survey.live.iter().map(|definition| format!("+ {definition}\n")).collect();
        let mut statements = String::new();
        if survey.is_adopted {
            statements += &self.books.amend_effect(first.version, &schema);
        }
        for (version, _) in &survey.has_already {
            let Some(file) = self.migrations.get(*version) else { continue };
            let effect = if *version == first.version { schema.clone() } else { String::new() };
            statements += &self.books.enter(&entry(file, Origin::Adopted, effect));
            statements += ";\n";
        }
        let lock = RunnerLock::take(&self.pool).await?;
        if self.survey().await? != *survey {
            return Err(changed_meanwhile());
        }
        let mut runner = Runner::begin(self, lock, "adopt", None).await?;
        for (version, name) in &survey.has_already {
            runner.note(&format!("adopted {version:04} {name}"));
        }
        for piece in survey.besides.iter().filter(|_| survey.is_adopted) {
            runner.note(&format!("entered {piece}"));
        }
        for piece in &survey.gone {
            runner.note(&format!("gone {piece}"));
        }
        runner.write(&statements).await?;
        runner.finish().await
    }

    /// Takes our books away from an adopted database, which is then a legacy one again.
    ///
    /// # Errors
    /// The database was not adopted, or has migrations that are ours: they are taken back first.
    pub async fn unadopt(&self) -> Result<(), StartError> {
        let lock = RunnerLock::take(&self.pool).await?;
        let history = self.history().await?;
        if !history.is_adopted() {
            return Err(StartError::Unfit("the database was not adopted".to_owned()));
        }
        let ours: Vec<String> = history
            .applied()
            .filter(|entry| entry.origin != Origin::Adopted)
            .map(|entry| entry.version.to_string())
            .collect();
        if !ours.is_empty() {
            return Err(StartError::Unfit(format!(
                "the database has migration(s) {} of ours: `partbook migrate down --to 1` takes them back first",
                ours.join(", ")
            )));
        }
        let mut runner = Runner::begin(self, lock, "unadopt", None).await?;
        runner.write(&self.books.drop_books()).await?;
        runner.close().await
    }
}

/// What a migration leaves.
fn pieces(file: &File) -> Result<Vec<Definition>, StartError> {
    expected([file.effect.as_ref()]).map_err(StartError::Unfit)
}

/// What is entered of a migration whose script is not executed.
pub(crate) fn entry(file: &File, origin: Origin, effect: String) -> Entry {
    Entry {
        version: file.version,
        name: file.name.clone(),
        checksum: file.checksum.clone(),
        state: State::Applied,
        origin,
        is_compatible: file.directives.compatible.is_some(),
        is_optional: file.directives.optional.is_some(),
        effect: Some(effect),
        script: None,
        at: String::new(),
        milliseconds: None,
        tool: String::new(),
    }
}
