//! What comparing a body with the stored row costs as both grow: ten times the items must cost about ten times the work,
//! not a hundred.
//!
//! `cargo bench -p partbook-domain --bench comparison` prints, for each shape, milliseconds for as many items as a row may have
//! and for a tenth of them (the median of the rounds), and the ratio of the two, which alone can be compared between machines.
//! The stored row has as many items as the body; half of them are alike, so that every comparison runs to its end.

use std::hint::black_box;
use std::time::Instant;

use partbook_domain::edit::{self, Draft, EditMode, Nulls};
use partbook_domain::entity::listing::LISTING;
use partbook_domain::entity::ports_profile::PORTS_PROFILE;
use partbook_domain::entity::profile::PROFILE;
use partbook_domain::{Entity, Kind, Object, Value, Vocabulary, json};

const ROUNDS: usize = 25;

/// A body and the row that it is applied to.
struct Case {
    name: &'static str,
    entity: &'static Entity,
    /// How many items a row may have, or nearly as many.
    most: usize,
    mode: EditMode,
    /// The text of the body with so many items.
    body: fn(usize) -> String,
    /// The same for the body that made the stored row.
    stored: fn(usize) -> String,
}

const CASES: [Case; 6] = [
    Case {
        name: "ports",
        entity: &PORTS_PROFILE,
        most: 250,
        mode: EditMode::Replace,
        body: |n| ports(n, 1),
        stored: |n| ports(n, 2),
    },
    Case {
        name: "components",
        entity: &LISTING,
        most: 1_000,
        mode: EditMode::Replace,
        body: |n| listing(&texts(n, 1)),
        stored: |n| listing(&texts(n, 2)),
    },
    Case {
        name: "weights",
        entity: &PROFILE,
        most: 10_000,
        mode: EditMode::Merge(Nulls::Remove),
        body: |n| weights(n, |i| (i / 2).to_string()),
        stored: |n| weights(n, |i| i.to_string()),
    },
    Case {
        name: "removed weights",
        entity: &PROFILE,
        most: 10_000,
        mode: EditMode::Merge(Nulls::Remove),
        body: |n| weights(n, |_| "null".to_owned()),
        stored: |n| weights(n, |i| i.to_string()),
    },
    Case {
        name: "array elements",
        entity: &LISTING,
        most: 50_000,
        mode: EditMode::Merge(Nulls::Remove),
        body: |n| format!(r#"{{"attributes":{{"a":[{}]}}}}"#, texts(n, 1)),
        stored: |n| format!(r#"{{"title":"t","price_usd":1,"attributes":{{"a":[{}]}}}}"#, texts(n, 2)),
    },
    Case {
        name: "replaced array",
        entity: &LISTING,
        most: 50_000,
        mode: EditMode::Replace,
        body: |n| format!(r#"{{"title":"t","price_usd":1,"attributes":{{"a":[{}]}}}}"#, texts(n, 1)),
        stored: |n| format!(r#"{{"title":"t","price_usd":1,"attributes":{{"a":[{}]}}}}"#, texts(n, 2)),
    },
];

/// So many items, each written by `item`, separated by commas.
fn join(n: usize, item: impl Fn(usize) -> String) -> String {
    (0..n).map(item).collect::<Vec<_>>().join(",")
}

fn ports(n: usize, step: usize) -> String {
    let ports = join(n, |i| format!(r#"{{"type":"USB-C","count":{step},"spec_notes":"{}"}}"#, i * step));
    format!(r#"{{"name":"n","ports":[{ports}]}}"#)
}

fn texts(n: usize, step: usize) -> String {
    join(n, |i| format!(r#""component {}""#, i * step))
}

fn listing(components: &str) -> String {
    format!(r#"{{"title":"t","price_usd":1,"other_components":[{components}]}}"#)
}

fn weights(n: usize, weight: impl Fn(usize) -> String) -> String {
    format!(r#"{{"name":"n","weights_json":{{{}}}}}"#, join(n, |i| format!(r#""w{i}":{}"#, weight(i))))
}

fn object(text: &str) -> Object {
    json::parse(text.as_bytes()).expect("JSON").as_object().expect("an object").clone()
}

/// The values as a database gives them back: text that nobody has parsed yet.
fn stored(case: &Case, n: usize) -> Vec<Value> {
    let Draft { values, errors, .. } = edit::create(case.entity, &object(&(case.stored)(n)), &Vocabulary::default());
    assert!(errors.is_empty(), "{}: {errors:?}", case.name);
    let unread = |value| match value {
        Value::Json(document) => Value::Json(document.as_str().to_owned().into()),
        value => value,
    };
    values.into_iter().map(unread).collect()
}

/// Milliseconds of comparing and matching, the median of the rounds.
fn measure(case: &Case, n: usize, rounds: usize) -> f64 {
    let body = object(&(case.body)(n));
    let mut spent: Vec<f64> = (0..rounds)
        .map(|_| {
            let stored = stored(case, n);
            let begin = Instant::now();
            let draft = edit::update(case.entity, &stored, &body, case.mode, &Vocabulary::default());
            for (index, field) in case.entity.fields.iter().enumerate() {
                if let Kind::Children(children) = field.kind {
                    black_box(children.changes(Some(&stored[index]), &draft.values[index]));
                }
            }
            let spent = begin.elapsed();
            assert!(draft.errors.is_empty() && draft.changed.contains(&true), "{}", case.name);
            spent.as_secs_f64() * 1e3
        })
        .collect();
    spent.sort_by(f64::total_cmp);
    spent[rounds / 2]
}

fn main() {
    // cargo test runs benchmarks too, to see that they work.
    let is_bench = std::env::args().any(|argument| argument == "--bench");
    let (part, rounds) = if is_bench { (1, ROUNDS) } else { (25, 1) };
    println!("{:<16} {:>8} {:>12} {:>12} {:>8}", "", "items", "a tenth", "all", "ratio");
    for case in &CASES {
        let most = case.most / part;
        let [few, many] = [most / 10, most].map(|n| measure(case, n, rounds));
        println!("{:<16} {most:>8} {few:>9.3} ms {many:>9.3} ms {:>8.1}", case.name, many / few);
    }
}
