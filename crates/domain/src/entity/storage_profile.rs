//! Storage profiles.

use super::complete_as;
use crate::{Attributes, Choice, Entity, Enumeration, Identity, OneOf, Order};

resource! {
    /// A kind of drive.
    StorageProfile {
        /// Name for people; made up when left out.
        optional label: Option<String> where length(max = 128),
        /// Medium; common spellings such as `M.2 NVMe SSD` are understood.
        optional medium: OneOf<Medium>,
        /// Interface, such as `PCIe 4.0 x4`.
        optional interface: Option<String> where length(max = 64),
        /// Form factor, such as `M.2 2280`.
        optional form_factor: Option<String> where length(max = 64),
        /// Capacity, GB.
        optional capacity_gb: Option<i32> where range(min = 1, max = 100_000),
        /// Performance tier.
        optional performance_tier: Option<String> where length(max = 64),
        /// The caller's own keys.
        optional attributes: Attributes,
        /// Remarks.
        optional notes: Option<String>,
    }
}

/// Storage media.
#[derive(Clone, Debug, PartialEq)]
pub struct Medium;

impl Choice for Medium {
    const ENUMERATION: &'static Enumeration = &Enumeration {
        postgres_type: Some("storage_medium"),
        values: &["nvme", "sata_ssd", "hdd", "hybrid", "emmc", "ufs", "unknown"],
        default: "unknown",
        spellings: &[
            ("nvme", "nvme"),
            ("sata", "sata_ssd"),
            ("ssd", "sata_ssd"),
            ("hdd", "hdd"),
            ("hard drive", "hdd"),
            ("hard disk", "hdd"),
            ("hybrid", "hybrid"),
            ("emmc", "emmc"),
            ("ufs", "ufs"),
            ("pcie", "nvme"),
        ],
    };
}

/// `/v1/catalog/storage-profiles`
pub static STORAGE_PROFILE: Entity = Entity {
    name: "storage_profile",
    collection: "storage-profiles",
    type_name: "StorageProfile",
    label: "Storage profile",
    delete_label: "Storage Profile",
    plural: "Storage Profiles",
    identity: Identity::Columns(&["medium", "interface", "form_factor", "capacity_gb", "performance_tier"]),
    search: &["label", "medium", "interface", "form_factor", "capacity_gb"],
    order: &[Order::descending("capacity_gb"), Order::ascending("medium"), Order::descending("updated_at")],
    records_order: &[Order::descending("id")],
    default_limit: Some(50),
    trims: true,
    complete: Some(|values| complete_as(values, StorageProfile::complete)),
    ..Entity::of::<StorageProfile>()
};

impl StorageProfile {
    /// Makes up the label, where it is left out (contract section 2).
    fn complete(&mut self) -> Result<(), &'static str> {
        let capacity = self.capacity_gb.ok_or("Unable to determine storage profile from payload")?;
        self.label.get_or_insert_with(|| {
            let medium = Some(self.medium.as_str()).filter(|word| *word != "unknown");
            let parts = [
                medium.map(|word| word.to_ascii_uppercase().replace('_', " ")),
                self.interface.clone(),
                Some(format!("{capacity}GB")),
                self.form_factor.clone(),
            ];
            // Two long parts would not fit the column.
            parts.into_iter().flatten().collect::<Vec<_>>().join(" · ").chars().take(128).collect()
        });
        Ok(())
    }
}
