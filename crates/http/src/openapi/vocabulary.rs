//! The document of a database that cannot store every word.

use partbook_domain::{Kind, Vocabulary, registry};
use serde_json::Value;

/// Removes the words that cannot be stored from the schemas of the enumerations that have them.
pub(crate) fn restrict(document: &mut Value, vocabulary: &Vocabulary) {
    match document {
        Value::Object(members) => {
            if let Some(Value::Array(words)) = members.get_mut("enum") {
                restrict_words(words, vocabulary);
            }
            members.values_mut().for_each(|member| restrict(member, vocabulary));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| restrict(item, vocabulary)),
        _ => {}
    }
}

fn restrict_words(words: &mut Vec<Value>, vocabulary: &Vocabulary) {
    let kinds = registry().iter().flat_map(|entity| entity.fields).map(|field| field.kind);
    for kind in kinds {
        let Kind::Enum(enumeration) = kind else { continue };
        let mut listed = words.iter().filter_map(Value::as_str);
        // A schema lists the words of one enumeration, null aside.
        if enumeration.values.iter().all(|word| listed.next() == Some(word)) && listed.next().is_none() {
            words.retain(|word| word.as_str().is_none_or(|word| vocabulary.has(enumeration, word)));
            return;
        }
    }
}
