//! Storage profiles.

use super::complete_as;
use crate::{Attributes, Choice, Entity, Enumeration, Identity, OneOf, Order, Spellings, Unclear};

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
        optional capacity_gb: Option<i32> where range(min = 1, max = 1_000_000),
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
        spellings: Some(Spellings { beside: "interface", read: read_medium }),
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
    search: &["label", "medium", "interface", "form_factor", "performance_tier", "capacity_gb"],
    capacity: Some("capacity_gb"),
    order: &[Order::descending("capacity_gb"), Order::ascending("medium"), Order::descending("updated_at")],
    indexed: &[],
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

/// Reads what sellers call a medium (contract section 2). "SSD" says nothing of how it is attached: the interface does.
fn read_medium(text: &str, interface: Option<&str>) -> Result<&'static str, Unclear> {
    let (sent, lower) = (squeezed(text), text.to_ascii_lowercase());
    let has = |part: &str| sent.contains(part);
    let denies = |word: &str| matches!(word, "no" | "not" | "none" | "without");
    if words(&lower).any(denies) || lower.contains("n/a") {
        return Err(Unclear::Unknown);
    }
    if has("hybrid") || has("sshd") || (has("ssd") && has("hdd")) {
        return Ok("hybrid");
    }
    if has("ssd") || has("solidstate") {
        return by_interface(&lower, interface);
    }
    if has("hdd") || has("harddrive") || has("harddisk") {
        return Ok("hdd");
    }
    if let Some(word) = ["emmc", "ufs", "nvme"].into_iter().find(|word| has(word)) {
        return Ok(word);
    }
    if has("pcie") || has("sata") || has("m2") {
        return by_interface(&lower, interface);
    }
    Err(Unclear::Unknown)
}

/// How a solid-state drive is attached, by what was sent and by the interface together.
fn by_interface(sent: &str, interface: Option<&str>) -> Result<&'static str, Unclear> {
    let both = format!("{sent} {}", interface.unwrap_or_default().to_ascii_lowercase());
    // Apart, so that no part begins in one and ends in the other.
    let parts = [squeezed(sent), squeezed(interface.unwrap_or_default())];
    let has = |part: &str| parts.iter().any(|text| text.contains(part));
    if has("sas") || has("pata") || words(&both).any(|word| word == "ide") {
        return Ok("unknown");
    }
    if has("nvme") || has("pcie") {
        return Ok("nvme");
    }
    if has("sata") || has("ahci") {
        return Ok("sata_ssd");
    }
    Err(Unclear::Ambiguous(
        "does not say how the drive is attached: SATA or NVMe? Send sata_ssd or nvme, or the interface",
    ))
}

/// Letters and digits alone, in lower case.
fn squeezed(text: &str) -> String {
    text.chars().filter(char::is_ascii_alphanumeric).map(|character| character.to_ascii_lowercase()).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|character: char| !character.is_alphanumeric()).filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Vocabulary;

    #[test]
    fn a_medium_is_what_its_name_and_its_interface_say() {
        for (text, interface, medium) in [
            ("SATA HDD", None, "hdd"),
            ("SATA Hard Drive", None, "hdd"),
            ("Hard Disk Drive", None, "hdd"),
            ("SAS SSD", None, "unknown"),
            ("SSD", Some("PATA"), "unknown"),
            ("SSD", Some("IDE"), "unknown"),
            ("PCIe SSD", None, "nvme"),
            ("PCIe AHCI SSD", None, "nvme"),
            ("SSD", Some("PCIe 4.0 x4"), "nvme"),
            ("SSD", Some("SATA III"), "sata_ssd"),
            ("Solid State Drive", Some("AHCI"), "sata_ssd"),
            ("SSD hard drive", Some("SATA"), "sata_ssd"),
            ("M.2", Some("NVMe"), "nvme"),
            ("SATA", None, "sata_ssd"),
            ("SATA SSHD", None, "hybrid"),
            ("SSD + HDD", None, "hybrid"),
            ("Hybrid drive", None, "hybrid"),
            ("eMMC 5.1", None, "emmc"),
            ("e.MMC", None, "emmc"),
            ("UFS 3.1", None, "ufs"),
            ("M.2 NVMe SSD", None, "nvme"),
        ] {
            assert_eq!(
                Vocabulary::default().read(Medium::ENUMERATION, text, interface).as_deref(),
                Ok(medium),
                "{text} beside {interface:?}"
            );
        }
        assert_eq!(
            Vocabulary::default().read(Medium::ENUMERATION, "Sata_SSD", Some("PCIe")).as_deref(),
            Ok("sata_ssd"),
            "an exact word"
        );
        for text in ["no SSD", "none", "without HDD", "n/a", "tape", "N/A SSD"] {
            let error = Vocabulary::default().read(Medium::ENUMERATION, text, Some("SATA")).unwrap_err();
            assert!(error.starts_with("must be one of nvme, sata_ssd"), "{text}: {error}");
        }
        for text in ["SSD", "M.2", "M.2 SSD"] {
            let error = Vocabulary::default().read(Medium::ENUMERATION, text, Some("x4")).unwrap_err();
            assert!(error.contains("SATA or NVMe?"), "{text}: {error}");
        }
    }
}
