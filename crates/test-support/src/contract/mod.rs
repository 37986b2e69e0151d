//! The contract in tables, typed by hand from its text and never from the code: where the two differ, a test fails.

mod bodies;
mod limits;

pub use bodies::{listing, listing_that_uses};
pub use limits::{Kind, LIMITS, Limit};

use serde_json::Value;

/// Which way a key of a default order runs. Nulls come last either way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The least first.
    Ascending,
    /// The greatest first.
    Descending,
}
use Direction::{Ascending, Descending};

/// What is said of an entity (contract sections 1, 3 and 5).
#[derive(Debug)]
pub struct Entity {
    /// The name in `/v1/fields-data`.
    pub name: &'static str,
    /// Its collection, such as `/v1/catalog/cpus`.
    pub path: &'static str,
    /// In the texts of 404 and of a taken natural key.
    pub label: &'static str,
    /// In the texts of a refused DELETE.
    pub delete_label: &'static str,
    /// In `/v1/fields-data/entities`.
    pub plural: &'static str,
    /// The table of its rows.
    pub table: &'static str,
    /// The fields in which no two rows agree; null equals null.
    pub natural_key: &'static [&'static str],
    /// A POST that repeats a natural key answers the row that has it, instead of a 422.
    pub get_or_create: bool,
    /// The fields of a listing that use a row.
    pub used_through: &'static [&'static str],
    /// Rows of a list that asks for no `limit`; `None` is all of them.
    pub default_limit: Option<usize>,
    /// The largest `limit` of a list.
    pub max_limit: usize,
    /// The order without `sort`, before `id`.
    pub order: &'static [(&'static str, Direction)],
    /// What `search` looks into.
    pub search: &'static [&'static str],
    /// The fewest fields of the `n`th row that POST accepts; no two `n` below 2000 share a natural key.
    pub minimal: fn(n: u32) -> Value,
    /// Every writable field of the `n`th row, none at its default.
    pub full: fn(n: u32) -> Value,
}

impl Entity {
    /// The path of one row.
    pub fn at(&self, id: &Value) -> String {
        format!("{}/{id}", self.path)
    }

    /// Of a row that is not there.
    pub fn not_found(&self, id: impl std::fmt::Display) -> String {
        format!("{} with id {id} not found", self.label)
    }

    /// Of a natural key that another row has; `name` matters to the name-keyed only.
    pub fn taken(&self, name: &str) -> String {
        if self.get_or_create {
            format!("{} with these specifications already exists", self.label)
        } else {
            format!("{} with name '{name}' already exists", self.label)
        }
    }

    /// Of a DELETE that listings stand in the way of.
    pub fn in_use(&self, listings: usize) -> String {
        let label = self.delete_label;
        format!("Cannot delete {label}: used in {listings} listing(s)")
    }

    /// The free text that every entity has.
    pub fn note(&self) -> &'static str {
        let text = self.limits().find(|limit| ["notes", "description"].contains(&limit.field));
        text.unwrap_or_else(|| panic!("{} has neither `notes` nor `description`", self.name)).field
    }

    /// Its writable fields, in the order of the contract.
    pub fn limits(&self) -> impl Iterator<Item = &'static Limit> {
        LIMITS.iter().filter(|limit| limit.entity == self.name)
    }
}

/// Every entity.
static ENTITIES: &[&Entity] = &[
    // In the order of `/v1/fields-data/entities`.
    &LISTING,
    &CPU,
    &GPU,
    &RAM_SPEC,
    &STORAGE_PROFILE,
    &PORTS_PROFILE,
    &PROFILE,
];

/// Every entity, in the order of `/v1/fields-data/entities`.
pub fn entities() -> Vec<&'static Entity> {
    ENTITIES.to_vec()
}

/// Those of the catalog: all but listings.
pub fn catalog() -> Vec<&'static Entity> {
    ENTITIES.iter().copied().filter(|entity| entity.name != LISTING.name).collect()
}

/// Those of the catalog that listings use.
pub fn in_listings() -> impl Iterator<Item = &'static Entity> {
    catalog().into_iter().filter(|entity| !entity.used_through.is_empty())
}

/// Generations of memory.
pub const GENERATIONS: [&str; 17] = [
    "sdram", "ddr", "ddr2", "ddr3", "ddr4", "ddr5", "lpddr2", "lpddr3", "lpddr4", "lpddr4x", "lpddr5", "lpddr5x",
    "lpddr6", "gddr6", "hbm2", "hbm3", "unknown",
];
/// Those of them that the legacy schema can store.
pub const LEGACY_GENERATIONS: [&str; 10] =
    ["ddr3", "ddr4", "ddr5", "lpddr4", "lpddr4x", "lpddr5", "lpddr5x", "hbm2", "hbm3", "unknown"];
/// Kinds of drives.
pub const MEDIA: [&str; 7] = ["nvme", "sata_ssd", "hdd", "hybrid", "emmc", "ufs", "unknown"];
/// Conditions of what is sold.
pub const CONDITIONS: [&str; 3] = ["new", "refurb", "used"];
/// States of a listing.
pub const STATUSES: [&str; 3] = ["active", "archived", "pending"];

