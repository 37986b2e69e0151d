//! Where a row is in an order.

use crate::value::{Timestamp, Value};

/// The longest position that a cursor holds, bytes. `Link` has two of them, and is itself bounded.
const MAX_POSITION_LENGTH: usize = 384;

/// Where a row is in an order.
#[derive(Clone, Debug, PartialEq)]
pub struct Position {
    /// The values of the keys before the id.
    pub keys: Vec<KeyValue>,
    /// The id, which is the last key.
    pub id: i64,
}

/// The value of a key as it is compared.
#[derive(Clone, Debug, PartialEq)]
pub enum KeyValue {
    /// What the row shows.
    Shown(Value),
    /// What the database compares, as a text, where the row cannot show it.
    Stored(String),
}

impl KeyValue {
    fn text(&self) -> &str {
        match self {
            Self::Shown(value) => value.as_text().unwrap_or_default(),
            Self::Stored(text) => text,
        }
    }
}

impl Position {
    /// Whether a cursor may hold it.
    #[must_use]
    pub fn is_short(&self) -> bool {
        // Parameters have no U+0000, and neither has what they hold.
        let has_room = |text: &str| text.len() <= MAX_POSITION_LENGTH && !text.contains('\0');
        self.keys.iter().all(|key| has_room(key.text())) && self.bytes().len() <= MAX_POSITION_LENGTH
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.append_to(&mut out);
        out
    }

    pub(super) fn append_to(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.id.to_le_bytes());
        for key in &self.keys {
            match key {
                KeyValue::Shown(Value::Null) => out.push(0),
                KeyValue::Shown(Value::Bool(flag)) => out.extend_from_slice(&[1, u8::from(*flag)]),
                KeyValue::Shown(Value::Int(number)) => append(out, 2, &number.to_le_bytes()),
                KeyValue::Shown(Value::Float(number)) => append(out, 3, &number.to_le_bytes()),
                KeyValue::Shown(Value::Time(time)) => append(out, 4, &time.microseconds().to_le_bytes()),
                KeyValue::Shown(Value::Text(_) | Value::Json(_)) => append_text(out, 5, key.text()),
                KeyValue::Stored(_) => append_text(out, 6, key.text()),
            }
        }
    }

    pub(super) fn read(from: &mut &[u8], keys: usize) -> Option<Self> {
        let id = i64::from_le_bytes(array(from)?);
        let keys = (0..keys).map(|_| key_value(from)).collect::<Option<_>>()?;
        Some(Self { keys, id })
    }
}

fn append(out: &mut Vec<u8>, tag: u8, bytes: &[u8]) {
    out.push(tag);
    out.extend_from_slice(bytes);
}

fn append_text(out: &mut Vec<u8>, tag: u8, text: &str) {
    append(out, tag, &u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(text.as_bytes());
}

fn key_value(from: &mut &[u8]) -> Option<KeyValue> {
    let value = match byte(from)? {
        0 => Value::Null,
        1 => Value::Bool(flag(from)?),
        2 => Value::Int(i64::from_le_bytes(array(from)?)),
        // No value is NaN.
        3 => Value::Float(Some(f64::from_le_bytes(array(from)?)).filter(|number| !number.is_nan())?),
        4 => Value::Time(Timestamp::from_microseconds(i64::from_le_bytes(array(from)?))?),
        5 => Value::Text(text(from)?),
        6 => return Some(KeyValue::Stored(text(from)?)),
        _ => return None,
    };
    Some(KeyValue::Shown(value))
}

fn text(from: &mut &[u8]) -> Option<String> {
    let length = u32::from_le_bytes(array(from)?);
    let (text, rest) = from.split_at_checked(length.try_into().ok()?)?;
    *from = rest;
    std::str::from_utf8(text).ok().filter(|text| !text.contains('\0')).map(str::to_owned)
}

pub(super) fn byte(from: &mut &[u8]) -> Option<u8> {
    array::<1>(from).map(|[byte]| byte)
}

pub(super) fn flag(from: &mut &[u8]) -> Option<bool> {
    match byte(from)? {
        0 => Some(false),
        1 => Some(true),
        _ => None,
    }
}

/// Takes so many bytes from the beginning.
pub(super) fn array<const LENGTH: usize>(from: &mut &[u8]) -> Option<[u8; LENGTH]> {
    let (array, rest) = from.split_first_chunk()?;
    *from = rest;
    Some(*array)
}
