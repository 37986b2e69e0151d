//! Dependencies that a manifest names and no source does.

use std::collections::BTreeSet;

/// The dependencies that none of a package's sources names, each with the kind of its table.
pub(crate) fn unused<'a>(dependencies: &[(&'a str, &'a str)], sources: &[String]) -> Vec<(&'a str, &'a str)> {
    let is_used = |(name, _): &&(&str, &str)| {
        let name = name.replace('-', "_");
        sources.iter().any(|source| names(source, &name))
    };
    dependencies.iter().filter(|dependency| !is_used(dependency)).copied().collect()
}

/// Whether a source says `crate_name::` or `use crate_name`.
fn names(source: &str, name: &str) -> bool {
    let is_in_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    source.match_indices(name).any(|(at, _)| {
        let (before, after) = (&source[..at], &source[at + name.len()..]);
        !before.ends_with(is_in_word)
            && (after.starts_with("::") || (before.ends_with("use ") && !after.starts_with(is_in_word)))
    })
}

/// The keys of `[workspace.dependencies]` that no member takes over.
pub(crate) fn not_taken_over<'a>(manifest: &'a str, taken: &BTreeSet<&str>) -> Vec<&'a str> {
    let table = manifest.split_once("[workspace.dependencies]\n").map_or("", |(_, rest)| rest);
    let lines = table.lines().take_while(|line| !line.starts_with('['));
    let names =
        lines.filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" =")).map(|(name, _)| name);
    names.filter(|name| !taken.contains(name)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dependency_is_used_where_a_source_names_a_path_in_it() {
        let sources = ["use tower_http::cors; // tower, insta".to_owned(), "use url; #[tokio::main]".to_owned()];
        let dependencies = ["tower-http", "url", "tokio", "tower", "http", "insta"].map(|name| (name, "dev"));
        assert_eq!(unused(&dependencies, &sources), [("tower", "dev"), ("http", "dev"), ("insta", "dev")]);
    }

    #[test]
    fn what_the_workspace_offers_is_to_be_taken() {
        let manifest =
            "[workspace.dependencies]\n# why\na = \"1\"\nb-c = { version = \"1\" }\n\n[profile.dev]\ndebug = 1\n";
        assert_eq!(not_taken_over(manifest, &BTreeSet::from(["a"])), ["b-c"]);
    }
}