/// Of an update that would leave no default profile.
pub const ONLY_DEFAULT_UNSET: &str = "Cannot unset is_default from the only default profile";
/// Of a DELETE that would.
pub const ONLY_DEFAULT_DELETED: &str = "Cannot delete the only default profile";
/// Of a RAM spec that says nothing.
pub const RAM_UNDETERMINED: &str = "Unable to determine RAM specification from payload";
/// Of a storage profile that says nothing.
pub const STORAGE_UNDETERMINED: &str = "Unable to determine storage profile from payload";

/// `/v1/catalog/cpus`
pub static CPU: Entity = Entity {
    name: "cpu",
    path: "/v1/catalog/cpus",
    label: "CPU",
    delete_label: "CPU",
    plural: "CPUs",
    table: "cpu",
    natural_key: &["name"],
    get_or_create: false,
    used_through: &["cpu_id"],
    default_limit: None,
    max_limit: 1000,
    order: &[("name", Ascending)],
    search: &["name", "manufacturer", "socket"],
    minimal: bodies::minimal_cpu,
    full: bodies::full_cpu,
};

/// `/v1/catalog/gpus`
pub static GPU: Entity = Entity {
    name: "gpu",
    path: "/v1/catalog/gpus",
    label: "GPU",
    delete_label: "GPU",
    plural: "GPUs",
    table: "gpu",
    natural_key: &["name"],
    get_or_create: false,
    used_through: &["gpu_id"],
    default_limit: None,
    max_limit: 1000,
    order: &[("name", Ascending)],
    search: &["name", "manufacturer"],
    minimal: bodies::minimal_gpu,
    full: bodies::full_gpu,
};

/// `/v1/catalog/profiles`
pub static PROFILE: Entity = Entity {
    name: "profile",
    path: "/v1/catalog/profiles",
    label: "Profile",
    delete_label: "Scoring Profile",
    plural: "Scoring Profiles",
    table: "profile",
    natural_key: &["name"],
    get_or_create: false,
    used_through: &["active_profile_id"],
    default_limit: None,
    max_limit: 1000,
    order: &[("name", Ascending)],
    search: &["name", "description"],
    minimal: bodies::minimal_profile,
    full: bodies::full_profile,
};

/// `/v1/catalog/ports-profiles`
pub static PORTS_PROFILE: Entity = Entity {
    name: "ports_profile",
    path: "/v1/catalog/ports-profiles",
    label: "Ports profile",
    delete_label: "Ports Profile",
    plural: "Ports Profiles",
    table: "ports_profile",
    natural_key: &["name"],
    get_or_create: false,
    used_through: &["ports_profile_id"],
    default_limit: None,
    max_limit: 1000,
    order: &[("name", Ascending)],
    search: &["name", "description", "ports"],
    minimal: bodies::minimal_ports_profile,
    full: bodies::full_ports_profile,
};

/// `/v1/catalog/ram-specs`
pub static RAM_SPEC: Entity = Entity {
    name: "ram_spec",
    path: "/v1/catalog/ram-specs",
    label: "RAM spec",
    delete_label: "RAM Spec",
    plural: "RAM Specs",
    table: "ram_spec",
    natural_key: &["ddr_generation", "speed_mhz", "module_count", "capacity_per_module_gb", "total_capacity_gb"],
    get_or_create: true,
    used_through: &["ram_spec_id"],
    default_limit: Some(50),
    max_limit: 1000,
    order: &[("total_capacity_gb", Descending), ("speed_mhz", Descending), ("updated_at", Descending)],
    search: &["label", "ddr_generation", "total_capacity_gb"],
    minimal: bodies::minimal_ram_spec,
    full: bodies::full_ram_spec,
};

/// `/v1/catalog/storage-profiles`
pub static STORAGE_PROFILE: Entity = Entity {
    name: "storage_profile",
    path: "/v1/catalog/storage-profiles",
    label: "Storage profile",
    delete_label: "Storage Profile",
    plural: "Storage Profiles",
    table: "storage_profile",
    natural_key: &["medium", "interface", "form_factor", "capacity_gb", "performance_tier"],
    get_or_create: true,
    used_through: &["primary_storage_profile_id", "secondary_storage_profile_id"],
    default_limit: Some(50),
    max_limit: 1000,
    order: &[("capacity_gb", Descending), ("medium", Ascending), ("updated_at", Descending)],
    search: &["label", "medium", "interface", "form_factor", "performance_tier", "capacity_gb"],
    minimal: bodies::minimal_storage_profile,
    full: bodies::full_storage_profile,
};

/// `/v1/listings`
pub static LISTING: Entity = Entity {
    name: "listing",
    path: "/v1/listings",
    label: "Listing",
    delete_label: "Listing",
    plural: "Listings",
    table: "listing",
    natural_key: &[],
    get_or_create: false,
    used_through: &[],
    default_limit: Some(50),
    max_limit: 200,
    order: &[("created_at", Descending)],
    search: &["title", "seller", "device_model"],
    minimal: bodies::minimal_listing,
    full: bodies::full_listing,
};
