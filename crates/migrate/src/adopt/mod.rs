//! Takes a legacy database over, so that our migrations apply to it, and gives it back.

mod compare;
#[cfg(test)]
mod tests;

use partbook_database::StartError;
use partbook_database::catalogue::Definition;

use self::compare::{Comparison, Verdict};
use crate::books::{Entry, Origin, State};
use crate::detect::{Found, detect};
use crate::drift::expected::expected;
use crate::files::File;
use crate::migrator::Migrator;
use crate::run::Runner;

/// What a legacy database has and lacks, beside what it must have to be adopted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// What is not as it must be; it can be adopted when there is nothing of that.
    pub differences: Vec<String>,
    /// What it has besides, and keeps.
    pub besides: Vec<String>,
    /// The migrations that it has already, by number and name: they are entered, and never taken back.
    pub has_already: Vec<(i64, String)>,
    /// The schema that is there.
    live: Vec<Definition>,
}

impl Migrator {
    /// Compares a legacy database with what the first migration makes, and with what others make that it has already.
    /// Changes nothing.
    ///
    /// # Errors
    /// The database is no legacy catalog.
    pub async fn survey(&self) -> Result<Survey, StartError> {
        match detect(self).await? {
            Found::Legacy => {}
            Found::Ours(history) if history.is_adopted() => {
                return Err(StartError::Unfit("the database has been adopted already".to_owned()));
            }
            Found::Ours(_) => {
                return Err(StartError::Unfit(
                    "Partbook made this database itself: there is nothing to adopt".to_owned(),
                ));
            }
            Found::Empty(_) => {
                return Err(StartError::Unfit(
                    "the database is empty: `partbook migrate up` makes the catalog".to_owned(),
                ));
            }
        }
        let live = self.definitions().await?;
        let mut survey = Survey::default();
        let mut files = self.migrations.iter();
        let first = files.next().ok_or_else(|| StartError::Unfit("there are no migrations".to_owned()))?;
        let baseline = pieces(first)?;
        let comparison = Comparison::of(&baseline, &live);
        survey.differences = comparison.differences;
        survey.has_already.push((first.version, first.name.clone()));
        let mut known = baseline;
        for file in files {
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
        Ok(survey)
    }

    /// Enters the migrations that a legacy database has already, and the schema that is there, from which later changes are
    /// told apart. Nothing else is changed.
    ///
    /// # Errors
    /// The survey has found differences; or the role has no right to create a schema.
    pub async fn adopt(&self, survey: &Survey) -> Result<(), StartError> {
        if let Some(first) = survey.differences.first() {
            return Err(StartError::Unfit(format!(
                "the database is not adopted: it is not what the first migration makes: {first}, {} in all",
                survey.differences.len()
            )));
        }
        let mut statements = String::new();
        for (version, _) in &survey.has_already {
            let file =
                self.migrations.get(*version).ok_or_else(|| StartError::Unfit("no such migration".to_owned()))?;
            // All of the schema is entered with the first one.
            let effect = if *version == survey.has_already[0].0 {
                survey.live.iter().map(|definition| format!("+ {definition}\n")).collect()
            } else {
                String::new()
            };
            statements += &self.own.enter(&entry(file, Origin::Adopted, effect));
            statements += ";\n";
        }
        let mut runner = Runner::start(self, "adopt", None).await?;
        for (version, name) in &survey.has_already {
            runner.note(&format!("adopted {version:04} {name}"));
        }
        runner.write(&statements).await?;
        runner.finish().await
    }

    /// Takes our books away from an adopted database, which is then a legacy one again.
    ///
    /// # Errors
    /// The database was not adopted, or has migrations that are ours: they are taken back first.
    pub async fn unadopt(&self) -> Result<(), StartError> {
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
        let mut runner = Runner::start(self, "unadopt", None).await?;
        runner.write(&self.own.drop_all()).await?;
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
