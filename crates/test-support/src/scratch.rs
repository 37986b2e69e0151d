//! Where the tests keep their files: in memory where there is room for them, since nothing here has to outlive the tests.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tempfile::TempDir;

/// A file system in memory on Linux. Containers often have one of 64 MB.
const MEMORY: &str = "/dev/shm";

/// The free space that a run must find there, in kibibytes: a PostgreSQL cluster with a dozen databases takes a quarter.
const REQUIRED_KIB: u64 = 2 * 1024 * 1024;

/// The directory for temporary files: `TMPDIR` where it is set, else one in memory, else the system's.
pub(crate) fn directory() -> &'static Path {
    static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
    DIRECTORY.get_or_init(|| {
        let in_memory = env::var_os("TMPDIR").is_none() && free_kib(MEMORY).is_some_and(|free| free >= REQUIRED_KIB);
        if in_memory { PathBuf::from(MEMORY) } else { env::temp_dir() }
    })
}

/// A new directory that is deleted with its handle.
///
/// # Panics
/// There is none to be made.
pub fn temporary(prefix: &str) -> TempDir {
    TempDir::with_prefix_in(prefix, directory()).expect("a temporary directory")
}

/// What `df` says is free, for whoever runs the tests; nothing where there is no such directory.
fn free_kib(directory: &str) -> Option<u64> {
    let output = Command::new("df").args(["-Pk", directory]).output().ok().filter(|output| output.status.success())?;
    String::from_utf8(output.stdout).ok()?.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::free_kib;

    #[test]
    fn the_free_space_is_read() {
        assert!(free_kib("/").is_some_and(|free| free > 0));
        assert_eq!(free_kib("/no/such/directory"), None);
    }
}
