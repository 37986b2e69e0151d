//! The entities of the catalog, one file each, and what an entity is.

pub mod cpu;
pub mod custom_field;
pub mod gpu;
pub mod listing;
pub mod ports_profile;
pub mod profile;
pub mod ram_spec;
pub mod storage_profile;

use crate::model::computed::Computed;
use crate::model::declare::{Fields, validate};
use crate::model::field::{Field, Kind};
use crate::model::order::{Identity, Order};
use crate::refusal::field_error::FieldErrors;
use crate::value::Value;

/// Every entity that is served. A new one is added here, and nowhere else.
static REGISTRY: &[&Entity] = &[
    &cpu::CPU,
    &gpu::GPU,
    &ram_spec::RAM_SPEC,
    &storage_profile::STORAGE_PROFILE,
    &ports_profile::PORTS_PROFILE,
    &profile::PROFILE,
    &listing::LISTING,
];

/// Every entity that is served.
#[must_use]
pub fn registry() -> &'static [&'static Entity] {
    REGISTRY
}

/// The entity of a name, if one that is served has it.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Entity> {
    registry().iter().copied().find(|entity| entity.name == name)
}

/// A field that holds the id of another entity's row.
#[derive(Debug)]
pub struct Reference {
    /// The field.
    pub field: &'static str,
    /// The entity it points at.
    pub target: &'static Entity,
    /// The member of an answer that shows the row pointed at.
    pub nested: Option<&'static str>,
    /// A further table through which a row of this entity uses the target.
    pub through: Option<Through>,
}

impl Reference {
    /// A reference whose row answers show.
    pub(crate) const fn shown(field: &'static str, target: &'static Entity, nested: &'static str) -> Self {
        Self { field, target, nested: Some(nested), through: None }
    }
}

/// A table that ties rows of two entities together.
#[derive(Debug)]
pub struct Through {
    /// The table.
    pub table: &'static str,
    /// Its column with the id of the entity that refers.
    pub owner: &'static str,
    /// Its column with the id of the entity referred to.
    pub target: &'static str,
}

/// Fills what a row's values leave open; the error is the whole text of the refusal.
pub type Complete = fn(&mut [Value]) -> Result<(), &'static str>;

/// Finds what is wrong with the values of a row beside each other, of those that change.
pub type Check = fn(&[Value], &[bool]) -> FieldErrors;

/// Everything that is particular to one entity. All else is written once for all.
#[derive(Debug)]
pub struct Entity {
    /// The table, and the name on the metadata screen.
    pub name: &'static str,
    /// The last part of the collection's path.
    pub collection: &'static str,
    /// The path under which its collections stand.
    pub parent: &'static str,
    /// The name of the struct, which the schemas of the API document carry.
    pub type_name: &'static str,
    /// What texts about a missing or duplicate row call it.
    pub label: &'static str,
    /// What texts about a refused delete call it.
    pub delete_label: &'static str,
    /// What the metadata screen calls many of it.
    pub plural: &'static str,
    /// The fields that clients write.
    pub fields: &'static [Field],
    /// Further columns that answers show.
    pub read_only: &'static [Field],
    /// Further columns that are read for [`Self::computed`] and not shown.
    pub hidden: &'static [Field],
    /// Members of an answer that are taken from others.
    pub computed: &'static [Computed],
    /// The fields that point at other entities.
    pub references: &'static [Reference],
    /// How duplicates are known.
    pub identity: Identity,
    /// A boolean that at most one row carries, and that one row goes on carrying once one did.
    pub exclusive_flag: Option<&'static str>,
    /// A time that marks a row as deleted. The row stays, and creating it again restores it.
    pub deletion_time: Option<&'static str>,
    /// Whether its natural key names a member of `attributes`. Of one that rows have, the key stays as it is.
    pub names_member: bool,
    /// The fields that `search` looks into; of child rows, the columns that these state.
    pub search: &'static [&'static str],
    /// The field that a size among the words of a search means, GB.
    pub capacity: Option<&'static str>,
    /// The order of a list without `sort`; the id comes last by itself.
    pub order: &'static [Order],
    /// The columns of its table with which an index begins.
    pub indexed: &'static [&'static str],
    /// The order of the metadata screen's records.
    pub records_order: &'static [Order],
    /// The order of the listings that use a row.
    pub usage_order: Order,
    /// How many rows a list without `limit` has; none means all.
    pub default_limit: Option<u32>,
    /// The greatest `limit`.
    pub max_limit: u32,
    /// Whether texts lose the white space around them.
    pub trims: bool,
    /// Other names of fields in bodies.
    pub aliases: &'static [(&'static str, &'static str)],
    /// Whether answers show those other names too.
    pub shows_aliases: bool,
    /// Other names of fields in filters.
    pub filter_aliases: &'static [(&'static str, &'static str)],
    /// Other names of fields after `min_` and `max_`.
    pub range_aliases: &'static [(&'static str, &'static str)],
    /// Members of a body that are refused, and why.
    pub refused: &'static [(&'static str, &'static str)],
    /// Fills what a new or replaced row leaves open.
    pub complete: Option<Complete>,
    /// Finds what the limits of single fields do not.
    pub check: Option<Check>,
    /// The values of a row in which nothing is given.
    pub defaults: fn() -> Vec<Value>,
    /// The names of the fields whose values break their limits.
    pub validate: fn(Vec<Value>) -> Vec<String>,
}

