//! Takes migrations back, one after the other.

use partbook_database::StartError;

use crate::lock::RunnerLock;
use crate::migrator::Migrator;
use crate::run::{Precaution, Progress, Runner};
use crate::script::Script;

impl Migrator {
    /// Executes what [`Self::plan_down`] planned; what somebody else has taken back meanwhile is left out.
    ///
    /// # Errors
    /// A script failed; nothing of it was done, and those before it were taken back.
    pub async fn down(
        &self,
        scripts: &[Script],
        precaution: &dyn Precaution,
        progress: Progress<'_>,
    ) -> Result<(), StartError> {
        let lock = RunnerLock::take(&self.pool).await?;
        self.take(precaution, scripts).await?;
        let mut runner = Runner::begin(self, lock, "down", None).await?;
        for script in scripts {
            runner.execute(script, progress).await?;
        }
        runner.finish().await
    }
}
