//! Ports profiles: the sockets that a machine offers.

use crate::{Attributes, Children, Document, Entity, FieldType, Kind, Order, Value};

resource! {
    /// One kind of port, and how many of it.
    Port {
        /// Kind of port, such as `USB-C`.
        required r#type: String where length(min = 1, max = 32),
        /// How many.
        optional count: i32 = 1 where range(min = 1),
        /// What is particular to it, such as `10 Gbit/s`.
        optional spec_notes: Option<String> where length(max = 255),
    }
}

resource! {
    /// A set of ports.
    PortsProfile {
        /// Name; the natural key.
        required name: String where length(min = 1, max = 128),
        /// What the set is typical of.
        optional description: Option<String>,
        /// The caller's own keys.
        optional attributes: Attributes,
        /// The ports; no two with the same type and `spec_notes`.
        optional ports: Ports,
    }
}

static PORTS: Children = Children {
    search: &["type"],
    ..Children::of::<Port>("port", "ports_profile_id", "Port", &["type", "spec_notes"], 256)
};

/// `/v1/catalog/ports-profiles`
pub static PORTS_PROFILE: Entity = Entity {
    name: "ports_profile",
    collection: "ports-profiles",
    type_name: "PortsProfile",
    label: "Ports profile",
    delete_label: "Ports Profile",
    plural: "Ports Profiles",
    search: &["name", "description", "ports"],
    usage_order: Order::descending("created_at"),
    ..Entity::of::<PortsProfile>()
};

/// The ports of a profile, as a JSON array.
#[derive(Clone, Debug, PartialEq)]
pub struct Ports(Document);

impl Default for Ports {
    fn default() -> Self {
        Self("[]".to_owned().into())
    }
}

impl FieldType for Ports {
    const KIND: Kind = Kind::Children(&PORTS);

    fn into_value(self) -> Value {
        Value::Json(self.0)
    }

    fn from_value(value: Value) -> Self {
        if let Value::Json(document) = value { Self(document) } else { Self::default() }
    }
}
