//! The headers of a page: `Link` (RFC 8288) and the total (contract section 3).

use axum::http::{HeaderMap, HeaderValue, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::header::{PREFERENCE_APPLIED, TOTAL_COUNT};

/// What is percent-encoded in a query: all but the unreserved characters (RFC 3986 section 2.3) and the comma, which `sort`
/// is full of.
const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b',');

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
    /// Whether rows follow.
    pub(crate) more: bool,
    /// The number of all rows, if the client asked for it.
    pub(crate) total: Option<i64>,
}

impl PageLinks<'_> {
    /// The page's headers.
    pub(crate) fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(limit) = self.limit.map(i64::from) {
            let last = self.total.map(|total| (total - 1).max(0) / limit * limit);
            let links = [
                Some(("first", 0)),
                (self.offset > 0).then(|| ("prev", (self.offset - limit).max(0))),
                self.more.then(|| ("next", self.offset.saturating_add(limit))),
                last.map(|last| ("last", last)),
            ];
            let links = links.into_iter().flatten().map(|(rel, offset)| self.link(rel, limit, offset));
            if let Ok(value) = HeaderValue::from_str(&links.collect::<Vec<_>>().join(", ")) {
                headers.insert(header::LINK, value);
            }
        }
        if let Some(total) = self.total {
            headers.insert(TOTAL_COUNT, HeaderValue::from(total));
            headers.insert(PREFERENCE_APPLIED, HeaderValue::from_static("count=exact"));
        }
        headers
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
