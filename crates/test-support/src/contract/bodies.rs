//! Bodies that POST accepts. The two of an entity are numbered: different numbers, different natural keys.

use serde_json::{Value, json};

pub(crate) fn minimal_cpu(n: u32) -> Value {
    json!({"name": format!("CPU {n:04}"), "manufacturer": "AMD"})
}

pub(crate) fn full_cpu(n: u32) -> Value {
    json!({
        "name": format!("Full CPU {n:04}"),
        "manufacturer": "Intel",
        "socket": "LGA1700",
        "cores": 14,
        "threads": 20,
        "tdp_w": 125,
        "igpu_model": "UHD Graphics 770",
        "cpu_mark_multi": 38_350 + n,
        "cpu_mark_single": 4_100,
        "igpu_mark": 2_100,
        "release_year": 2022,
        "notes": "Runs hot.\nNeeds a good cooler.",
        "passmark_slug": "intel-core-i5-13600k",
        "passmark_category": "Desktop",
        "passmark_id": "5008",
        "attributes": attributes(),
    })
}

pub(crate) fn minimal_gpu(n: u32) -> Value {
    json!({"name": format!("GPU {n:04}"), "manufacturer": "NVIDIA"})
}

pub(crate) fn full_gpu(n: u32) -> Value {
    json!({
        "name": format!("Full GPU {n:04}"),
        "manufacturer": "AMD",
        "gpu_mark": 20_000 + n,
        "metal_score": 150_000,
        "notes": "Two slots.",
        "attributes": attributes(),
    })
}

pub(crate) fn minimal_profile(n: u32) -> Value {
    json!({"name": format!("Profile {n:04}"), "weights_json": {}})
}

/// Not the default one: of those there is one only.
pub(crate) fn full_profile(n: u32) -> Value {
    json!({
        "name": format!("Full profile {n:04}"),
        "description": "For a media server",
        "weights_json": {"perf_per_watt": 0.5, "cpu_mark_multi": 0.30, "price": -1, "ram": 1e-3},
        "is_default": false,
    })
}

pub(crate) fn minimal_ports_profile(n: u32) -> Value {
    json!({"name": format!("Ports {n:04}")})
}

pub(crate) fn full_ports_profile(n: u32) -> Value {
    json!({
        "name": format!("Full ports {n:04}"),
        "description": "The back of a mini PC",
        "attributes": attributes(),
        "ports": [
            {"type": "usb_a", "count": 4, "spec_notes": "USB 3.2 Gen 2"},
            {"type": "usb_a", "count": 2, "spec_notes": null},
            {"type": "hdmi", "count": 1, "spec_notes": "2.1"},
        ],
    })
}

pub(crate) fn minimal_ram_spec(n: u32) -> Value {
    json!({"total_capacity_gb": 1 + n % 2_048})
}

pub(crate) fn full_ram_spec(n: u32) -> Value {
    json!({
        "label": format!("Kit {n:04}"),
        "ddr_generation": "ddr5",
        "speed_mhz": 4_800 + n,
        "module_count": 2,
        "capacity_per_module_gb": 16,
        "total_capacity_gb": 32,
        "attributes": attributes(),
        "notes": "CL36",
    })
}

pub(crate) fn minimal_storage_profile(n: u32) -> Value {
    json!({"capacity_gb": 1 + n})
}

pub(crate) fn full_storage_profile(n: u32) -> Value {
    json!({
        "label": format!("Drive {n:04}"),
        "medium": "nvme",
        "interface": "PCIe 4.0 x4",
        "form_factor": "M.2 2280",
        "capacity_gb": 1_000 + n,
        "performance_tier": "enthusiast",
        "attributes": attributes(),
        "notes": "With a heat spreader",
    })
}

pub(crate) fn minimal_listing(n: u32) -> Value {
    json!({"title": format!("Listing {n:04}"), "price_usd": 100 + n})
}

/// Everything but the references, which need rows: see [`listing`].
pub(crate) fn full_listing(n: u32) -> Value {
    json!({
        "title": format!("Full listing {n:04}"),
        "listing_url": format!("https://shop.example/item/{n}"),
        "other_urls": [{"url": "https://other.example/", "label": "Other"}],
        "seller": "shop.example",
        "price_usd": 599.99,
        "price_date": "2025-03-01T12:30:00Z",
        "condition": "refurb",
        "status": "pending",
        "device_model": "Mini M1",
        "ram_gb": 32,
        "ram_notes": "Two modules",
        "primary_storage_gb": 1_000,
        "primary_storage_type": "NVMe",
        "secondary_storage_gb": 2_000,
        "secondary_storage_type": "HDD",
        "os_license": "Windows 11 Pro",
        "other_components": ["Wi-Fi 6", "VESA mount"],
        "notes": "Small scratch",
        "attributes": attributes(),
        "manufacturer": "Minisforum",
        "series": "UM",
        "model_number": "UM790",
        "form_factor": "mini",
    })
}

/// A listing that uses rows: `references` holds `cpu_id` and its like.
pub fn listing(title: &str, references: &Value) -> Value {
    let mut body = json!({"title": title, "price_usd": 100});
    let members = body.as_object_mut().expect("an object");
    members.extend(references.as_object().expect("an object").clone());
    body
}

/// A minimal listing that uses row `id` through `field`.
pub fn listing_that_uses(n: u32, field: &str, id: &Value) -> Value {
    listing(&format!("Listing {n:04}"), &json!({field: id}))
}

/// Keys out of order, nested nulls, and numbers whose text a double would not keep.
fn attributes() -> Value {
    serde_json::from_str(
        r#"{"zeta": 1, "alpha": {"b": null, "a": [1.10, 1e2, 12345678901234567890, null]},
            "text": "Ünïcode ✓", "empty": {}}"#,
    )
    .expect("JSON")
}
