//! Listings: machines on offer, which use the catalog's parts.
//!
//! The service that values and scores listings owns the columns that are only read here (contract section 4).

use super::{Reference, Through, cpu, gpu, ports_profile, profile, ram_spec, storage_profile};
use crate::Attributes;
use crate::{
    Children, Choice, Computed, Entity, Enumeration, Field, FirstText, Identity, Kind, Links, OneOf, Order, Source,
    Texts, Timestamp, WebAddress,
};

resource! {
    /// A machine on offer.
    Listing {
        /// Headline of the offer.
        required title: String where length(min = 1, max = 255),
        /// Address of the offer.
        optional listing_url: Option<WebAddress>,
        /// Further addresses.
        optional other_urls: Links,
        /// Who sells.
        optional seller: Option<String> where length(max = 128),
        /// Asking price, US dollars.
        required price_usd: Option<f64> where range(min = 0.0),
        /// When the price was seen.
        optional price_date: Option<Timestamp>,
        /// State of the machine.
        optional condition: OneOf<Condition>,
        /// State of the offer.
        optional status: OneOf<Status>,
        /// The CPU's id.
        optional cpu_id: Option<i32>,
        /// The GPU's id.
        optional gpu_id: Option<i32>,
        /// The ports profile's id.
        optional ports_profile_id: Option<i32>,
        /// The RAM spec's id.
        optional ram_spec_id: Option<i32>,
        /// The first drive's storage profile, by id.
        optional primary_storage_profile_id: Option<i32>,
        /// The second drive's storage profile, by id.
        optional secondary_storage_profile_id: Option<i32>,
        /// The scoring profile's id.
        optional active_profile_id: Option<i32>,
        /// Model of the machine.
        optional device_model: Option<String> where length(max = 255),
        /// Memory, GB.
        optional ram_gb: i32 where range(min = 0),
        /// Remarks on the memory.
        optional ram_notes: Option<String>,
        /// Capacity of the first drive, GB.
        optional primary_storage_gb: i32 where range(min = 0),
        /// Kind of the first drive.
        optional primary_storage_type: Option<String> where length(max = 64),
        /// Capacity of the second drive, GB.
        optional secondary_storage_gb: Option<i32> where range(min = 0),
        /// Kind of the second drive.
        optional secondary_storage_type: Option<String> where length(max = 64),
        /// Licence of the operating system.
        optional os_license: Option<String> where length(max = 64),
        /// What else comes with it.
        optional other_components: Texts,
        /// Remarks.
        optional notes: Option<String>,
        /// The caller's own keys.
        optional attributes: Attributes,
        /// Maker of the machine.
        optional manufacturer: Option<String> where length(max = 64),
        /// Series.
        optional series: Option<String> where length(max = 128),
        /// Model number.
        optional model_number: Option<String> where length(max = 128),
        /// Form factor.
        optional form_factor: Option<String> where length(max = 32),
    }
}

/// States of a machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition;

impl Choice for Condition {
    const ENUMERATION: &'static Enumeration =
        &Enumeration { postgres_type: None, values: &["new", "refurb", "used"], default: "used", spellings: None };
}

/// States of an offer.
#[derive(Clone, Debug, PartialEq)]
pub struct Status;

impl Choice for Status {
    const ENUMERATION: &'static Enumeration = &Enumeration {
        postgres_type: None,
        values: &["active", "archived", "pending"],
        default: "active",
        spellings: None,
    };
}

static COMPONENTS: Children = Children::read_only(
    "listing_component",
    "listing_id",
    "ListingComponent",
    &[
        Field::read_only("component_type", Kind::Text, "Kind of component."),
        Field::read_only("name", Kind::Text, "Name."),
        Field::read_only("quantity", Kind::Int, "How many."),
        Field::read_only("metadata_json", Kind::AnyJson, "What the importer stored of it."),
        Field::read_only("adjustment_value_usd", Kind::Float, "What it adds to the price, US dollars."),
        Field::read_only("rule_id", Kind::Absent, "Always null; kept for clients that read it."),
    ],
);

