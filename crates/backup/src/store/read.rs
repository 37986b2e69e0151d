//! A manifest as it is read: nothing in it is believed that could lead elsewhere.

use std::path::Path;

use partbook_domain::Timestamp;

use crate::manifest::{FORMAT, Manifest};

/// The file that says what became of the last attempt.
pub(super) const LAST_ATTEMPT: &str = "last-attempt.json";

/// What the name of a manifest ends with, after the name of its file.
const ENDING: &str = ".json";

/// The name of the manifest of a file.
pub(super) fn manifest_name(file: &str) -> String {
    format!("{file}{ENDING}")
}

/// The file whose manifest has this name.
pub(super) fn described_by(name: &str) -> Option<&str> {
    name.strip_suffix(ENDING).filter(|file| name != LAST_ATTEMPT && is_plain(file))
}

/// Whether a name is one that a backup may have: of a file in the store itself, which is no manifest.
pub(super) fn is_plain(file: &str) -> bool {
    let is_one = !file.is_empty() && !file.starts_with('.') && !file.contains(['/', '\\']);
    is_one && Path::new(file).extension().is_none_or(|extension| extension != "json")
}

/// Reads a manifest.
///
/// # Errors
/// What is wrong with it.
pub(super) fn manifest(text: &[u8]) -> Result<Manifest, String> {
    let manifest: Manifest = serde_json::from_slice(text).map_err(|error| format!("is no manifest: {error}"))?;
    if manifest.format != FORMAT {
        return Err(format!("has the form {}, and this version of Partbook reads {FORMAT}", manifest.format));
    }
    if Timestamp::parse(&manifest.taken_at).is_none() {
        return Err("does not say when it was taken".to_owned());
    }
    if !is_plain(&manifest.file) {
        return Err("names a file that is not beside it".to_owned());
    }
    Ok(manifest)
}
