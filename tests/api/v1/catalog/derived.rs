//! What POST and PUT derive for RAM specs and storage profiles: the total and the label; and the spellings of enum
//! values (contract section 2).

use serde_json::{Value, json};

use partbook_test_support::body::with;
use partbook_test_support::contract::{Entity, GENERATIONS, MEDIA, RAM_SPEC, STORAGE_PROFILE};
use partbook_test_support::{Service, backends};

/// Bodies of RAM specs, the totals and the labels they get.
fn ram() -> Vec<(Value, i64, &'static str)> {
    vec![
        (
            json!({"ddr_generation": "ddr4", "speed_mhz": 3200, "module_count": 2, "capacity_per_module_gb": 8}),
            16,
            "DDR4 3200MHz 16GB (2x8GB)",
        ),
        (json!({"speed_mhz": 3200, "module_count": 2, "capacity_per_module_gb": 8}), 16, "3200MHz 16GB (2x8GB)"),
        (json!({"ddr_generation": "unknown", "module_count": 2, "capacity_per_module_gb": 8}), 16, "16GB (2x8GB)"),
        (json!({"ddr_generation": "ddr3", "module_count": 1, "capacity_per_module_gb": 4}), 4, "DDR3 4GB (1x4GB)"),
        (json!({"ddr_generation": "lpddr5x", "speed_mhz": 7500, "total_capacity_gb": 32}), 32, "LPDDR5X 7500MHz 32GB"),
        (json!({"ddr_generation": "hbm3", "speed_mhz": 0, "total_capacity_gb": 80}), 80, "HBM3 80GB"),
        (json!({"total_capacity_gb": 64}), 64, "64GB"),
        (json!({"total_capacity_gb": 64, "module_count": 2}), 64, "64GB"),
        (json!({"total_capacity_gb": 64, "capacity_per_module_gb": 32}), 64, "64GB"),
        // A given total stands.
        (
            json!({"ddr_generation": "ddr5", "total_capacity_gb": 48, "module_count": 2, "capacity_per_module_gb": 16}),
            48,
            "DDR5 48GB (2x16GB)",
        ),
        (json!({"module_count": 8, "capacity_per_module_gb": 256}), 2048, "2048GB (8x256GB)"),
    ]
}

/// Bodies of storage profiles and the labels they get.
fn storage() -> Vec<(Value, &'static str)> {
    vec![
        (
            json!({"medium": "nvme", "interface": "PCIe 4.0 x4", "capacity_gb": 1000, "form_factor": "M.2 2280"}),
            "NVME · PCIe 4.0 x4 · 1000GB · M.2 2280",
        ),
        (json!({"medium": "sata_ssd", "capacity_gb": 500}), "SATA SSD · 500GB"),
        (json!({"medium": "sata_ssd", "interface": " SATA III ", "capacity_gb": 500}), "SATA SSD · SATA III · 500GB"),
        (json!({"medium": "hdd", "capacity_gb": 4000, "form_factor": "3.5\""}), "HDD · 4000GB · 3.5\""),
        (json!({"capacity_gb": 250}), "250GB"),
        (json!({"medium": "unknown", "interface": "", "capacity_gb": 251}), "251GB"),
        (json!({"capacity_gb": 252, "performance_tier": "mainstream"}), "252GB"),
        (json!({"medium": "emmc", "capacity_gb": 64, "interface": "eMMC 5.1"}), "EMMC · eMMC 5.1 · 64GB"),
    ]
}

fn bodies(entity: &Entity) -> Vec<(Value, Value, &'static str)> {
    if entity.name == "ram_spec" {
        ram().into_iter().map(|(body, total, label)| (body, json!({"total_capacity_gb": total}), label)).collect()
    } else {
        storage().into_iter().map(|(body, label)| (body, json!({}), label)).collect()
    }
}

#[track_caller]
fn holds(row: &Value, members: &Value) {
    for (member, value) in members.as_object().expect("an object") {
        assert_eq!(row[member], *value, "{member} of {row}");
    }
}

