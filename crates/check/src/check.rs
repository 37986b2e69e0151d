//! One look at a database.

use partbook_database::{DatabaseUrl, PoolSettings};
use partbook_domain::clock::{Clock as _, SystemClock};

use crate::counts::RowCounts;
use crate::damage::damage;
use crate::duplicates::duplicates;
use crate::error::CheckError;
use crate::finding::Finding;
use crate::names::look_alikes;
use crate::pass::pass_over;
use crate::referrers::referrers;
use crate::report::Report;
use crate::sequences::sequences;
use crate::snapshot::Snapshot;

/// Looks whether what is in a database is sound, in one snapshot. Writes nothing, and needs no right but to read.
///
/// # Errors
/// The database cannot be opened or read, has no catalog, or hides rows from the role.
pub async fn check(url: &DatabaseUrl, settings: &PoolSettings) -> Result<Report, CheckError> {
    let mut snapshot = Snapshot::open(url, settings).await?;
    let at = SystemClock.now().to_string();
    let mut counts = RowCounts::new(at, url.to_string(), snapshot.schema_version);
    let mut findings: Vec<Finding> = damage(&mut snapshot).await?.into_iter().collect();
    let is_damaged = !findings.is_empty();
    match look(&mut snapshot, &mut counts, &mut findings).await {
        // What a damaged file does not give any more is a part of its damage.
        Err(error) if is_damaged => {
            snapshot.unseen.insert(error.to_string());
        }
        looked => looked?,
    }
    snapshot.connection.close().await?;
    Ok(Report { counts, findings, unseen: snapshot.unseen.into_iter().collect(), since: None })
}

/// Looks at everything but the file itself.
async fn look(snapshot: &mut Snapshot, counts: &mut RowCounts, findings: &mut Vec<Finding>) -> Result<(), CheckError> {
    let referrers = referrers(&snapshot.catalogue);
    findings.extend(pass_over(snapshot, &referrers, counts).await?);
    findings.extend(duplicates(snapshot, &referrers).await?);
    findings.extend(look_alikes(snapshot, &referrers).await?);
    findings.extend(sequences(snapshot).await?);
    Ok(())
}
