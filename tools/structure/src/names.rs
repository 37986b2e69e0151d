//! What one source file defines and names.

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, Macro, UseTree, Visibility};

/// A module as its text has it; the modules inside it that have a body are in `modules`.
#[derive(Debug, Default)]
pub(crate) struct Text {
    /// Items that are defined here, by name.
    pub(crate) items: Vec<String>,
    pub(crate) imports: Vec<Import>,
    /// Paths that are named outside of imports.
    pub(crate) paths: Vec<Named>,
    /// Modules with a body.
    pub(crate) modules: Vec<(String, Text)>,
    /// Modules whose text is in a file of its own.
    pub(crate) files: Vec<String>,
}

/// `use path as name`, or `use path::*` with no name.
#[derive(Debug)]
pub(crate) struct Import {
    pub(crate) name: Option<String>,
    pub(crate) path: Named,
    /// Others may import it from here.
    pub(crate) public: bool,
}

/// A path, segment by segment.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Named {
    pub(crate) segments: Vec<String>,
    pub(crate) line: usize,
}

/// Reads a file.
///
/// # Errors
/// It is not Rust.
pub(crate) fn read(source: &str) -> syn::Result<Text> {
    let mut text = Text::default();
    text.visit_file(&syn::parse_file(source)?);
    Ok(text)
}

/// Whether only tests compile what bears these attributes.
fn for_tests(attributes: &[Attribute]) -> bool {
    let words =
        |attribute: &Attribute| attribute.meta.require_list().map(|list| words(&list.tokens)).unwrap_or_default();
    attributes.iter().filter(|it| it.path().is_ident("cfg")).any(|attribute| {
        let words = words(attribute);
        words.iter().any(|word| word == "test") && !words.iter().any(|word| word == "not")
    })
}

fn words(tokens: &TokenStream) -> Vec<String> {
    let inner = |token| match token {
        TokenTree::Ident(ident) => vec![ident.to_string()],
        TokenTree::Group(group) => words(&group.stream()),
        _ => Vec::new(),
    };
    tokens.clone().into_iter().flat_map(inner).collect()
}

/// The attributes of an item, and the name by which others know it.
fn attributes_and_name(item: &Item) -> (&[Attribute], Option<String>) {
    let (attributes, ident) = match item {
        Item::Const(it) => (&it.attrs, Some(&it.ident)),
        Item::Enum(it) => (&it.attrs, Some(&it.ident)),
        Item::Fn(it) => (&it.attrs, Some(&it.sig.ident)),
        Item::Macro(it) => (&it.attrs, it.ident.as_ref()),
        Item::Static(it) => (&it.attrs, Some(&it.ident)),
        Item::Struct(it) => (&it.attrs, Some(&it.ident)),
        Item::Trait(it) => (&it.attrs, Some(&it.ident)),
        Item::Type(it) => (&it.attrs, Some(&it.ident)),
        Item::Impl(it) => (&it.attrs, None),
        Item::Mod(it) => (&it.attrs, None),
        Item::Use(it) => (&it.attrs, None),
        _ => return (&[], None),
    };
    (attributes, ident.map(ToString::to_string))
}

impl Text {
    fn import(&mut self, tree: &UseTree, before: &[String], public: bool) {
        let mut segments = before.to_vec();
        let (ident, name) = match tree {
            UseTree::Group(group) => return group.items.iter().for_each(|tree| self.import(tree, before, public)),
            UseTree::Path(path) => {
                segments.push(path.ident.to_string());
                return self.import(&path.tree, &segments, public);
            }
            UseTree::Glob(glob) => {
                let line = glob.star_token.spans[0].start().line;
                return self.imports.push(Import { name: None, path: Named { segments, line }, public });
            }
            UseTree::Name(name) => (&name.ident, &name.ident),
            UseTree::Rename(rename) => (&rename.ident, &rename.rename),
        };
        // `use path::{self}` imports the path itself, by its last name.
        let (mut last, mut name) = (Some(ident.to_string()), name.to_string());
        if ident == "self" && !before.is_empty() {
            last = None;
            if name == "self" {
                name.clone_from(&before[before.len() - 1]);
            }
        }
        segments.extend(last);
        let path = Named { segments, line: ident.span().start().line };
        self.imports.push(Import { name: Some(name), path, public });
    }

