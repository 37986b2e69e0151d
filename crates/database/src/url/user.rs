//! Who connects where a URL names no user.

use nix::unistd::{User, geteuid};

use super::UrlError;

/// The user of a URL that names none, as libpq chooses it: `PGUSER`, then the system's name for whoever runs the process.
/// (The driver's own choice is `anonymous`: it is built without the code that asks the system.)
pub(super) fn default_user() -> Result<String, UrlError> {
    if let Some(user) = std::env::var("PGUSER").ok().filter(|user| !user.is_empty()) {
        return Ok(user);
    }
    User::from_uid(geteuid()).ok().flatten().map(|user| user.name).ok_or(UrlError::NoUser)
}
