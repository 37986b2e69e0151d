//! Reading `/metrics`: Prometheus' text format, and what it demands.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use crate::{Answer, Service};

/// How long a figure may take to become what it must be: a request is counted when its last byte is sent, which may be
/// after its client has it.
const FIGURE_TIMEOUT: Duration = Duration::from_secs(20);

/// The figures of one moment.
#[derive(Debug)]
pub struct Scrape {
    /// The type of every family.
    types: BTreeMap<String, String>,
    samples: BTreeMap<Series, f64>,
}

/// A sample's name and its labels, ordered by name.
pub type Series = (String, BTreeMap<String, String>);

impl Scrape {
    /// Reads the format and demands what it demands: each family once, together, with its help and its type; each series
    /// once; counters called `_total`; histograms whole.
    #[track_caller]
    pub fn parse(text: &str) -> Self {
        let mut scrape = Self { types: BTreeMap::new(), samples: BTreeMap::new() };
        let mut helps = BTreeSet::new();
        let mut family = String::new();
        assert!(text.ends_with('\n'), "the last line has an end");
        for line in text.lines().filter(|line| !line.is_empty()) {
            if let Some(rest) = line.strip_prefix("# HELP ") {
                let (name, help) = rest.split_once(' ').unwrap_or_else(|| panic!("help of what? {line}"));
                assert!(!help.trim().is_empty(), "no help: {line}");
                assert!(helps.insert(name.to_owned()), "a family comes once: {line}");
            } else if let Some(rest) = line.strip_prefix("# TYPE ") {
                let (name, kind) = rest.split_once(' ').unwrap_or_else(|| panic!("type of what? {line}"));
                assert!(["counter", "gauge", "histogram"].contains(&kind), "{line}");
                assert!(is_name(name) && !name.contains(':'), "{line}");
                assert_eq!(kind == "counter", name.ends_with("_total"), "{line}");
                assert!(scrape.types.insert(name.to_owned(), kind.to_owned()).is_none(), "a family comes once: {line}");
                name.clone_into(&mut family);
            } else {
                let ((name, labels), value) = sample(line);
                let rest = name.strip_prefix(&family).unwrap_or_else(|| panic!("not in its family {family}: {line}"));
                let parts: &[&str] =
                    if scrape.types[&family] == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
                assert!(parts.contains(&rest), "no sample of its family {family}: {line}");
                assert!(scrape.samples.insert((name, labels), value).is_none(), "a series comes once: {line}");
            }
        }
        assert_eq!(helps, scrape.types.keys().cloned().collect(), "each family has a help and a type");
        scrape.check_values();
        scrape
    }

    fn check_values(&self) {
        for (family, kind) in &self.types {
            if kind == "histogram" {
                for labels in self.label_sets(&format!("{family}_count")) {
                    let buckets = self.buckets(family, &labels);
                    let pairs = buckets.windows(2);
                    assert!(pairs.clone().all(|pair| pair[0].0 < pair[1].0), "{family}: bounds rise: {buckets:?}");
                    assert!(pairs.clone().all(|pair| pair[0].1 <= pair[1].1), "{family}: counts add up: {buckets:?}");
                    let (bound, count) = buckets.last().copied().unwrap_or_else(|| panic!("{family} has no buckets"));
                    assert!(bound.is_infinite(), "{family}: the last bucket holds all");
                    assert_eq!(self.samples.get(&(format!("{family}_count"), labels.clone())), Some(&count));
                    assert!(self.samples[&(format!("{family}_sum"), labels)] >= 0.0);
                }
            } else if kind == "counter" {
                for labels in self.label_sets(family) {
                    let value = self.samples[&(family.clone(), labels)];
                    assert!(value >= 0.0 && value.is_finite(), "{family} {value}");
                }
            }
        }
    }

    /// The labels of every series of this name.
    pub fn label_sets(&self, name: &str) -> Vec<BTreeMap<String, String>> {
        self.samples.keys().filter(|(of, _)| of == name).map(|(_, labels)| labels.clone()).collect()
    }

