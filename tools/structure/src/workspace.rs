//! What is wrong with this workspace.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;

use crate::circles;
use crate::plan::{self, Dependency};
use crate::resolve::{Arrow, arrows};
use crate::source::Modules;

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
    for package in list(&metadata["packages"]) {
        faults.extend(dependency_faults(package).into_iter().map(|fault| format!("{fault}\n")));
        for root in roots(package) {
            let modules = Modules::read(&root, &|path| fs::read_to_string(path).ok())?;
            let directory = root.parent().unwrap_or(Path::new(""));
            faults.extend(circle_faults(text(&package["name"]), &modules, directory));
        }
    }
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