/// `/v1/listings`
pub static LISTING: Entity = Entity {
    name: "listing",
    collection: "listings",
    parent: "/v1",
    type_name: "Listing",
    label: "Listing",
    delete_label: "Listing",
    plural: "Listings",
    identity: Identity::None,
    search: &["title", "seller", "device_model"],
    order: &[Order::descending("created_at")],
    indexed: &[
        "created_at",
        "updated_at",
        "price_usd",
        "adjusted_price_usd",
        "dollar_per_cpu_mark_multi",
        "dollar_per_cpu_mark_single",
        "cpu_id",
        "gpu_id",
        "ports_profile_id",
        "ram_spec_id",
        "primary_storage_profile_id",
        "secondary_storage_profile_id",
        "active_profile_id",
    ],
    records_order: &[Order::descending("created_at")],
    default_limit: Some(50),
    max_limit: 200,
    aliases: &[("url", "listing_url")],
    shows_aliases: false,
    refused: &[("fields", "is the body of another service's PATCH; send the listing's members at the top level")],
    read_only: &[
        Field::read_only("ruleset_id", Kind::Int, "The valuation ruleset's id."),
        Field::read_only("adjusted_price_usd", Kind::Float, "Price after valuation, US dollars."),
        Field::read_only("valuation_breakdown", Kind::AnyJson, "How the valuation came about."),
        Field::read_only("score_cpu_multi", Kind::Float, "Score of the CPU, all threads."),
        Field::read_only("score_cpu_single", Kind::Float, "Score of the CPU, one thread."),
        Field::read_only("score_gpu", Kind::Float, "Score of the GPU."),
        Field::read_only("score_composite", Kind::Float, "Score by the active profile."),
        Field::read_only("dollar_per_cpu_mark", Kind::Float, "US dollars per CPU Mark."),
        Field::read_only("dollar_per_single_mark", Kind::Float, "US dollars per single-thread mark."),
        Field::read_only("perf_per_watt", Kind::Float, "CPU Mark per watt."),
        Field::read_only("dollar_per_cpu_mark_single", Kind::Float, "US dollars per single-thread mark."),
        Field::read_only("dollar_per_cpu_mark_single_adjusted", Kind::Float, "The same by the adjusted price."),
        Field::read_only("dollar_per_cpu_mark_multi", Kind::Float, "US dollars per CPU Mark."),
        Field::read_only("dollar_per_cpu_mark_multi_adjusted", Kind::Float, "The same by the adjusted price."),
        Field::read_only("components", Kind::Children(&COMPONENTS), "What was found in the offer."),
    ],
    hidden: &[Field::read_only("raw_listing_json", Kind::AnyJson, "What the importer stored.")],
    computed: &[
        Computed {
            name: "ram_type",
            doc: "Generation of the memory.",
            kind: Kind::Text,
            source: Source::Nested("ram_spec", "ddr_generation"),
        },
        Computed {
            name: "ram_speed_mhz",
            doc: "Speed of the memory, MHz.",
            kind: Kind::Int,
            source: Source::Nested("ram_spec", "speed_mhz"),
        },
        Computed { name: "cpu_name", doc: "Name of the CPU.", kind: Kind::Text, source: Source::Nested("cpu", "name") },
        Computed { name: "gpu_name", doc: "Name of the GPU.", kind: Kind::Text, source: Source::Nested("gpu", "name") },
        Computed {
            name: "thumbnail_url",
            doc: "Address of a picture.",
            kind: Kind::Text,
            source: Source::FirstText(&[
                FirstText {
                    column: "raw_listing_json",
                    keys: &["image_url", "thumbnail_url", "imageUrl", "thumbnailUrl", "img_url"],
                },
                FirstText { column: "attributes", keys: &["image_url", "thumbnail_url"] },
            ]),
        },
    ],
    references: &[
        Reference::shown("cpu_id", &cpu::CPU, "cpu"),
        Reference::shown("gpu_id", &gpu::GPU, "gpu"),
        Reference::shown("ports_profile_id", &ports_profile::PORTS_PROFILE, "ports_profile"),
        Reference::shown("ram_spec_id", &ram_spec::RAM_SPEC, "ram_spec"),
        Reference::shown("primary_storage_profile_id", &storage_profile::STORAGE_PROFILE, "primary_storage_profile"),
        Reference::shown(
            "secondary_storage_profile_id",
            &storage_profile::STORAGE_PROFILE,
            "secondary_storage_profile",
        ),
        Reference {
            field: "active_profile_id",
            target: &profile::PROFILE,
            nested: None,
            through: Some(Through { table: "listing_score_snapshot", owner: "listing_id", target: "profile_id" }),
        },
    ],
    ..Entity::of::<Listing>()
};
