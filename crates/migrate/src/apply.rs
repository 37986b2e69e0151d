//! Applies migrations and takes them back, one after the other.

use std::fs;

use nix::sys::statvfs::statvfs;
use partbook_database::{StartError, use_write_ahead_log};

use crate::books::History;
use crate::drift::Difference;
use crate::drift::expected::as_found;
use crate::hindrance::{Hindrance, hindered};
use crate::lock::{RunnerLock, directory_of};
use crate::migrator::Migrator;
use crate::plan::{Goal, Plan};
use crate::precaution::Precaution;
use crate::run::{Done, Progress, Runner};
use crate::script::{Direction, Script};

impl Migrator {
    /// Executes what [`Self::plan`] planned, up or down, but for what another runner has applied meanwhile. A migration
    /// that failed before is tried again. The schema is compared with what is recorded of it before and after.
    ///
    /// # Errors
    /// The schema is not what the applied migrations made, and `accepted_drift` gives no reason to go on; what would be done
    /// now is not what was planned; a script failed: those before it are done, and nothing of it remains but an entry in the
    /// history; or what they left is not what is recorded of them.
    pub async fn apply(
        &self,
        plan: &Plan,
        accepted_drift: Option<&str>,
        precaution: &dyn Precaution,
        progress: Progress<'_>,
    ) -> Result<(), StartError> {
        let step = async |runner: &mut Runner<'_>, script: &Script| self.execute(runner, script, progress).await;
        self.apply_by_steps(plan, accepted_drift, precaution, step).await
    }

    /// The same, with what is done for each script.
    pub(crate) async fn apply_by_steps<'a>(
        &'a self,
        plan: &Plan,
        accepted_drift: Option<&str>,
        precaution: &dyn Precaution,
        mut step: impl AsyncFnMut(&mut Runner<'a>, &Script) -> Result<(), StartError>,
    ) -> Result<(), StartError> {
        self.check_free_space()?;
        use_write_ahead_log(&self.pool).await?;
        // While another one works, what it does would look like drift.
        let lock = RunnerLock::take(&self.pool).await?;
        let before = self.drift().await?;
        if let (Some(first), None) = (before.told().next(), accepted_drift) {
            let fault = format!(
                "the schema is not what the migrations made: {first}{}. Nothing was changed. `partbook migrate drift` shows all, \
                 and what would heal it; --accept-drift REASON goes on regardless",
                more(before.told().count())
            );
            lock.release().await?;
            return Err(StartError::Stuck(fault));
        }
        let scripts = self.still(plan).await?;
        self.take(precaution, &scripts).await?;
        let (command, done) = match plan.goal {
            Goal::Up { .. } => ("up", "applied"),
            Goal::DownTo(_) | Goal::DownBy(_) => ("down", "taken back"),
        };
        let mut runner = Runner::begin(self, lock, command, accepted_drift).await?;
        for script in &scripts {
            step(&mut runner, script).await?;
        }
        let after = self.drift().await?;
        let new: Vec<&Difference> =
            after.told().filter(|difference| !before.differences.contains(difference)).collect();
        let Some(first) = new.first() else { return runner.finish().await };
        let fault = format!(
            "the migrations were {done}, and the schema is not what is recorded of them: {first}{}. \
             `partbook migrate drift` shows all",
            more(new.len())
        );
        runner.finish_with(Some(&fault)).await?;
        Err(StartError::Stuck(fault))
    }

    /// Passes a SQLite file beside which there is room for a second one: a migration may write every table anew, and the
    /// write-ahead log holds that until it is done. Of a server's disk nothing is known.
    fn check_free_space(&self) -> Result<(), StartError> {
        let Some(file) = self.pool.file() else { return Ok(()) };
        let (Ok(file), Ok(disk)) = (fs::metadata(&file), statvfs(directory_of(&file))) else { return Ok(()) };
        #[allow(clippy::useless_conversion, reason = "other systems count in 32 bits")]
        let free = u64::from(disk.blocks_available()) * u64::from(disk.fragment_size());
        check_room(file.len(), free)
    }

