//! Enters migrations as applied whose effect is there already: somebody made the change by hand, or a statement was executed
//! whose entry was lost.

use partbook_database::StartError;
use partbook_database::catalogue::Definition;

use crate::adopt::entry;
use crate::books::Origin;
use crate::drift::expected::{expected, gone};
use crate::files::File;
use crate::lock::RunnerLock;
use crate::migrator::Migrator;
use crate::plan::changed_meanwhile;
use crate::run::Runner;

/// What `stamp` would enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StampPlan {
    /// The migrations, by number and name.
    pub migrations: Vec<(i64, String)>,
    /// What is not as they leave it: nothing may be entered then.
    pub differences: Vec<String>,
    range: StampRange,
}

/// Which migrations `stamp` is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StampRange {
    /// One.
    One(i64),
    /// All that are pending, up to this one.
    UpTo(i64),
}

impl Migrator {
    /// Looks whether the effect of migrations is there. Changes nothing.
    ///
    /// # Errors
    /// The database is not ours; there is no such migration; one changes no schema, so that nothing shows whether it was
    /// applied.
    pub async fn plan_stamp(&self, range: StampRange) -> Result<StampPlan, StartError> {
        let history = self.sound_history().await?;
        let (StampRange::One(version) | StampRange::UpTo(version)) = range;
        self.migrations.check_version(version)?;
        let is_asked = |file: &&File| match range {
            StampRange::One(version) => file.version == version,
            StampRange::UpTo(version) => file.version <= version && !file.directives.is_optional(history.is_adopted()),
        };
        let files: Vec<&File> =
            self.migrations.iter().filter(is_asked).filter(|file| !history.has(file.version)).collect();
        if let Some(file) = files.iter().find(|file| file.effect.trim().is_empty()) {
            return Err(StartError::Unfit(format!(
                "migration {} changes no table, so that nothing shows whether it was applied: `partbook migrate up` applies it",
                file.version
            )));
        }
        let live = self.definitions().await?;
        Ok(StampPlan {
            migrations: files.iter().map(|file| (file.version, file.name.clone())).collect(),
            differences: differences(&files, &live).map_err(StartError::Unfit)?,
            range,
        })
    }

    /// Enters what [`Self::plan_stamp`] found in order.
    ///
    /// # Errors
    /// It has found differences.
    pub async fn stamp(&self, plan: &StampPlan) -> Result<(), StartError> {
        if let Some(first) = plan.differences.first() {
            return Err(StartError::Unfit(format!(
                "nothing was entered: the effect is not there: {first}, {} in all",
                plan.differences.len()
            )));
        }
        let lock = RunnerLock::take(&self.pool).await?;
        if self.plan_stamp(plan.range).await? != *plan {
            return Err(changed_meanwhile());
        }
        let mut runner = Runner::begin(self, lock, "stamp", None).await?;
        let mut statements = String::new();
        for (version, name) in &plan.migrations {
            let Some(file) = self.migrations.get(*version) else { continue };
            statements += &self.books.enter(&entry(file, Origin::Stamped, file.effect.to_string()));
            statements += ";\n";
            runner.note(&format!("stamped {version:04} {name}"));
        }
        runner.write(&statements).await?;
        runner.finish().await
    }
}

/// What is not as the migrations leave it.
fn differences(files: &[&File], live: &[Definition]) -> Result<Vec<String>, String> {
    let effects = || files.iter().map(|file| file.effect.as_ref());
    let (made, gone) = (expected(effects())?, gone(effects())?);
    let mut differences = Vec::new();
    for piece in &made {
        match live.iter().find(|other| other.is_about(piece)) {
            None => differences.push(format!("{} is missing", piece.subject())),
            Some(found) if found != piece => {
                differences.push(format!("{} is `{}` and not `{}`", piece.subject(), found.text, piece.text));
            }
            Some(_) => {}
        }
    }
    let still_there = gone.iter().filter(|piece| live.contains(piece));
    differences.extend(
        still_there.map(|piece| format!("{} is still there, and the migration takes it away", piece.subject())),
    );
    Ok(differences)
}
