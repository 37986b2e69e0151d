//! Takes migrations back, one after the other.

use partbook_database::StartError;

use crate::lock::RunnerLock;
use crate::migrator::Migrator;
use crate::plan::Plan;
use crate::precaution::Precaution;
use crate::run::{Progress, Runner};

impl Migrator {
    /// Executes what [`Self::plan`] planned.
    ///
    /// # Errors
    /// What would be done now is not what was planned; or a script failed: nothing of it was done, and those before it were
    /// taken back.
    pub async fn down(
        &self,
        plan: &Plan,
        precaution: &dyn Precaution,
        progress: Progress<'_>,
    ) -> Result<(), StartError> {
        let lock = RunnerLock::take(&self.pool).await?;
        let scripts = self.still(plan).await?;
        self.take(precaution, &scripts).await?;
        let mut runner = Runner::begin(self, lock, "down", None).await?;
        for script in &scripts {
            runner.execute(script, progress).await?;
        }
        runner.finish().await
    }
}