    /// Finds `a::b` among the tokens of a macro, which may mean anything to it; as a rule a path.
    fn scan(&mut self, tokens: TokenStream) {
        let mut path: Option<Named> = None;
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    let segment = ident.to_string();
                    match &mut path {
                        Some(path) if colons == 2 => path.segments.push(segment),
                        _ => {
                            self.paths.extend(path.take());
                            path = Some(Named { segments: vec![segment], line: ident.span().start().line });
                        }
                    }
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.paths.extend(path.take());
                    self.scan(group.stream());
                }
                _ => self.paths.extend(path.take()),
            }
        }
        self.paths.extend(path);
    }
}

impl<'ast> Visit<'ast> for Text {
    fn visit_item(&mut self, item: &'ast Item) {
        let (attributes, name) = attributes_and_name(item);
        if !for_tests(attributes) {
            self.items.extend(name);
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        if !for_tests(&item.attrs) {
            visit::visit_impl_item_fn(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let name = item.ident.to_string();
        match &item.content {
            None => self.files.push(name),
            Some((_, items)) => {
                let mut text = Text::default();
                for item in items {
                    text.visit_item(item);
                }
                self.modules.push((name, text));
            }
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        self.import(&item.tree, &[], !matches!(item.vis, Visibility::Inherited));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        let line = path.segments.first().map_or(0, |first| first.ident.span().start().line);
        self.paths.push(Named { segments, line });
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast Macro) {
        self.visit_path(&called.path);
        self.scan(called.tokens.clone());
    }

    /// Derives and lints name nothing of ours.
    fn visit_attribute(&mut self, _: &'ast Attribute) {}

    /// `pub(in path)` is no use of the path.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(source: &str) -> Vec<String> {
        read(source).unwrap().paths.iter().map(|path| path.segments.join("::")).collect()
    }

    #[test]
    fn imports_are_read_one_by_one() {
        let text = read("pub use a::{b as c, d::{self, *}};\nuse e;").unwrap();
        let imports = text.imports.iter().map(|it| (it.name.as_deref(), it.path.segments.join("::"), it.public));
        let expected =
            [(Some("c"), "a::b", true), (Some("d"), "a::d", true), (None, "a::d", true), (Some("e"), "e", false)];
        assert_eq!(imports.collect::<Vec<_>>(), expected.map(|(name, path, public)| (name, path.to_owned(), public)));
        assert_eq!(text.imports[3].path.line, 2);
    }

    #[test]
    fn paths_are_found_in_types_expressions_and_macros() {
        assert_eq!(paths("type A = b::C<d::E>;"), ["b::C", "d::E"]);
        assert_eq!(paths("fn f() { x!(a::b(c), [d, &crate::e::F]) }"), ["x", "a::b", "c", "d", "crate::e::F"]);
        assert_eq!(paths("macro_rules! m { () => { $crate::a::B } }"), ["macro_rules", "crate::a::B"]);
    }

    #[test]
    fn what_only_tests_compile_is_left_out() {
        let text = read("#[cfg(test)] mod tests { use a::b; }\n#[cfg(all(test, unix))] fn f() { c::d() }").unwrap();
        assert!(text.modules.is_empty() && text.paths.is_empty() && text.items.is_empty());
        assert_eq!(paths("#[cfg(not(test))] type A = b::C;"), ["b::C"]);
        assert_eq!(paths("impl A { #[cfg(test)] fn f() { b::c() } }"), ["A"]);
    }

    #[test]
    fn attributes_and_visibilities_name_nothing() {
        assert_eq!(paths("#[derive(a::B)] pub(in crate::c) struct D;"), Vec::<String>::new());
    }
}
