//! RAM specifications.

use super::complete_as;
use crate::{Attributes, Choice, Entity, Enumeration, Identity, OneOf, Order};

resource! {
    /// A set of memory modules.
    RamSpec {
        /// Name for people; made up when left out.
        optional label: Option<String> where length(max = 128),
        /// Generation.
        optional ddr_generation: OneOf<Generation>,
        /// Transfer rate as sellers give it, MHz (strictly MT/s).
        optional speed_mhz: Option<i32> where range(min = 0, max = 20000),
        /// Number of modules.
        optional module_count: Option<i32> where range(min = 1, max = 128),
        /// Capacity of one module, GB.
        optional capacity_per_module_gb: Option<i32> where range(min = 1, max = 4096),
        /// Capacity of all modules, GB; `capacity_per_module_gb` × `module_count` when left out.
        optional total_capacity_gb: Option<i32> where range(min = 1, max = 65536),
        /// The caller's own keys.
        optional attributes: Attributes,
        /// Remarks.
        optional notes: Option<String>,
    }
}

/// Generations of memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Generation;

impl Choice for Generation {
    const ENUMERATION: &'static Enumeration = &Enumeration {
        postgres_type: Some("ram_generation"),
        values: &[
            "sdram", "ddr", "ddr2", "ddr3", "ddr4", "ddr5", "lpddr2", "lpddr3", "lpddr4", "lpddr4x", "lpddr5",
            "lpddr5x", "lpddr6", "gddr6", "hbm2", "hbm3", "unknown",
        ],
        default: "unknown",
        spellings: None,
    };
}

/// `/v1/catalog/ram-specs`
pub static RAM_SPEC: Entity = Entity {
    name: "ram_spec",
    collection: "ram-specs",
    type_name: "RamSpec",
    label: "RAM spec",
    delete_label: "RAM Spec",
    plural: "RAM Specs",
    identity: Identity::Columns(&[
        "ddr_generation",
        "speed_mhz",
        "module_count",
        "capacity_per_module_gb",
        "total_capacity_gb",
    ]),
    search: &["label", "ddr_generation", "total_capacity_gb"],
    capacity: Some("total_capacity_gb"),
    order: &[Order::descending("total_capacity_gb"), Order::descending("speed_mhz"), Order::descending("updated_at")],
    indexed: &[],
    records_order: &[Order::descending("id")],
    default_limit: Some(50),
    trims: true,
    filter_aliases: &[("generation", "ddr_generation")],
    range_aliases: &[("capacity_gb", "total_capacity_gb")],
    complete: Some(|values| complete_as(values, RamSpec::complete)),
    ..Entity::of::<RamSpec>()
};

impl RamSpec {
    /// Works out the total and the label, where they are left out (contract section 2).
    fn complete(&mut self) -> Result<(), &'static str> {
        let modules = self.capacity_per_module_gb.zip(self.module_count);
        let total = self.total_capacity_gb.or(modules.and_then(|(capacity, count)| capacity.checked_mul(count)));
        self.total_capacity_gb = Some(total.ok_or("Unable to determine RAM specification from payload")?);
        self.label.get_or_insert_with(|| {
            let known = |number: Option<i32>| number.filter(|number| *number != 0);
            let generation = Some(self.ddr_generation.as_str()).filter(|word| *word != "unknown");
            let modules = known(self.module_count).zip(known(self.capacity_per_module_gb));
            let parts = [
                generation.map(str::to_ascii_uppercase),
                known(self.speed_mhz).map(|speed| format!("{speed}MHz")),
                known(total).map(|total| format!("{total}GB")),
                modules.map(|(count, capacity)| format!("({count}x{capacity}GB)")),
            ];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
        });
        Ok(())
    }
}
