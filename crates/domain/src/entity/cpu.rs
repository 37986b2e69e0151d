//! CPUs.

use crate::{Attributes, Entity};

resource! {
    /// A processor.
    Cpu {
        /// Marketing name, such as `AMD Ryzen 5 5600X`; the natural key.
        required name: String where length(min = 1, max = 255),
        /// Manufacturer.
        required manufacturer: String where length(min = 1, max = 64),
        /// Socket, such as `AM4`.
        optional socket: Option<String> where length(max = 64),
        /// Physical cores.
        optional cores: Option<i32> where range(min = 1, max = 1024),
        /// Hardware threads.
        optional threads: Option<i32> where range(min = 1, max = 4096),
        /// Thermal design power, watts.
        optional tdp_w: Option<i32> where range(min = 1, max = 5000),
        /// Integrated graphics, by name.
        optional igpu_model: Option<String> where length(max = 255),
        /// PassMark CPU Mark, all threads; points.
        optional cpu_mark_multi: Option<i32> where range(min = 0),
        /// PassMark CPU Mark, one thread; points.
        optional cpu_mark_single: Option<i32> where range(min = 0),
        /// PassMark G3D Mark of the integrated graphics; points.
        optional igpu_mark: Option<i32> where range(min = 0),
        /// Year of release.
        optional release_year: Option<i32> where range(min = 1970, max = 2100),
        /// Remarks.
        optional notes: Option<String>,
        /// Slug of the PassMark page.
        optional passmark_slug: Option<String> where length(max = 512),
        /// Category at PassMark.
        optional passmark_category: Option<String> where length(max = 64),
        /// Id at PassMark.
        optional passmark_id: Option<String> where length(max = 64),
        /// The caller's own keys.
        optional attributes: Attributes,
    }
}

/// `/v1/catalog/cpus`
pub static CPU: Entity = Entity {
    name: "cpu",
    collection: "cpus",
    type_name: "Cpu",
    label: "CPU",
    delete_label: "CPU",
    plural: "CPUs",
    search: &["name", "manufacturer", "socket"],
    indexed: &["name", "cores"],
    ..Entity::of::<Cpu>()
};
