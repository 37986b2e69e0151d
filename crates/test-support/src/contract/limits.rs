//! Every writable field with its kind and bounds (contract sections 1 and 4).

use serde_json::{Value, json};

use Kind::{Array, Boolean, Choice, Date, Integer, Number, Object, Reference, Text};

use super::{CONDITIONS, GENERATIONS, MEDIA, STATUSES};

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text.
    Text,
    /// A whole number of 32 bits.
    Integer,
    /// May have a fraction.
    Number,
    /// True or false.
    Boolean,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// The id of a row of this entity.
    Reference(&'static str),
    /// A JSON object.
    Object,
    /// A JSON array.
    Array,
    /// A point in time.
    Date,
}

/// What a field of an entity accepts. Bounds belong to the range.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// Its entity, by [`super::Entity::name`].
    pub entity: &'static str,
    /// Its name.
    pub field: &'static str,
    /// Its type.
    pub kind: Kind,
    /// Whether POST needs it.
    pub required: bool,
    /// The least.
    pub min: Option<i64>,
    /// The greatest.
    pub max: Option<i64>,
    /// In characters.
    pub max_len: Option<usize>,
}

impl Limit {
    /// What an optional field of the catalog holds when nothing was said of it, or null.
    pub fn default_value(&self) -> Value {
        match self.kind {
            Boolean => json!(false),
            Choice(_) => json!("unknown"),
            Object => json!({}),
            Array => json!([]),
            _ => Value::Null,
        }
    }

    const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    const fn at_least(mut self, min: i64) -> Self {
        self.min = Some(min);
        self
    }

    const fn between(mut self, min: i64, max: i64) -> Self {
        self.min = Some(min);
        self.max = Some(max);
        self
    }

    const fn up_to(mut self, characters: usize) -> Self {
        self.max_len = Some(characters);
        self
    }
}

const fn field(entity: &'static str, field: &'static str, kind: Kind) -> Limit {
    Limit { entity, field, kind, required: false, min: None, max: None, max_len: None }
}

/// The fields of all entities.
pub const LIMITS: &[Limit] = &[
    field("cpu", "name", Text).required().up_to(255),
    field("cpu", "manufacturer", Text).required().up_to(64),
    field("cpu", "socket", Text).up_to(64),
    field("cpu", "cores", Integer).between(1, 1024),
    field("cpu", "threads", Integer).between(1, 4096),
    field("cpu", "tdp_w", Integer).between(1, 5000),
    field("cpu", "igpu_model", Text).up_to(255),
    field("cpu", "cpu_mark_multi", Integer).at_least(0),
    field("cpu", "cpu_mark_single", Integer).at_least(0),
    field("cpu", "igpu_mark", Integer).at_least(0),
    field("cpu", "release_year", Integer).between(1970, 2100),
    field("cpu", "notes", Text),
    field("cpu", "passmark_slug", Text).up_to(512),
    field("cpu", "passmark_category", Text).up_to(64),
    field("cpu", "passmark_id", Text).up_to(64),
    field("cpu", "attributes", Object),
    field("gpu", "name", Text).required().up_to(255),
    field("gpu", "manufacturer", Text).required().up_to(64),
    field("gpu", "gpu_mark", Integer).at_least(0),
    field("gpu", "metal_score", Integer).at_least(0),
    field("gpu", "notes", Text),
    field("gpu", "attributes", Object),
    field("profile", "name", Text).required().up_to(128),
    field("profile", "description", Text),
    field("profile", "weights_json", Object).required(),
    field("profile", "is_default", Boolean),
    field("ports_profile", "name", Text).required().up_to(128),
    field("ports_profile", "description", Text),
    field("ports_profile", "attributes", Object),
    field("ports_profile", "ports", Array),
    field("ram_spec", "label", Text).up_to(128),
    field("ram_spec", "ddr_generation", Choice(&GENERATIONS)),
    field("ram_spec", "speed_mhz", Integer).between(0, 20_000),
    field("ram_spec", "module_count", Integer).between(1, 128),
    field("ram_spec", "capacity_per_module_gb", Integer).between(1, 4096),
    field("ram_spec", "total_capacity_gb", Integer).between(1, 65_536),
    field("ram_spec", "attributes", Object),
    field("ram_spec", "notes", Text),
    field("storage_profile", "label", Text).up_to(128),
    field("storage_profile", "medium", Choice(&MEDIA)),
    field("storage_profile", "interface", Text).up_to(64),
    field("storage_profile", "form_factor", Text).up_to(64),
    field("storage_profile", "capacity_gb", Integer).between(1, 1_000_000),
    field("storage_profile", "performance_tier", Text).up_to(64),
    field("storage_profile", "attributes", Object),
    field("storage_profile", "notes", Text),
    field("listing", "title", Text).required().up_to(255),
    field("listing", "listing_url", Text),
    field("listing", "other_urls", Array),
    field("listing", "seller", Text).up_to(128),
    field("listing", "price_usd", Number).required().at_least(0),
    field("listing", "price_date", Date),
    field("listing", "condition", Choice(&CONDITIONS)),
    field("listing", "status", Choice(&STATUSES)),
    field("listing", "cpu_id", Reference("cpu")),
    field("listing", "gpu_id", Reference("gpu")),
    field("listing", "ports_profile_id", Reference("ports_profile")),
    field("listing", "ram_spec_id", Reference("ram_spec")),
    field("listing", "primary_storage_profile_id", Reference("storage_profile")),
    field("listing", "secondary_storage_profile_id", Reference("storage_profile")),
    field("listing", "active_profile_id", Reference("profile")),
    field("listing", "device_model", Text).up_to(255),
    field("listing", "ram_gb", Integer).at_least(0),
    field("listing", "ram_notes", Text),
    field("listing", "primary_storage_gb", Integer).at_least(0),
    field("listing", "primary_storage_type", Text).up_to(64),
    field("listing", "secondary_storage_gb", Integer).at_least(0),
    field("listing", "secondary_storage_type", Text).up_to(64),
    field("listing", "os_license", Text).up_to(64),
    field("listing", "other_components", Array),
    field("listing", "notes", Text),
    field("listing", "attributes", Object),
    field("listing", "manufacturer", Text).up_to(64),
    field("listing", "series", Text).up_to(128),
    field("listing", "model_number", Text).up_to(128),
    field("listing", "form_factor", Text).up_to(32),
];