    /// Applies what is missing at a start.
    ///
    /// # Errors
    /// As [`Self::apply`], but that drift is no hindrance; and a migration failed, now or at an earlier start: it would only
    /// fail again, and a supervisor would go on starting.
    pub(crate) async fn apply_at_start(
        &self,
        history: &History,
        precaution: &dyn Precaution,
    ) -> Result<(), StartError> {
        use_write_ahead_log(&self.pool).await?;
        if self.pending(history)?.is_empty() && (history.applied().next().is_none() || !history.is_former) {
            return Ok(());
        }
        let lock = RunnerLock::take(&self.pool).await?;
        // Another one may have worked meanwhile.
        let history = self.sound_history().await?;
        let pending = self.pending(&history)?;
        if let Some(failure) = earlier_failure(&history, &pending) {
            return Err(failure);
        }
        // Before anything is changed.
        if let Some(Hindrance { version, what, .. }) = self.hindrances(&pending).await?.first() {
            return Err(StartError::Stuck(hindered(*version, what)));
        }
        self.take(precaution, &pending).await?;
        let mut runner = Runner::begin(self, lock, "serve", None).await?;
        for script in &pending {
            if let Err(error) = self.execute(&mut runner, script, &mut log).await {
                // What was entered fails the next start, too. What was not, such as a server that went away, may pass.
                return Err(earlier_failure(&self.history().await?, &pending).unwrap_or(error));
            }
        }
        runner.finish().await
    }

    /// Executes a script, and enters what it has done where that is known only now.
    pub(crate) async fn execute(
        &self,
        runner: &mut Runner<'_>,
        script: &Script,
        progress: Progress<'_>,
    ) -> Result<(), StartError> {
        runner.execute(script, progress).await?;
        if script.direction == Direction::Down || script.directives.effect_varies.is_none() {
            return Ok(());
        }
        let effect = as_found(&script.effect, &self.definitions().await?).map_err(StartError::Unfit)?;
        runner.write(&self.books.amend_effect(script.version, &effect)).await
    }

    /// Takes the precaution where there is something to lose and another runner was not faster.
    pub(crate) async fn take(&self, precaution: &dyn Precaution, scripts: &[Script]) -> Result<(), StartError> {
        let history = self.history().await?;
        let is_open = |script: &&Script| history.has(script.version) == (script.direction == Direction::Down);
        let open: Vec<&Script> = scripts.iter().filter(is_open).collect();
        let (Some(first), Some(last)) = (open.first(), open.last()) else { return Ok(()) };
        if !self.has_rows().await? {
            return Ok(());
        }
        let reason = match first.direction {
            Direction::Up => format!("before up from {} to {}", history.version(), last.version),
            Direction::Down => format!("before down from {} to {}", history.version(), last.version - 1),
        };
        precaution.take(&reason).await
    }
}

/// Why a start does not try the migrations that are pending. One that a later version has failed at, or that is optional, keeps
/// nobody from serving.
fn earlier_failure(history: &History, pending: &[Script]) -> Option<StartError> {
    let (entry, error) =
        history.failed().find(|(entry, _)| pending.iter().any(|script| script.version == entry.version))?;
    Some(StartError::Stuck(format!(
        "migration {} failed at {}: {error}. It is not tried again at a start: mend the cause, then `partbook migrate up`",
        entry.version, entry.at
    )))
}

fn check_room(size: u64, free: u64) -> Result<(), StartError> {
    if free >= size {
        return Ok(());
    }
    Err(StartError::Unfit(format!(
        "there is too little room for a migration: the file has {} KiB, and {} KiB are free beside it. Nothing was changed",
        size / 1024,
        free / 1024
    )))
}

fn log(Done { version, name, duration }: &Done) {
    let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(version, name, milliseconds, "migration applied");
}

fn more(count: usize) -> String {
    if count > 1 { format!(", and {} more difference(s)", count - 1) } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_has_no_room_beside_it_is_left_alone() {
        assert!(check_room(4096, 4096).is_ok());
        let message = check_room(40_960, 4096).unwrap_err().to_string();
        assert!(message.contains("40 KiB") && message.contains("4 KiB are free"), "{message}");
    }
}
