//! Which crate may depend on which.

use std::collections::BTreeSet;

/// Every crate, with those directly below it. It may depend on all that can be reached from there.
const PLAN: &[(&str, &[&str])] = &[
    ("partbook", &["partbook-http", "partbook-backup", "partbook-check", "partbook-repository"]),
    ("partbook-http", &["partbook-repository"]),
    ("partbook-repository", &["partbook-database"]),
    ("partbook-backup", &["partbook-check"]),
    ("partbook-check", &["partbook-migrate"]),
    ("partbook-migrate", &["partbook-database"]),
    ("partbook-database", &["partbook-domain", "partbook-telemetry"]),
    ("partbook-telemetry", &[]),
    ("partbook-domain", &[]),
    // Beside the product: for tests alone, and for no crate at all.
    (TEST_SUPPORT, &["partbook"]),
    ("partbook-structure", &[]),
];

const TEST_SUPPORT: &str = "partbook-test-support";

/// What every crate may use in its tests and benchmarks: what is made for them, and what makes them a database.
const FOR_TESTS: &[&str] = &[TEST_SUPPORT, "partbook-migrate"];

/// The one crate that may name sqlx: the face before the two drivers.
const MAY_NAME_SQLX: &str = "partbook-database";

/// A dependency that a crate's manifest names.
pub(crate) struct Dependency<'a> {
    pub(crate) from: &'a str,
    pub(crate) to: &'a str,
    /// For tests and benchmarks only.
    pub(crate) dev: bool,
}

/// Says what is wrong with a dependency, in a sentence.
pub(crate) fn fault(dependency: &Dependency) -> Option<String> {
    let Dependency { from, to, dev } = *dependency;
    if to == "sqlx" && from != MAY_NAME_SQLX {
        return Some(format!("{from} names sqlx, which {MAY_NAME_SQLX} alone may"));
    }
    if !to.starts_with("partbook") || (dev && FOR_TESTS.contains(&to)) {
        return None;
    }
    if !PLAN.iter().any(|(name, _)| *name == from) {
        return Some(format!("{from} is not in the plan of the crates, tools/structure/src/plan.rs"));
    }
    (!below(from).contains(to)).then(|| format!("{from} depends on {to}, which is not below it"))
}

/// The crates that can be reached from one, without itself.
fn below(name: &str) -> BTreeSet<&'static str> {
    let next = |name: &str| PLAN.iter().find(|(other, _)| *other == name).map_or(&[][..], |(_, next)| next);
    let mut found = BTreeSet::new();
    let mut waiting = next(name).to_vec();
    while let Some(name) = waiting.pop() {
        if found.insert(name) {
            waiting.extend(next(name));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_fault(from: &str, to: &str, dev: bool) -> bool {
        fault(&Dependency { from, to, dev }).is_some()
    }

    #[test]
    fn arrows_point_downwards() {
        assert!(!is_fault("partbook-http", "partbook-repository", false));
        assert!(!is_fault("partbook-http", "partbook-domain", false));
        assert!(is_fault("partbook-domain", "partbook-telemetry", false));
        assert!(is_fault("partbook-repository", "partbook-http", false));
        assert!(is_fault("partbook-repository", "partbook-migrate", false));
        assert!(is_fault("partbook-new", "partbook-domain", false));
    }

    #[test]
    fn tests_may_use_what_is_made_for_them() {
        assert!(!is_fault("partbook-repository", TEST_SUPPORT, true));
        assert!(is_fault("partbook-repository", TEST_SUPPORT, false));
    }

    #[test]
    fn sqlx_has_one_owner() {
        assert!(!is_fault("partbook-database", "sqlx", false));
        assert!(is_fault("partbook-migrate", "sqlx", false));
        assert!(is_fault("partbook", "sqlx", true));
        assert!(!is_fault("partbook", "tokio", false));
    }

    #[test]
    fn the_plan_has_no_circle() {
        for (name, _) in PLAN {
            assert!(!below(name).contains(name), "{name}");
        }
    }
}