    /// The upper bounds of a histogram's buckets with their counts.
    pub fn buckets(&self, family: &str, labels: &BTreeMap<String, String>) -> Vec<(f64, f64)> {
        let bucket = format!("{family}_bucket");
        let mut buckets: Vec<(f64, f64)> = self
            .samples
            .iter()
            .filter(|((name, _), _)| *name == bucket)
            .filter_map(|((_, all), count)| {
                let mut rest = all.clone();
                let bound = rest.remove("le").unwrap_or_else(|| panic!("{family}: a bucket without a bound"));
                (rest == *labels).then(|| (bound.parse().expect("a bound is a number"), *count))
            })
            .collect();
        buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
        buckets
    }

    /// The value of the one series with exactly these labels.
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let labels = labels.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.samples.get(&(name.to_owned(), labels)).copied()
    }

    /// The sum of all series that have these labels among theirs.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let has = |all: &BTreeMap<String, String>| {
            labels.iter().all(|(name, value)| all.get(*name).is_some_and(|given| given == value))
        };
        self.samples.iter().filter(|((of, all), _)| of == name && has(all)).map(|(_, value)| value).sum()
    }

    /// Every series, without its value.
    pub fn series(&self) -> BTreeSet<Series> {
        self.samples.keys().cloned().collect()
    }

    /// The families with their types.
    pub fn types(&self) -> &BTreeMap<String, String> {
        &self.types
    }
}

impl Service {
    /// What `/metrics` says now.
    pub async fn metrics(&self) -> Scrape {
        scraped(&self.get("/metrics").await)
    }

    /// The same as soon as something is true of it.
    pub async fn metrics_when(&self, true_of: impl Fn(&Scrape) -> bool) -> Scrape {
        let begin = Instant::now();
        loop {
            let scrape = self.metrics().await;
            if true_of(&scrape) {
                return scrape;
            }
            assert!(begin.elapsed() < FIGURE_TIMEOUT, "the figures do not become what they must be: {scrape:#?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// The figures of an answer.
#[track_caller]
pub fn scraped(answer: &Answer) -> Scrape {
    assert_eq!(answer.status, 200, "{}", answer.text());
    let kind = answer.header("content-type").expect("a content type");
    assert!(kind.starts_with("text/plain") && kind.contains("version=0.0.4"), "{kind}");
    Scrape::parse(answer.text())
}

fn is_name(text: &str) -> bool {
    let begins = text.starts_with(|first: char| first.is_ascii_alphabetic() || "_:".contains(first));
    begins && text.chars().all(|character| character.is_ascii_alphanumeric() || "_:".contains(character))
}

#[track_caller]
fn sample(line: &str) -> (Series, f64) {
    let end = line.find(['{', ' ']).unwrap_or_else(|| panic!("no sample: {line}"));
    let (name, mut rest) = line.split_at(end);
    assert!(is_name(name), "{line}");
    let mut labels = BTreeMap::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while !rest.starts_with('}') {
            let (label, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("no label: {line}"));
            assert!(is_name(label) && !label.contains(':') && !label.starts_with("__"), "{line}");
            let (value, after) = quoted(after).unwrap_or_else(|| panic!("no value of {label}: {line}"));
            assert!(labels.insert(label.to_owned(), value).is_none(), "a label comes once: {line}");
            rest = after.strip_prefix(',').unwrap_or(after);
        }
        rest = &rest[1..];
    }
    let value = rest.trim_start_matches(' ');
    let value = value.parse().unwrap_or_else(|_| panic!("no value, or a timestamp that nobody needs: {line}"));
    ((name.to_owned(), labels), value)
}

/// A label's value up to its closing quote, and what comes after that.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((place, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[place + 1..])),
            '\\' => value.push(match characters.next()?.1 {
                'n' => '\n',
                escaped @ ('"' | '\\') => escaped,
                _ => return None,
            }),
            _ => value.push(character),
        }
    }
    None
}