/// Entities are statics: the same one is the same place.
impl PartialEq for Entity {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other)
    }
}

const BY_NAME: &[Order] = &[Order::ascending("name")];

impl Entity {
    /// A catalog entity with the fields of `T` and the usual ways; each file states what differs.
    #[must_use]
    pub const fn of<T: Fields>() -> Self {
        Self {
            name: "",
            collection: "",
            parent: "/v1/catalog",
            type_name: "",
            label: "",
            delete_label: "",
            plural: "",
            fields: T::FIELDS,
            read_only: &[],
            hidden: &[],
            computed: &[],
            references: &[],
            identity: Identity::Name,
            exclusive_flag: None,
            deletion_time: None,
            names_member: false,
            search: &["name"],
            capacity: None,
            order: BY_NAME,
            indexed: &["name"],
            records_order: BY_NAME,
            usage_order: Order::descending("updated_at"),
            default_limit: None,
            max_limit: 1000,
            trims: false,
            aliases: &[("attributes_json", "attributes")],
            shows_aliases: true,
            filter_aliases: &[],
            range_aliases: &[],
            refused: &[],
            complete: None,
            check: None,
            defaults: || T::default().into_values(),
            validate: validate::<T>,
        }
    }

    /// Whether an index serves an order, at least as far as its first key goes.
    #[must_use]
    pub fn has_index(&self, order: &[Order]) -> bool {
        order == self.order || order.first().is_none_or(|first| first.key == "id" || self.indexed.contains(&first.key))
    }

    /// The path of the collection.
    #[must_use]
    pub fn path(&self) -> String {
        format!("{}/{}", self.parent, self.collection)
    }

    /// The path of a row.
    #[must_use]
    pub fn row_path(&self, id: i64) -> String {
        format!("{}/{id}", self.path())
    }

