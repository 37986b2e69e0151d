//! Which backups may go.

use std::time::Duration;

use partbook_domain::Timestamp;

use crate::store::Backup;

/// How long backups are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// For how long.
    pub age: Duration,
    /// How many of each database are kept however old they are, the newest.
    pub last: usize,
}

/// The backups that are older than that, but for the newest ones of each database; the last one that was verified never goes.
#[must_use]
pub fn expired(backups: &[Backup], retention: Retention, now: Timestamp) -> Vec<&Backup> {
    let oldest = now.earlier(retention.age);
    let is_old = |backup: &Backup| Timestamp::parse(&backup.manifest.taken_at).is_some_and(|at| at < oldest);
    let newer_than = |backup: &Backup, counts: &dyn Fn(&Backup) -> bool| {
        let others = backups.iter().filter(|other| {
            other.manifest.database == backup.manifest.database && other.manifest.taken_at > backup.manifest.taken_at
        });
        others.filter(|other| counts(other)).count()
    };
    let may_go = |backup: &&Backup| {
        let is_last_good =
            backup.manifest.verified.is_some() && newer_than(backup, &|other| other.manifest.verified.is_some()) == 0;
        is_old(backup) && !is_last_good && newer_than(backup, &|_| true) >= retention.last
    };
    backups.iter().filter(may_go).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::content::Content;
    use crate::kind::DatabaseKind;
    use crate::manifest::{FORMAT, Manifest, Verification};
    use crate::store::Place;

    fn backup(day: u32, database: &str, is_verified: bool) -> Backup {
        let at = format!("2026-11-{day:02}T02:00:00.000000Z");
        let manifest = Manifest {
            format: FORMAT,
            file: format!("{database}-{day}"),
            size: 0,
            sha256: String::new(),
            database: database.to_owned(),
            name: database.to_owned(),
            kind: DatabaseKind::Sqlite,
            server_version: String::new(),
            client_version: String::new(),
            schema_version: Some(8),
            reason: "by hand".to_owned(),
            tool: String::new(),
            taken_at: at.clone(),
            milliseconds: 0,
            expires_at: at.clone(),
            definition: None,
            journal_mode: None,
            copied_from: None,
            content: Content { tables: BTreeMap::new(), schema_sha256: String::new() },
            verified: is_verified.then_some(Verification { at, milliseconds: 0 }),
        };
        Backup { place: Place::File(manifest.file.clone().into()), manifest }
    }

    fn gone(backups: &[Backup], days: u64, last: usize) -> Vec<String> {
        let now = Timestamp::parse("2026-11-28T02:00:00Z").unwrap();
        let retention = Retention { age: Duration::from_hours(24 * days), last };
        expired(backups, retention, now).into_iter().map(|backup| backup.manifest.file.clone()).collect()
    }

    #[test]
    fn age_and_number_say_what_goes() {
        let backups: Vec<Backup> = (18..28).map(|day| backup(day, "a", true)).collect();
        assert_eq!(gone(&backups, 7, 0), ["a-18", "a-19", "a-20"]);
        assert_eq!(gone(&backups, 7, 8), ["a-18", "a-19"]);
        assert_eq!(gone(&backups, 60, 0), [] as [&str; 0]);
    }

    #[test]
    fn the_last_good_one_never_goes() {
        let backups = [backup(1, "a", true), backup(2, "a", true), backup(3, "a", false), backup(1, "b", true)];
        assert_eq!(gone(&backups, 7, 0), ["a-1", "a-3"]);
        assert_eq!(gone(&[backup(1, "a", false)], 7, 0), ["a-1"]);
    }
}
