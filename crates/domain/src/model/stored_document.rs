//! Stored documents as answers show them, whatever other writers put into the column (contract section 10).

use super::field::Kind;
use crate::value::Value;
use crate::value::document::Document;
use crate::value::json::Json;
use crate::value::json_reader;

impl Kind {
    /// A stored document as answers show it: another type than the field's is shown as empty.
    #[must_use]
    pub fn stored_document(self, text: Option<String>) -> Value {
        let begins = |with: char| text.as_deref().is_some_and(|text| text.trim_start().starts_with(with));
        match self {
            Self::Object | Self::Weights if !begins('{') => Value::Json("{}".to_owned().into()),
            Self::Links | Self::Texts | Self::Children(_) if !begins('[') => Value::Json("[]".to_owned().into()),
            Self::Links | Self::Texts => Value::Json(self.stored_items(text.unwrap_or_default())),
            _ => text.map_or(Value::Null, |text| Value::Json(text.into())),
        }
    }

    /// The items of a stored array in the one shape that answers have: earlier writers stored bare addresses beside
    /// objects, and other things than texts.
    fn stored_items(self, text: String) -> Document {
        let Ok(Json::Array(items)) = json_reader::parse(text.as_bytes()) else { return text.into() };
        let shown = items.into_iter().filter_map(|item| match (self, item) {
            (Self::Links, item @ Json::String(_)) => Some(link(item, Json::Null)),
            (Self::Links, item @ Json::Object(_)) | (Self::Texts, item @ Json::String(_)) => Some(item),
            _ => None,
        });
        Document::from(Json::Array(shown.collect()))
    }
}

/// The one shape of a link.
pub(crate) fn link(url: Json, label: Json) -> Json {
    Json::Object([("url".to_owned(), url), ("label".to_owned(), label)].into_iter().collect())
}