    /// The writable field of this name, and its place among the values.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<(usize, &'static Field)> {
        self.fields.iter().enumerate().find(|(_, field)| field.name == name)
    }

    /// The comparable field of this name, writable or not.
    #[must_use]
    pub fn scalar(&self, name: &str) -> Option<&'static Field> {
        self.scalars().find(|field| field.name == name)
    }

    /// The fields by which lists filter and sort.
    pub fn scalars(&self) -> impl Iterator<Item = &'static Field> + use<> {
        self.fields.iter().chain(self.read_only).filter(|field| field.kind.is_scalar())
    }

    /// The fields that are columns of the entity's own table.
    pub fn columns(&self) -> impl Iterator<Item = (usize, &'static Field)> + use<> {
        self.fields.iter().enumerate().filter(|(_, field)| !matches!(field.kind, Kind::Children(_)))
    }

    /// Whether the field is the name by which rows are told apart, which is cleaned of what nobody sees.
    #[must_use]
    pub fn cleans(&self, field: &Field) -> bool {
        self.identity == Identity::Name && field.name == "name"
    }

    /// Whether the field's text loses the white space around it. A key that others write as well is taken as it is sent.
    #[must_use]
    pub(crate) fn trims_field(&self, field: &Field) -> bool {
        let is_key = matches!(self.identity, Identity::Unique(key) if key.contains(&field.name));
        self.trims && !is_key
    }

    /// The names under which a body may give a field, its own first: the column's is one of them.
    pub fn names(&self, field: &Field) -> impl Iterator<Item = &'static str> + use<> {
        let (name, column, aliases) = (field.name, field.column(), self.aliases);
        let others = aliases.iter().filter(move |(_, of)| *of == name).map(|(alias, _)| *alias);
        let column = (column != name && !aliases.contains(&(column, name))).then_some(column);
        std::iter::once(name).chain(others).chain(column)
    }

    /// Whether answers have a member of this name, or a body may.
    pub(crate) fn shows(&self, name: &str) -> bool {
        let fields = self.read_only.iter().map(|field| field.name);
        let computed = self.computed.iter().map(|computed| computed.name);
        let nested = self.references.iter().filter_map(|reference| reference.nested);
        let written = self.fields.iter().flat_map(|field| self.names(field));
        let mut names = fields.chain(computed).chain(nested).chain(written);
        names.any(|known| known == name)
    }

    /// Where the entity's rows are pointed at: the entity that refers, and the reference.
    pub fn used_by(&'static self) -> impl Iterator<Item = (&'static Entity, &'static Reference)> {
        let all =
            registry().iter().flat_map(|entity| entity.references.iter().map(move |reference| (*entity, reference)));
        all.filter(|(_, reference)| std::ptr::eq(reference.target, self))
    }

    /// The columns that make a row the thing it is.
    #[must_use]
    pub fn natural_key(&self) -> Option<Vec<&'static str>> {
        match self.identity {
            Identity::Name => Some(vec!["name"]),
            Identity::Columns(names) | Identity::Unique(names) => {
                Some(names.iter().filter_map(|name| Some(self.field(name)?.1.column())).collect())
            }
            Identity::None => None,
        }
    }

    /// Whether two rows may be the same thing, so that those that create one must exclude each other.
    #[must_use]
    pub fn has_natural_key(&self) -> bool {
        self.identity != Identity::None
    }

    /// Whether rows are compared by a natural key of several columns or carry an exclusive flag, so that writers of the
    /// entity must exclude each other.
    #[must_use]
    pub fn needs_lock(&self) -> bool {
        matches!(self.identity, Identity::Columns(_) | Identity::Unique(_)) || self.exclusive_flag.is_some()
    }

    /// Whether the entity is part of the catalog, rather than a listing that uses it.
    #[must_use]
    pub fn in_catalog(&self) -> bool {
        self.parent == "/v1/catalog"
    }
}

/// Runs a typed completion on a row's values.
pub(crate) fn complete_as<T: Fields>(
    values: &mut [Value],
    complete: fn(&mut T) -> Result<(), &'static str>,
) -> Result<(), &'static str> {
    let mut typed = T::from_values(values.to_vec());
    complete(&mut typed)?;
    // Only blanks are filled: a stored value that the typed view cannot express stays as it is.
    for (value, completed) in values.iter_mut().zip(typed.into_values()) {
        if value.is_null() {
            *value = completed;
        }
    }
    Ok(())
}

/// Judges the typed row, of which it may ask whether a field changed.
pub(crate) type TypedCheck<T> = fn(&T, &dyn Fn(&str) -> bool) -> FieldErrors;

/// Runs a typed check on a row's values.
pub(crate) fn check_as<T: Fields>(values: &[Value], changed: &[bool], check: TypedCheck<T>) -> FieldErrors {
    let is_changed = |name: &str| T::FIELDS.iter().zip(changed).any(|(field, changed)| field.name == name && *changed);
    check(&T::from_values(values.to_vec()), &is_changed)
}
