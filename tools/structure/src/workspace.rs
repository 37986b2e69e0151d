//! What is wrong with this workspace.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs, io};

use serde_json::Value;

use crate::circles;
use crate::plan::{self, Dependency};
use crate::resolve::{Arrow, arrows};
use crate::source::Modules;
use crate::unused;

/// Every fault, in lines of text.
///
/// # Errors
/// Cargo cannot be asked, or a source file cannot be read.
pub(crate) fn faults() -> Result<Vec<String>, Box<dyn Error>> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo).args(["metadata", "--format-version=1", "--no-deps", "--locked"]).output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let mut faults = Vec::new();
    let mut taken = BTreeSet::new();
    for package in list(&metadata["packages"]) {
        faults.extend(dependency_faults(package).into_iter().map(|fault| format!("{fault}\n")));
        taken.extend(list(&package["dependencies"]).iter().map(|dependency| text(&dependency["name"])));
        faults.extend(unused_faults(package)?);
        for root in roots(package) {
            let modules = Modules::read(&root, &|path| fs::read_to_string(path).ok())?;
            let directory = root.parent().unwrap_or(Path::new(""));
            faults.extend(circle_faults(text(&package["name"]), &modules, directory));
        }
    }
    let manifest = fs::read_to_string(Path::new(text(&metadata["workspace_root"])).join("Cargo.toml"))?;
    let left = unused::not_taken_over(&manifest, &taken);
    faults.extend(left.iter().map(|name| format!("the workspace offers {name}, which no crate takes\n")));
    Ok(faults)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn dependency_faults(package: &Value) -> BTreeSet<String> {
    let from = text(&package["name"]);
    let fault = |it: &Value| plan::fault(&Dependency { from, to: text(&it["name"]), dev: it["kind"] == "dev" });
    list(&package["dependencies"]).iter().filter_map(fault).collect()
}

/// The name by which sources know a dependency, and the kind of the table that has it.
fn name_and_kind(dependency: &Value) -> (&str, &str) {
    let name = dependency["rename"].as_str().unwrap_or(text(&dependency["name"]));
    (name, dependency["kind"].as_str().unwrap_or("normal"))
}

fn unused_faults(package: &Value) -> Result<Vec<String>, Box<dyn Error>> {
    let mut sources = Vec::new();
    for target in list(&package["targets"]) {
        let root = Path::new(text(&target["src_path"]));
        match target["kind"][0].as_str() {
            Some("custom-build") => sources.push(fs::read_to_string(root)?),
            _ => read_all(root.parent().unwrap_or(root), &mut sources)?,
        }
    }
    let dependencies: Vec<_> = list(&package["dependencies"]).iter().map(name_and_kind).collect();
    let told = |(name, kind)| format!("{}: no source names its {kind} dependency {name}\n", text(&package["name"]));
    Ok(unused::unused(&dependencies, &sources).into_iter().map(told).collect())
}

/// The text of every source file in a directory and beneath it.
fn read_all(directory: &Path, sources: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_dir() {
            read_all(&path, sources)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            sources.push(fs::read_to_string(path)?);
        }
    }
    Ok(())
}

/// Where the libraries and programs of a package begin.
fn roots(package: &Value) -> Vec<PathBuf> {
    let is_product = |target: &&Value| list(&target["kind"]).iter().any(|kind| kind == "lib" || kind == "bin");
    list(&package["targets"]).iter().filter(is_product).map(|target| text(&target["src_path"]).into()).collect()
}

fn circle_faults(package: &str, modules: &Modules, directory: &Path) -> Vec<String> {
    let arrows = arrows(modules);
    let file = |id: usize| {
        let path = &modules.all[id].path;
        path.strip_prefix(directory).unwrap_or(path).display()
    };
    let draw = |circle: Vec<usize>| {
        let mut lines = format!("{package}: {} files name each other in a circle\n", circle.len());
        for (index, &from) in circle.iter().enumerate() {
            let to = circle[(index + 1) % circle.len()];
            let arrow = arrows.iter().find(|arrow| (arrow.from, arrow.to) == (from, to));
            let Arrow { name, line, .. } = arrow.expect("a circle consists of arrows");
            lines += &format!("    {}:{line} names {name} of {}\n", file(from), file(to));
        }
        lines
    };
    circles::shortest(arrows.iter().map(|arrow| (arrow.from, arrow.to))).into_iter().map(draw).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::tests::modules;

    #[test]
    fn a_circle_is_told_arrow_by_arrow() {
        let modules = modules(&[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "use crate::b::B;\npub struct A;"),
            ("src/b.rs", "pub struct B(\n    crate::a::A\n);"),
        ]);
        let expected = "x: 2 files name each other in a circle\n    a.rs:1 names crate::b::B of b.rs\n    b.rs:2 names crate::a::A of a.rs\n";
        assert_eq!(circle_faults("x", &modules, Path::new("src")), [expected]);
    }

    #[test]
    fn a_dependency_that_two_tables_of_a_manifest_name_is_one_fault() {
        let package = serde_json::json!({
            "name": "partbook-domain",
            "dependencies": [{ "name": "sqlx", "kind": null }, { "name": "sqlx", "kind": "dev" }],
        });
        assert_eq!(dependency_faults(&package).len(), 1);
    }

    #[test]
    fn tests_and_benchmarks_are_not_read() {
        let target = |kind: &str| serde_json::json!({ "kind": [kind], "src_path": kind });
        let targets = ["lib", "test", "bench", "custom-build", "bin"].map(target);
        let package = serde_json::json!({ "targets": targets });
        assert_eq!(roots(&package), [PathBuf::from("lib"), PathBuf::from("bin")]);
    }
}
