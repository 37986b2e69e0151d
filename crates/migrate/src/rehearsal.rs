//! What migrations do to a database that nobody misses: each is applied and watched, then taken back, and the schema compared.

use std::time::Duration;

use partbook_database::catalogue::Definition;
use partbook_database::{Dialect, StartError};

use crate::drift::{Difference, compare};
use crate::lock::RunnerLock;
use crate::migrator::Migrator;
use crate::outlook::TableLock;
use crate::plan::Plan;
use crate::precaution::NoPrecaution;
use crate::run::Runner;
use crate::script::{Direction, Script};

/// What a migration did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rehearsed {
    /// Its number.
    pub version: i64,
    /// What it is about.
    pub name: String,
    /// How long it took.
    pub duration: Duration,
    /// The tables that were there before and that it held locked at its end; none where each statement ran on its own.
    pub locks: Option<Vec<TableLock>>,
    /// By how many bytes the database has grown.
    pub growth: i64,
    /// What became of taking it back.
    pub back: WayBack,
    /// Why it cannot be taken back, where it cannot.
    irreversible: Option<String>,
    /// The schema before it.
    before: Vec<Definition>,
}

/// What became of taking a migration back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WayBack {
    /// The schema was as before.
    Restored(Duration),
    /// The schema was not as before.
    Differs(Duration, Vec<Difference>),
    /// It could not be done, for this reason.
    Failed(String),
    /// There is no way back, for this reason.
    Irreversible(String),
    /// A later one could not be taken back, or was not applied.
    Untried,
}

impl Migrator {
    /// Does what [`Self::apply`] does, and watches. What was applied before a failure is among what is told.
    pub async fn rehearse_up(
        &self,
        plan: &Plan,
        accepted_drift: Option<&str>,
    ) -> (Vec<Rehearsed>, Result<(), StartError>) {
        let mut rehearsed = Vec::new();
        let step = async |runner: &mut Runner<'_>, script: &Script| {
            runner.watch_locks();
            let (size, before) = (self.size().await?, self.definitions().await?);
            let mut duration = None;
            self.execute(runner, script, &mut |done| duration = Some(done.duration)).await?;
            let Some(duration) = duration else { return Ok(()) };
            rehearsed.push(Rehearsed {
                version: script.version,
                name: script.name.clone(),
                duration,
                locks: runner.locks_seen(),
                growth: self.size().await?.cast_signed() - size.cast_signed(),
                back: WayBack::Untried,
                irreversible: script.irreversible.clone(),
                before,
            });
            Ok(())
        };
        let outcome = self.apply_by_steps(plan, accepted_drift, &NoPrecaution, step).await;
        (rehearsed, outcome)
    }

    /// Takes back what was applied, the newest first, up to the first that cannot be, and says of each what became of that.
    ///
    /// # Errors
    /// The database does not answer. That a script fails is no error here.
    pub async fn rehearse_down(&self, rehearsed: &mut [Rehearsed]) -> Result<(), StartError> {
        let lock = RunnerLock::take(&self.pool).await?;
        let mut runner = Runner::begin(self, lock, "down", None).await?;
        for migration in rehearsed.iter_mut().rev() {
            if let Some(reason) = &migration.irreversible {
                migration.back = WayBack::Irreversible(reason.clone());
                break;
            }
            let Some(file) = self.migrations.get(migration.version) else { break };
            let script = file.script(Direction::Down, self.own()).map_err(StartError::Unfit)?;
            let mut duration = Duration::ZERO;
            if let Err(error) = runner.execute(&script, &mut |done| duration = done.duration).await {
                migration.back = WayBack::Failed(error.to_string());
                break;
            }
            let drift = compare(Dialect::of(&self.pool), &migration.before, &self.definitions().await?);
            let differences: Vec<Difference> = drift.told().cloned().collect();
            migration.back = if differences.is_empty() {
                WayBack::Restored(duration)
            } else {
                WayBack::Differs(duration, differences)
            };
        }
        runner.close().await
    }
}