backends!(labels_and_totals_are_derived_on_create);
async fn labels_and_totals_are_derived_on_create(service: Service) {
    for entity in [&RAM_SPEC, &STORAGE_PROFILE] {
        for (body, members, label) in bodies(entity) {
            for missing in [None, Some(Value::Null), Some(json!("")), Some(json!("  "))] {
                let body = missing.map_or(body.clone(), |missing| with(body.clone(), "label", missing));
                let row = service.created(entity.path, &body).await;
                assert_eq!(row["label"], label, "{body}");
                holds(&row, &members);
                service.delete(&entity.at(&row["id"])).await.expect(204);
            }
            let row = service.created(entity.path, &with(body.clone(), "label", "Given")).await;
            assert_eq!(row["label"], "Given");
        }
    }
}

backends!(labels_and_totals_are_derived_on_replacement);
async fn labels_and_totals_are_derived_on_replacement(service: Service) {
    for entity in [&RAM_SPEC, &STORAGE_PROFILE] {
        let path = entity.at(&service.created(entity.path, &(entity.full)(1)).await["id"]);
        for (body, members, label) in bodies(entity) {
            let row = service.put(&path, &body).await.expect(200).json();
            assert_eq!(row["label"], label, "{body}");
            holds(&row, &members);
            let row = service.put(&path, &with(body.clone(), "label", "Given")).await.expect(200).json();
            assert_eq!(row["label"], "Given");
        }
    }
}

backends!(a_patch_derives_nothing);
async fn a_patch_derives_nothing(service: Service) {
    let body = json!({"ddr_generation": "ddr4", "speed_mhz": 3200, "module_count": 2, "capacity_per_module_gb": 8});
    let row = service.created(RAM_SPEC.path, &body).await;
    let path = RAM_SPEC.at(&row["id"]);
    let patched = service.patch(&path, &json!({"module_count": 4, "speed_mhz": 3600})).await.expect(200).json();
    holds(&patched, &json!({"module_count": 4, "total_capacity_gb": 16, "label": "DDR4 3200MHz 16GB (2x8GB)"}));
    let patched = service.patch(&path, &json!({"total_capacity_gb": null, "label": null})).await.expect(200).json();
    holds(&patched, &json!({"module_count": 4, "total_capacity_gb": null, "label": null}));
    // Not even when nothing is left to derive from.
    let patched = service.patch(&path, &json!({"module_count": null, "capacity_per_module_gb": null})).await;
    holds(&patched.expect(200).json(), &json!({"module_count": null, "total_capacity_gb": null}));

    let body = json!({"medium": "hdd", "capacity_gb": 4000});
    let path = STORAGE_PROFILE.at(&service.created(STORAGE_PROFILE.path, &body).await["id"]);
    let patched = service.patch(&path, &json!({"capacity_gb": null, "medium": "ufs"})).await.expect(200).json();
    holds(&patched, &json!({"capacity_gb": null, "medium": "ufs", "label": "HDD · 4000GB"}));
}

backends!(a_derived_label_fits_its_field);
async fn a_derived_label_fits_its_field(service: Service) {
    // Each as long as it may be; together longer than a label may be.
    let body = json!({
        "medium": "sata_ssd",
        "interface": "é".repeat(64),
        "capacity_gb": 100_000,
        "form_factor": "ü".repeat(64),
    });
    let row = service.created(STORAGE_PROFILE.path, &body).await;
    let label = row["label"].as_str().expect("a label");
    assert!(label.chars().count() <= 128, "{label}");
    assert!(label.starts_with("SATA SSD · ééé"), "{label}");
    assert_eq!(service.put(&STORAGE_PROFILE.at(&row["id"]), &body).await.expect(200).json(), row);
}

/// Demands that POST, PUT and PATCH understand a word.
async fn understood(service: &Service, entity: &Entity, field: &str, written: &str, meant: &str) {
    let row = service.created(entity.path, &with((entity.minimal)(1), field, written)).await;
    assert_eq!(row[field], meant, "{written}");
    let path = entity.at(&row["id"]);
    let other = if meant == "unknown" { entity_word(entity) } else { "unknown" };
    service.patch(&path, &json!({field: other})).await.expect(200);
    let row = service.patch(&path, &json!({field: written})).await.expect(200).json();
    assert_eq!(row[field], meant, "{written}");
    service.patch(&path, &json!({field: other})).await.expect(200);
    let row = service.put(&path, &with((entity.minimal)(1), field, written)).await.expect(200).json();
    assert_eq!(row[field], meant, "{written}");
    service.delete(&path).await.expect(204);
}

