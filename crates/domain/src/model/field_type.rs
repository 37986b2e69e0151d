//! The Rust types that a field may have, each with its kind and its way to and from a [`Value`].

use super::enumeration::{Choice, OneOf};
use super::field::Kind;
use crate::value::{Document, Timestamp, Value};

/// A Rust type that a field may have: its kind, and the way to and from a [`Value`].
///
/// Reading never fails: a stored value that the type cannot express becomes the nearest it can. The rows themselves
/// are kept as values, so nothing is lost by that; the typed view serves rules and validation.
pub trait FieldType: Default {
    /// What the field holds.
    const KIND: Kind;
    /// Whether the field may be null.
    const NULLABLE: bool = false;
    /// To a column's value.
    fn into_value(self) -> Value;
    /// From a column's value.
    fn from_value(value: Value) -> Self;
}

impl<T: FieldType> FieldType for Option<T> {
    const KIND: Kind = T::KIND;
    const NULLABLE: bool = true;

    fn into_value(self) -> Value {
        self.map_or(Value::Null, T::into_value)
    }

    fn from_value(value: Value) -> Self {
        (!value.is_null()).then(|| T::from_value(value))
    }
}

impl FieldType for String {
    const KIND: Kind = Kind::Text;

    fn into_value(self) -> Value {
        Value::Text(self)
    }

    fn from_value(value: Value) -> Self {
        if let Value::Text(text) = value { text } else { Self::new() }
    }
}

impl FieldType for i32 {
    const KIND: Kind = Kind::Int;

    fn into_value(self) -> Value {
        Value::Int(self.into())
    }

    fn from_value(value: Value) -> Self {
        let number = value.as_int().unwrap_or_default();
        Self::try_from(number).unwrap_or(if number < 0 { Self::MIN } else { Self::MAX })
    }
}

impl FieldType for f64 {
    const KIND: Kind = Kind::Float;

    fn into_value(self) -> Value {
        Value::Float(self)
    }

    fn from_value(value: Value) -> Self {
        if let Value::Float(number) = value { number } else { 0.0 }
    }
}

impl FieldType for bool {
    const KIND: Kind = Kind::Bool;

    fn into_value(self) -> Value {
        Value::Bool(self)
    }

    fn from_value(value: Value) -> Self {
        value == Value::Bool(true)
    }
}

impl FieldType for Timestamp {
    const KIND: Kind = Kind::Time;

    fn into_value(self) -> Value {
        Value::Time(self)
    }

    fn from_value(value: Value) -> Self {
        if let Value::Time(time) = value { time } else { Self::default() }
    }
}

impl<C: Choice> FieldType for OneOf<C> {
    const KIND: Kind = Kind::Enum(C::ENUMERATION);

    fn into_value(self) -> Value {
        Value::Text(self.0)
    }

    fn from_value(value: Value) -> Self {
        if let Value::Text(word) = value { Self::stored(word) } else { Self::default() }
    }
}

/// Declares a field type that holds a text or a document of its own kind.
macro_rules! wrapped_types {
    ($($(#[$doc:meta])* $name:ident($inner:ty) = $kind:expr, $value:ident, $default:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name(pub $inner);

        impl Default for $name {
            fn default() -> Self {
                Self($default.to_owned().into())
            }
        }

        impl FieldType for $name {
            const KIND: Kind = $kind;

            fn into_value(self) -> Value {
                Value::$value(self.0)
            }

            fn from_value(value: Value) -> Self {
                if let Value::$value(inner) = value { Self(inner) } else { Self::default() }
            }
        }
    )*};
}

wrapped_types! {
    /// A JSON object of the caller's own keys.
    Attributes(Document) = Kind::Object, Json, "{}";
    /// A JSON object of finite numbers.
    Weights(Document) = Kind::Weights, Json, "{}";
    /// An http or https address with a host.
    WebAddress(String) = Kind::Url, Text, "";
    /// A JSON array of `{url, label}`.
    Links(Document) = Kind::Links, Json, "[]";
    /// Any JSON.
    AnyValue(Document) = Kind::AnyJson, Json, "null";
    /// A JSON array of texts.
    Texts(Document) = Kind::Texts, Json, "[]";
}
