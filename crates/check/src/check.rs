//! One look at a database.

use partbook_database::{DatabaseUrl, PoolSettings};
use partbook_domain::clock::{Clock as _, SystemClock};

use crate::counts::RowCounts;
use crate::damage::damage;
use crate::duplicates::duplicates;
use crate::error::CheckError;
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
    let referrers = referrers(&snapshot.catalogue);
    // A damaged file may fail anything else.
    let mut findings: Vec<_> = damage(&mut snapshot).await?.into_iter().collect();
    findings.extend(pass_over(&mut snapshot, &referrers, &mut counts).await?);
    findings.extend(duplicates(&mut snapshot, &referrers).await?);
    findings.extend(look_alikes(&mut snapshot, &referrers).await?);
    findings.extend(sequences(&mut snapshot).await?);
    snapshot.connection.close().await?;
    Ok(Report { counts, findings, unseen: snapshot.unseen.into_iter().collect(), since: None })
}
