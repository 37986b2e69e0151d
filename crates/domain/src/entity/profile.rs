//! Scoring profiles: how much each measure weighs in a listing's score.

use crate::{Entity, Weights};

resource! {
    /// A scoring profile.
    Profile {
        /// Name; the natural key.
        required name: String where length(min = 1, max = 128),
        /// What the profile favours.
        optional description: Option<String>,
        /// Weight of each measure; finite numbers.
        required weights_json: Weights,
        /// Whether new listings are scored by this profile; at most one profile is the default.
        optional is_default: bool,
    }
}

/// `/v1/catalog/profiles`
pub static PROFILE: Entity = Entity {
    name: "profile",
    collection: "profiles",
    type_name: "Profile",
    label: "Profile",
    delete_label: "Scoring Profile",
    plural: "Scoring Profiles",
    search: &["name", "description"],
    exclusive_flag: Some("is_default"),
    aliases: &[],
    ..Entity::of::<Profile>()
};
