//! What holds for every parameter of a list.

use proptest::prelude::*;
use proptest::sample::select;

use super::{ListQuery, parse, sort_keys};
use crate::entity::Entity;
use crate::refusal::field_error::ParameterErrors;
use crate::{Vocabulary, registry};

fn read(entity: &Entity, name: &str, text: &str) -> Result<ListQuery, ParameterErrors> {
    parse(entity, &[(name.to_owned(), text.to_owned())], &Vocabulary::default())
}

proptest! {
    /// A number in the range is taken as it is written; anything else is refused.
    #[test]
    fn pages_are_whole_numbers_in_their_range(text in "[0-9]{1,5}|-?[0-9]{0,3}|[+ ]?[0-9]{1,2}(\\.0)?|[0-9]{18,21}", entity in select(registry())) {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let number = text.parse::<u64>().ok().filter(|_| digits);
        let limit = number.filter(|limit| (1..=u64::from(entity.max_limit)).contains(limit));
        prop_assert_eq!(read(entity, "limit", &text).ok().map(|query| query.limit.map(u64::from)), limit.map(Some));
        let offset = number.and_then(|offset| i64::try_from(offset).ok());
        prop_assert_eq!(read(entity, "offset", &text).ok().map(|query| query.offset), offset);
    }

    /// What is parsed prints as it was sent, but for keys that came before.
    #[test]
    fn an_order_prints_as_it_was_sent(
        entity in select(registry()),
        picks in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 1..6),
        unknown in "[a-z]{0,3}|-",
        place in 0_usize..6,
    ) {
        let keys: Vec<&str> = sort_keys(entity).collect();
        let sent = picks.iter().map(|(pick, descending)| (*pick.get(&keys), *descending)).collect::<Vec<_>>();
        let print = |orders: &[(&str, bool)]| {
            let texts = orders.iter().map(|(key, descending)| format!("{}{key}", if *descending { "-" } else { "" }));
            texts.collect::<Vec<_>>().join(",")
        };
        let query = read(entity, "sort", &print(&sent)).unwrap();
        let mut expected: Vec<(&str, bool)> = Vec::new();
        for (key, descending) in &sent {
            if !expected.iter().any(|(known, _)| known == key) {
                expected.push((key, *descending));
            }
        }
        let parsed: Vec<(&str, bool)> = query.order.iter().map(|order| (order.key, order.descending)).collect();
        prop_assert_eq!(print(&parsed), print(&expected));
        if !keys.contains(&unknown.trim_start_matches('-')) {
            let mut texts: Vec<String> = sent.iter().map(|order| print(&[*order])).collect();
            texts.insert(place.min(texts.len()), unknown);
            prop_assert!(read(entity, "sort", &texts.join(",")).is_err(), "{texts:?}");
        }
    }

    #[test]
    fn a_parameter_that_is_not_known_is_refused(entity in select(registry()), name in "[a-z_]{1,12}(\\[\\])?") {
        let known = super::comparisons(entity).any(|known| known.parameter == name)
            || ["search", "limit", "offset", "cursor", "sort"].contains(&name.as_str());
        let refused = read(entity, &name, "1").err().is_some_and(|errors| format!("{errors:?}").contains("unknown"));
        prop_assert_eq!(refused, !known, "{}", name);
    }
}
