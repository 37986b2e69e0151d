//! GPUs.

use crate::{Attributes, Entity};

resource! {
    /// A graphics processor.
    Gpu {
        /// Marketing name, such as `NVIDIA GeForce RTX 3060`; the natural key.
        required name: String where length(min = 1, max = 255),
        /// Manufacturer.
        required manufacturer: String where length(min = 1, max = 64),
        /// PassMark G3D Mark; points.
        optional gpu_mark: Option<i32> where range(min = 0),
        /// Geekbench Metal score; points.
        optional metal_score: Option<i32> where range(min = 0),
        /// Remarks.
        optional notes: Option<String>,
        /// The caller's own keys.
        optional attributes: Attributes,
    }
}

/// `/v1/catalog/gpus`
pub static GPU: Entity = Entity {
    name: "gpu",
    collection: "gpus",
    type_name: "Gpu",
    label: "GPU",
    delete_label: "GPU",
    plural: "GPUs",
    search: &["name", "manufacturer"],
    ..Entity::of::<Gpu>()
};