fn entity_word(entity: &Entity) -> &'static str {
    if entity.name == "ram_spec" { "ddr3" } else { "ufs" }
}

backends!(enum_values_are_read_in_any_letter_case);
async fn enum_values_are_read_in_any_letter_case(service: Service) {
    for (entity, field, words) in
        [(&RAM_SPEC, "ddr_generation", &GENERATIONS[..]), (&STORAGE_PROFILE, "medium", &MEDIA[..])]
    {
        for word in words {
            let (first, rest) = word.split_at(1);
            for written in [(*word).to_owned(), word.to_uppercase(), first.to_uppercase() + rest] {
                understood(&service, entity, field, &written, word).await;
            }
        }
    }
}

backends!(a_medium_may_be_spelled_in_many_ways);
async fn a_medium_may_be_spelled_in_many_ways(service: Service) {
    for (written, meant) in [
        ("NVMe SSD", "nvme"),
        ("M.2 NVMe (PCIe)", "nvme"),
        ("hybrid nvme hdd", "hybrid"),
        ("SATA", "sata_ssd"),
        ("SATA SSD", "sata_ssd"),
        ("2.5\" SATA HDD", "hdd"),
        ("SATA Hard Drive", "hdd"),
        ("PCIe SSD", "nvme"),
        ("SAS SSD", "unknown"),
        ("HDD 7200rpm", "hdd"),
        ("Hard Drive", "hdd"),
        ("hard disk", "hdd"),
        ("Hybrid HDD", "hybrid"),
        ("SATA SSHD", "hybrid"),
        ("Hybrid drive", "hybrid"),
        ("eMMC 5.1", "emmc"),
        ("emmc/ufs", "emmc"),
        ("UFS 3.1", "ufs"),
        ("UFS over PCIe", "ufs"),
        ("PCIe 4.0", "nvme"),
    ] {
        understood(&service, &STORAGE_PROFILE, "medium", written, meant).await;
    }
}

backends!(a_solid_state_drive_is_what_its_interface_says);
async fn a_solid_state_drive_is_what_its_interface_says(service: Service) {
    for (interface, medium) in
        [("PCIe 4.0 x4", "nvme"), ("SATA III", "sata_ssd"), ("PCIe AHCI", "nvme"), ("IDE", "unknown")]
    {
        let body = json!({"medium": "SSD", "interface": interface, "capacity_gb": 512});
        let row = service.created(STORAGE_PROFILE.path, &body).await;
        assert_eq!(row["medium"], medium, "{interface}");
        // PATCH goes by the interface that results: the stored one, or the one beside it.
        let path = STORAGE_PROFILE.at(&row["id"]);
        service.patch(&path, &json!({"medium": "ufs"})).await.expect(200);
        assert_eq!(service.patch(&path, &json!({"medium": "ssd"})).await.expect(200).json()["medium"], medium);
        let changed = service.patch(&path, &json!({"medium": "M.2 SSD", "interface": "NVMe"})).await.expect(200).json();
        assert_eq!(changed["medium"], "nvme");
        service.delete(&path).await.expect(204);
    }
    for body in
        [json!({"medium": "SSD", "capacity_gb": 1}), json!({"medium": "M.2", "interface": "x4", "capacity_gb": 1})]
    {
        let problem = service.post(STORAGE_PROFILE.path, &body).await.problem(422);
        assert!(problem.at("#/medium").detail.contains("SATA or NVMe?"), "{}", problem.detail);
    }
    for medium in ["no SSD", "n/a", "tape"] {
        let problem =
            service.post(STORAGE_PROFILE.path, &json!({"medium": medium, "capacity_gb": 1})).await.problem(422);
        assert!(problem.at("#/medium").detail.starts_with("must be one of nvme, "), "{medium}");
    }
    let path = format!("{}?medium=SSD", STORAGE_PROFILE.path);
    assert_eq!(service.get(&path).await.problem(422).faults.len(), 1, "a filter takes exact words only");
}
