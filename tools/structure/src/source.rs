//! The modules of one crate, read from its files.

use std::error::Error;
use std::path::{Path, PathBuf};

use crate::names::{self, Text};

/// Every module of a crate; the first is its root.
#[derive(Debug, Default)]
pub(crate) struct Modules {
    pub(crate) all: Vec<Module>,
}

/// A module, known by its place in [`Modules::all`].
#[derive(Debug)]
pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) parent: Option<usize>,
    /// The module that its file begins with: itself, but for a module with a body in another's text.
    pub(crate) file: usize,
    /// Where the file lies.
    pub(crate) path: PathBuf,
    pub(crate) text: Text,
}

/// A file's text, by its path; nothing where there is no such file.
type Read<'a> = &'a dyn Fn(&Path) -> Option<String>;

impl Modules {
    /// Reads the crate whose root is at `root`.
    ///
    /// # Errors
    /// A file is missing or not Rust.
    pub(crate) fn read(root: &Path, read: Read) -> Result<Self, Box<dyn Error>> {
        let mut modules = Self::default();
        let directory = root.parent().unwrap_or(Path::new(""));
        modules.add_file(root.to_owned(), directory, "crate".to_owned(), None, read)?;
        Ok(modules)
    }

    /// `directory` is where the files of the modules inside it lie.
    fn add_file(
        &mut self,
        path: PathBuf,
        directory: &Path,
        name: String,
        parent: Option<usize>,
        read: Read,
    ) -> Result<(), Box<dyn Error>> {
        let source = read(&path).ok_or_else(|| format!("{} is missing", path.display()))?;
        let text = names::read(&source).map_err(|error| format!("{}: {error}", path.display()))?;
        let module = Module { name, parent, file: self.all.len(), path, text };
        self.add(module, directory, read)
    }

    fn add(&mut self, mut module: Module, directory: &Path, read: Read) -> Result<(), Box<dyn Error>> {
        let (inner, files) = (std::mem::take(&mut module.text.modules), std::mem::take(&mut module.text.files));
        let (id, file, path) = (self.all.len(), module.file, module.path.clone());
        self.all.push(module);
        for (name, text) in inner {
            let directory = directory.join(&name);
            self.add(Module { name, parent: Some(id), file, path: path.clone(), text }, &directory, read)?;
        }
        for name in files {
            let directory = directory.join(&name);
            let path = [directory.with_extension("rs"), directory.join("mod.rs")]
                .into_iter()
                .find(|path| read(path).is_some());
            let path = path.ok_or_else(|| format!("no file for `mod {name}` of {}", module_path(&self.all, id)))?;
            self.add_file(path, &directory, name, Some(id), read)?;
        }
        Ok(())
    }

    /// Whether a module lies in another one.
    pub(crate) fn is_inside(&self, module: usize, outer: usize) -> bool {
        let mut parent = self.all[module].parent;
        while let Some(id) = parent {
            if id == outer {
                return true;
            }
            parent = self.all[id].parent;
        }
        false
    }

    /// The module of that name directly inside another one.
    pub(crate) fn child(&self, parent: usize, name: &str) -> Option<usize> {
        self.all.iter().position(|module| module.parent == Some(parent) && module.name == name)
    }
}

fn module_path(all: &[Module], id: usize) -> String {
    match all[id].parent {
        Some(parent) => format!("{}::{}", module_path(all, parent), all[id].name),
        None => all[id].name.clone(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A crate whose files are given as (path, text).
    pub(crate) fn modules(files: &[(&str, &str)]) -> Modules {
        let read = |path: &Path| {
            let file = files.iter().find(|(name, _)| Path::new(name) == path);
            file.map(|(_, text)| (*text).to_owned())
        };
        Modules::read(Path::new(files[0].0), &read).unwrap()
    }

    #[test]
    fn files_are_found_where_rust_looks() {
        let crate_ = modules(&[
            ("src/lib.rs", "mod a; mod b { mod c; }"),
            ("src/a.rs", "mod d;"),
            ("src/a/d.rs", ""),
            ("src/b/c/mod.rs", "mod e;"),
            ("src/b/c/e.rs", ""),
        ]);
        let mut paths: Vec<_> = (0..crate_.all.len()).map(|id| module_path(&crate_.all, id)).collect();
        paths.sort();
        assert_eq!(paths, ["crate", "crate::a", "crate::a::d", "crate::b", "crate::b::c", "crate::b::c::e"]);
        let b = crate_.child(0, "b").unwrap();
        assert_eq!(crate_.all[b].file, 0);
        assert!(crate_.is_inside(crate_.child(b, "c").unwrap(), 0));
    }

    #[test]
    fn a_missing_file_is_an_error() {
        let read = |path: &Path| (path == Path::new("lib.rs")).then(|| "mod a;".to_owned());
        let error = Modules::read(Path::new("lib.rs"), &read).unwrap_err();
        assert_eq!(error.to_string(), "no file for `mod a` of crate");
    }
}
