//! The limits on a field's value, stated once: validation enforces them, the API document and the metadata screen show them.

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
