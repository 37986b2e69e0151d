//! The headers of a page: `Link` (RFC 8288) and the total (contract section 3).

use axum::http::{HeaderMap, HeaderValue, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::header::{PREFERENCE_APPLIED, TOTAL_COUNT};

/// What is percent-encoded in a query: all but the unreserved characters (RFC 3986 section 2.3) and the comma, which `sort`
/// is full of.
const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b',');

/// The longest `Link`, bytes: common proxies refuse answers whose headers are longer than 4 KB together.
const MAX_LINK_LENGTH: usize = 2048;

const SEPARATOR: &str = ", ";

/// What is on a page and after it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Extent {
    /// Whether the page has no rows.
    pub(crate) is_empty: bool,
    /// Whether rows follow.
    pub(crate) has_more: bool,
}

/// The place of a page in its list.
pub(crate) struct PageLinks<'a> {
    /// The path of the list.
    pub(crate) path: &'a str,
    /// The request's parameters.
    pub(crate) parameters: &'a [(String, String)],
    /// The page's size; none if no limit applies.
    pub(crate) limit: Option<u32>,
    /// How many rows are before the page.
    pub(crate) offset: i64,
    /// What is on the page and after it.
    pub(crate) extent: Extent,
    /// The number of all rows, if the client asked for it.
    pub(crate) total: Option<i64>,
}

impl PageLinks<'_> {
    /// The page's headers.
    pub(crate) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(value) = self.limit.and_then(|limit| HeaderValue::from_str(&self.links(limit.into())).ok())
            && !value.is_empty()
        {
            headers.insert(header::LINK, value);
        }
        if let Some(total) = self.total {
            headers.insert(TOTAL_COUNT, HeaderValue::from(total));
            headers.insert(PREFERENCE_APPLIED, HeaderValue::from_static("count=exact"));
        }
        headers
    }

    /// The links in their order. Each repeats the query, so those that matter least are left out of a header that would
    /// become too long.
    fn links(&self, limit: i64) -> String {
        let last = self.total.map(|total| (total - 1).max(0) / limit * limit);
        // Behind the end of the list, the page before is the last one. Which that is, only the total tells.
        let previous = (self.offset - limit).max(0).min(last.unwrap_or(i64::MAX));
        let has_previous = self.offset > 0 && !(self.extent.is_empty && last.is_none());
        let mut links: Vec<(&str, String)> = Vec::new();
        let mut room = MAX_LINK_LENGTH;
        for (rel, offset) in [
            ("next", self.extent.has_more.then(|| self.offset.saturating_add(limit))),
            ("prev", has_previous.then_some(previous)),
            ("first", Some(0)),
            ("last", last),
        ] {
            let Some(link) = offset.map(|offset| self.link(rel, limit, offset)) else { continue };
            if link.len() + SEPARATOR.len() <= room {
                room -= link.len() + SEPARATOR.len();
                links.push((rel, link));
            }
        }
        links.sort_by_key(|(rel, _)| ["first", "prev", "next", "last"].iter().position(|known| known == rel));
        links.into_iter().map(|(_, link)| link).collect::<Vec<_>>().join(SEPARATOR)
    }

    fn link(&self, rel: &str, limit: i64, offset: i64) -> String {
        let encode = |text: &str| utf8_percent_encode(text, IN_QUERY).to_string();
        let others = self.parameters.iter().filter(|(name, _)| name != "limit" && name != "offset");
        let mut query: Vec<String> = others.map(|(name, value)| format!("{}={}", name, encode(value))).collect();
        query.push(format!("limit={limit}"));
        query.push(format!("offset={offset}"));
        format!("<{}?{}>; rel=\"{rel}\"", self.path, query.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn links(parameters: &[(String, String)], offset: i64, has_more: bool, total: Option<i64>) -> Option<String> {
        let extent = Extent { is_empty: offset == 1000, has_more };
        let page = PageLinks { path: "/v1/listings", parameters, limit: Some(10), offset, extent, total };
        page.headers().get(header::LINK).map(|value| value.to_str().unwrap().to_owned())
    }

    fn relations(links: &str) -> Vec<&str> {
        links.split("rel=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect()
    }

    fn ids(count: usize) -> Vec<(String, String)> {
        (1..=count).map(|id| ("cpu_id".to_owned(), id.to_string())).collect()
    }

    #[test]
    fn a_link_that_would_be_too_long_leaves_relations_out() {
        let short = links(&ids(1), 20, true, Some(45)).unwrap();
        assert_eq!(relations(&short), ["first", "prev", "next", "last"]);
        for (count, kept) in [
            (30, &["first", "prev", "next", "last"][..]),
            (60, &["first", "prev", "next"]),
            (90, &["prev", "next"]),
            (120, &["next"]),
        ] {
            let long = links(&ids(count), 20, true, Some(45)).unwrap();
            assert!(long.len() <= MAX_LINK_LENGTH, "{}", long.len());
            assert_eq!(relations(&long), kept, "{count}");
        }
        assert_eq!(links(&ids(300), 20, true, Some(45)), None);
    }

    #[test]
    fn the_page_before_is_not_behind_the_last() {
        let behind = links(&[], 1000, false, Some(45)).unwrap();
        assert!(behind.contains("offset=40>; rel=\"prev\""), "{behind}");
        assert!(behind.contains("offset=40>; rel=\"last\""), "{behind}");
        let empty = links(&[], 1000, false, Some(0)).unwrap();
        assert!(empty.contains("offset=0>; rel=\"prev\""), "{empty}");
        assert_eq!(relations(&links(&[], 1000, false, None).unwrap()), ["first"]);
        let usual = links(&[], 20, true, Some(45)).unwrap();
        assert!(usual.contains("offset=10>; rel=\"prev\""), "{usual}");
    }
}
