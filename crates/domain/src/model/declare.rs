//! The declaration of an entity's fields.

use super::field::{Children, Field};
use crate::value::Value;

/// A struct of fields, as `resource!` declares it: its description, and the way to and from a row's values.
pub trait Fields: Default + validator::Validate {
    /// The fields, in the order of the struct.
    const FIELDS: &'static [Field];
    /// The values, in the order of [`Self::FIELDS`].
    fn into_values(self) -> Vec<Value>;
    /// From values in the order of [`Self::FIELDS`].
    fn from_values(values: Vec<Value>) -> Self;
}

/// Declares an entity's struct. Each field says whether it is `required` or `optional`, its type, what it holds when left
/// out (unless the type says so), and its limits as a `validator` rule; the API document states the same limits.
///
/// The list destructures the struct without `..`: a field cannot be forgotten in one of its uses.
macro_rules! resource {
    ($(#[$meta:meta])* $name:ident {
        $($(#[doc = $doc:literal])+ $presence:ident $field:ident: $ty:ty $(= $default:literal)?
            $(where $rule:ident($($limit:ident = $bound:literal),+))?),+ $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, validator::Validate)]
        pub struct $name {
            $($(#[doc = $doc])+ $(#[validate($rule($($limit = $bound),+))])? pub $field: $ty,)+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: default!($ty $(, $default)?)),+ }
            }
        }

        impl $crate::Fields for $name {
            const FIELDS: &'static [$crate::Field] = &[$(
                $crate::Field::new(
                    stringify!($field),
                    concat!($($doc),+),
                    <$ty as $crate::FieldType>::KIND,
                    <$ty as $crate::FieldType>::NULLABLE,
                    presence!($presence),
                )
                    $(.$rule($crate::Limits { $($limit: Some($bound as f64),)+ ..$crate::Limits::NONE }))?,
            )+];

            fn into_values(self) -> Vec<$crate::Value> {
                let Self { $($field),+ } = self;
                vec![$($crate::FieldType::into_value($field)),+]
            }

            fn from_values(values: Vec<$crate::Value>) -> Self {
                let mut values = values.into_iter().chain(std::iter::repeat($crate::Value::Null));
                Self { $($field: $crate::FieldType::from_value(values.next().unwrap_or($crate::Value::Null))),+ }
            }
        }
    };
}

/// What a field that is left out holds.
macro_rules! default {
    ($ty:ty) => {
        <$ty>::default()
    };
    ($ty:ty, $default:literal) => {
        $default.to_owned()
    };
}

/// Whether a new row must have the field.
macro_rules! presence {
    (required) => {
        true
    };
    (optional) => {
        false
    };
}

/// The names of the fields that break their `validator` rules.
pub(crate) fn validate<T: Fields>(values: Vec<Value>) -> Vec<String> {
    match T::from_values(values).validate() {
        Ok(()) => Vec::new(),
        Err(errors) => errors.field_errors().keys().map(|name| name.trim_start_matches("r#").to_owned()).collect(),
    }
}

impl Children {
    /// Children that clients write, with the fields of `T`.
    #[must_use]
    pub const fn of<T: Fields>(
        table: &'static str,
        parent: &'static str,
        type_name: &'static str,
        key: &'static [&'static str],
        max_items: usize,
    ) -> Self {
        let defaults = || T::default().into_values();
        Self {
            table,
            parent,
            type_name,
            fields: T::FIELDS,
            max_items,
            key,
            search: &[],
            defaults,
            validate: validate::<T>,
        }
    }
}
