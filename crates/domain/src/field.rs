//! A field: its name, kind and limits, stated once and read by validation, SQL, the API document and the metadata screen.

use crate::{Choice, Kind, OneOf, Timestamp, Value};

/// Limits on a field's value, both ends included. They hold on create and on update (contract section 1).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Limits {
    /// The least number.
    pub min: Option<f64>,
    /// The greatest number.
    pub max: Option<f64>,
    /// The least length, in characters.
    pub min_length: Option<u32>,
    /// The greatest length, in characters.
    pub max_length: Option<u32>,
}

impl Limits {
    pub(crate) const NONE: Self = Self { min: None, max: None, min_length: None, max_length: None };

    /// The range of an integer field as a phrase; where no limit is stated, that of 32 bits holds.
    pub(crate) fn integer_range(&self) -> String {
        let (min, max) = (self.min.unwrap_or(f64::from(i32::MIN)), self.max.unwrap_or(f64::from(i32::MAX)));
        format!("must be between {min} and {max}")
    }

    /// What to say of a value that is outside.
    pub(crate) fn describe(&self) -> (&'static str, String) {
        match *self {
            Self { min: Some(min), max: Some(max), .. } => ("range", format!("must be between {min} and {max}")),
            Self { min: Some(min), .. } => ("range", format!("must be at least {min}")),
            Self { max: Some(max), .. } => ("range", format!("must be at most {max}")),
            Self { min_length: Some(1), max_length: Some(max), .. } => {
                ("length", format!("must be between 1 and {max} characters long"))
            }
            Self { max_length: Some(max), .. } => ("length", format!("must be at most {max} characters long")),
            _ => ("value", "is not acceptable".to_owned()),
        }
    }
}

/// One field of an entity.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// The name on the wire.
    pub name: &'static str,
    /// What it is, with its unit: the first line is fit for a form.
    pub doc: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether a new row must have it.
    pub required: bool,
    /// Whether answers may show null.
    pub nullable: bool,
    /// The limits on its value.
    pub limits: Limits,
}

impl Field {
    /// Describes a struct's field of type `T`. Called by `resource!`.
    #[must_use]
    pub const fn new<T: FieldType>(name: &'static str, doc: &'static str, required: bool) -> Self {
        Self {
            name: unraw(name),
            doc: doc.trim_ascii(),
            kind: T::KIND,
            required,
            nullable: T::NULLABLE,
            limits: Limits::NONE,
        }
    }

    /// A member that only answers have, and that may be null.
    #[must_use]
    pub const fn read_only(name: &'static str, kind: Kind, doc: &'static str) -> Self {
        Self { name, doc, kind, required: false, nullable: true, limits: Limits::NONE }
    }

    /// States a range of numbers; the name is that of the `validator` rule.
    #[must_use]
    pub const fn range(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// States a range of lengths; the name is that of the `validator` rule.
    #[must_use]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small literals")]
    pub const fn length(self, limits: Limits) -> Self {
        let Limits { min, max, .. } = limits;
        let min_length = if let Some(min) = min { Some(min as u32) } else { None };
        let max_length = if let Some(max) = max { Some(max as u32) } else { None };
        Self { limits: Limits { min_length, max_length, ..Limits::NONE }, ..self }
    }

    /// The column's name: that of the field, but for `attributes`.
    #[must_use]
    pub fn column(&self) -> &'static str {
        if self.name == "attributes" { "attributes_json" } else { self.name }
    }
}

/// `r#type` is called `type`.
const fn unraw(name: &'static str) -> &'static str {
    match name.as_bytes() {
        [b'r', b'#', ..] => name.split_at(2).1,
        _ => name,
    }
}

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
    const KIND: Kind = Kind::Enum(C::VOCABULARY);

    fn into_value(self) -> Value {
        Value::Text(self.0)
    }

    fn from_value(value: Value) -> Self {
        if let Value::Text(word) = value { Self::stored(word) } else { Self::default() }
    }
}

/// Declares a field type that is a text of its own kind.
macro_rules! text_types {
    ($($(#[$doc:meta])* $name:ident = $kind:expr, $value:ident, $default:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq)]
        pub struct $name(pub String);

        impl Default for $name {
            fn default() -> Self {
                Self($default.to_owned())
            }
        }

        impl FieldType for $name {
            const KIND: Kind = $kind;

            fn into_value(self) -> Value {
                Value::$value(self.0)
            }

            fn from_value(value: Value) -> Self {
                if let Value::$value(text) = value { Self(text) } else { Self::default() }
            }
        }
    )*};
}

text_types! {
    /// A JSON object of the caller's own keys, as text.
    Attributes = Kind::Object, Json, "{}";
    /// A JSON object of finite numbers, as text.
    Weights = Kind::Weights, Json, "{}";
    /// An http or https address with a host.
    WebAddress = Kind::Url, Text, "";
    /// A JSON array of `{url, label}`, as text.
    Links = Kind::Links, Json, "[]";
    /// A JSON array of texts, as text.
    Texts = Kind::Texts, Json, "[]";
}
