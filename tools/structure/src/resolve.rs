//! From a name to the file that defines it.

use crate::names::{Import, Named};
use crate::source::Modules;

/// A file that names something of another one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Arrow {
    /// Files are known by the module they begin with.
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// What is named, and where it is first.
    pub(crate) name: String,
    pub(crate) line: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Found {
    Module(usize),
    /// Something that this module defines.
    ItemOf(usize),
}

/// Every arrow between two files, but for those into the modules beneath a file.
pub(crate) fn arrows(modules: &Modules) -> Vec<Arrow> {
    let mut arrows: Vec<Arrow> = Vec::new();
    for (id, module) in modules.all.iter().enumerate() {
        let used = module.text.imports.iter().filter(|import| is_used(import, &module.text.paths));
        for path in used.map(|import| &import.path).chain(&module.text.paths) {
            let Some(Found::ItemOf(owner)) = resolve(modules, id, &path.segments, &mut Vec::new()) else { continue };
            let (from, to) = (module.file, modules.all[owner].file);
            let known = arrows.iter().any(|arrow| (arrow.from, arrow.to) == (from, to));
            if from != to && !modules.is_inside(to, from) && !known {
                let name = path.segments.join("::");
                arrows.push(Arrow { from, to, name, line: path.line });
            }
        }
    }
    arrows
}

/// A re-export alone is no use of what it names.
fn is_used(import: &Import, paths: &[Named]) -> bool {
    !import.public || import.name.as_ref().is_some_and(|name| paths.iter().any(|path| path.segments[0] == *name))
}

/// `visited` are the imports that are being followed already, as (module, place).
fn resolve(modules: &Modules, within: usize, path: &[String], visited: &mut Vec<(usize, usize)>) -> Option<Found> {
    let mut segments = path.iter().map(String::as_str).peekable();
    let mut found = match segments.next()? {
        "crate" => Found::Module(0),
        "self" => Found::Module(within),
        "super" => {
            let mut parent = modules.all[within].parent?;
            while segments.next_if_eq(&"super").is_some() {
                parent = modules.all[parent].parent?;
            }
            Found::Module(parent)
        }
        name => look_up(modules, within, name, visited)?,
    };
    for name in segments {
        // What a macro defines cannot be seen; it is in the module all the same.
        let Found::Module(module) = found else { break };
        found = look_up(modules, module, name, visited).unwrap_or(Found::ItemOf(module));
    }
    Some(found)
}

/// What a name means in a module.
fn look_up(modules: &Modules, within: usize, name: &str, visited: &mut Vec<(usize, usize)>) -> Option<Found> {
    if let Some(child) = modules.child(within, name) {
        return Some(Found::Module(child));
    }
    let text = &modules.all[within].text;
    if text.items.iter().any(|item| item == name) {
        return Some(Found::ItemOf(within));
    }
    let named = text.imports.iter().enumerate().filter(|(_, import)| import.name.as_deref() == Some(name));
    let globs = text.imports.iter().enumerate().filter(|(_, import)| import.name.is_none());
    for (place, import) in named.chain(globs) {
        if visited.contains(&(within, place)) {
            continue;
        }
        visited.push((within, place));
        let target = resolve(modules, within, &import.path.segments, visited);
        let found = match (target, &import.name) {
            (Some(Found::Module(module)), None) => look_up(modules, module, name, visited),
            (_, None) => None,
            (target, Some(_)) => target,
        };
        visited.pop();
        if found.is_some() {
            return found;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tests::modules;

    /// Arrows as `from → to`.
    fn drawn(files: &[(&str, &str)]) -> Vec<String> {
        let modules = modules(files);
        let name = |file: usize| modules.all[file].path.display().to_string();
        arrows(&modules).iter().map(|arrow| format!("{} → {}", name(arrow.from), name(arrow.to))).collect()
    }

    #[test]
    fn imports_and_paths_are_arrows() {
        let files = [("lib.rs", "mod a; mod b;"), ("a.rs", "use crate::b::B;"), ("b.rs", "pub struct B;")];
        assert_eq!(drawn(&files), ["a.rs → b.rs"]);
        let files = [("lib.rs", "mod a; mod b;"), ("a.rs", "fn f() { super::b::f() }"), ("b.rs", "pub fn f() {}")];
        assert_eq!(drawn(&files), ["a.rs → b.rs"]);
    }

    #[test]
    fn a_module_that_is_imported_counts_where_something_of_it_is_named() {
        let files = [("lib.rs", "mod a; mod b;"), ("a.rs", "use crate::b;"), ("b.rs", "pub fn f() {}")];
        assert!(drawn(&files).is_empty());
        let files = [("lib.rs", "mod a; mod b;"), ("a.rs", "use crate::b; fn g() { x!(b::f()) }"), ("b.rs", "")];
        assert_eq!(drawn(&files), ["a.rs → b.rs"]);
    }

    #[test]
    fn re_exports_lead_to_the_definition() {
        let files = [
            ("lib.rs", "mod a; mod b; pub use b::*;"),
            ("a.rs", "use crate::C;"),
            ("b/mod.rs", "mod c; pub use self::c::C;"),
            ("b/c.rs", "pub struct C;"),
        ];
        assert_eq!(drawn(&files), ["a.rs → b/c.rs"]);
    }

    #[test]
    fn a_re_export_that_is_used_as_well_is_an_arrow() {
        let files =
            [("lib.rs", "mod a; mod b;"), ("a.rs", "pub use crate::b::B; type A = B;"), ("b.rs", "pub struct B;")];
        assert_eq!(drawn(&files), ["a.rs → b.rs"]);
        let files = [("lib.rs", "mod a; mod b;"), ("a.rs", "pub use crate::b::B;"), ("b.rs", "pub struct B;")];
        assert!(drawn(&files).is_empty());
    }

    #[test]
    fn a_parent_may_name_what_lies_beneath_it() {
        let files = [("lib.rs", "mod a; use a::A; struct Root;"), ("a.rs", "use super::Root; pub struct A;")];
        assert_eq!(drawn(&files), ["a.rs → lib.rs"]);
    }

    #[test]
    fn modules_with_a_body_belong_to_their_file() {
        let files =
            [("lib.rs", "mod a; mod b;"), ("a.rs", "mod i { use super::super::b::B; }"), ("b.rs", "pub struct B;")];
        assert_eq!(drawn(&files), ["a.rs → b.rs"]);
        let files = [("lib.rs", "mod a;"), ("a.rs", "mod i { pub struct B; } use i::B;")];
        assert!(drawn(&files).is_empty());
    }

    #[test]
    fn imports_in_a_circle_end() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "pub use crate::b::*; use crate::b::X;"),
            ("b.rs", "pub use crate::a::*;"),
        ];
        assert_eq!(drawn(&files), ["a.rs → b.rs"]);
    }

    #[test]
    fn other_crates_are_left_alone() {
        assert!(
            drawn(&[("lib.rs", "mod a;"), ("a.rs", "use std::fmt; use syn::Path; fn f(x: fmt::Result) {}")]).is_empty()
        );
    }
}
