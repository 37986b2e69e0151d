//! The headers of a page: `Link` (RFC 8288) and the total (contract section 3).

use axum::http::{HeaderMap, HeaderValue, header};
use partbook_domain::query::{Cursor, ListKey};
use partbook_repository::Extent;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::header::{PREFERENCE_APPLIED, TOTAL_COUNT};

/// What is percent-encoded in a query: all but the unreserved characters (RFC 3986 section 2.3) and the comma, which `sort`
/// is full of.
const IN_QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b',');

/// The longest `Link`, bytes: common proxies refuse answers whose headers are longer than 4 KB together.
const MAX_LINK_LENGTH: usize = 2048;

const SEPARATOR: &str = ", ";

/// How a page's place in its list is told.
pub(crate) enum Walk<'a> {
    /// By the number of rows before it.
    Offset(i64),
    /// By the rows beside it.
    Cursor {
        /// What cursors of the list are good for.
        list: ListKey,
        /// Where the page begins; none for the list's beginning.
        from: Option<&'a Cursor>,
    },
}

/// The place of a page in its list.
pub(crate) struct PageLinks<'a> {
    /// The path of the list.
    pub(crate) path: &'a str,
    /// The request's parameters.
    pub(crate) parameters: &'a [(String, String)],
    /// The page's size; none if no limit applies.
    pub(crate) limit: Option<u32>,
    /// How its place is told.
    pub(crate) walk: Walk<'a>,
    /// What is known of it; none if it has no rows.
    pub(crate) extent: Option<&'a Extent>,
    /// The number of all rows, if the client asked for it.
    pub(crate) total: Option<i64>,
}

/// Where a link leads.
enum Target {
    Begin,
    Offset(i64),
    Cursor(String),
}

impl<'a> Walk<'a> {
    /// As the client tells it: by `offset` if there is one, and by cursors otherwise.
    pub(crate) fn of(parameters: &[(String, String)], offset: i64, list: ListKey, from: Option<&'a Cursor>) -> Self {
        if parameters.iter().any(|(name, _)| name == "offset") {
            Self::Offset(offset)
        } else {
            Self::Cursor { list, from }
        }
    }
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
        let (first, previous, next) = match &self.walk {
            Walk::Offset(offset) => {
                let (previous, next) = self.by_offset(limit, *offset, last);
                (Target::Offset(0), previous.map(Target::Offset), next.map(Target::Offset))
            }
            Walk::Cursor { list, from } => {
                let (previous, next) = self.by_cursor(*from);
                let target = |cursor: Cursor| Target::Cursor(cursor.write(*list));
                (Target::Begin, previous.map(target), next.map(target))
            }
        };
        let mut links: Vec<(&str, String)> = Vec::new();
        let mut room = MAX_LINK_LENGTH;
        for (rel, target) in
            [("next", next), ("prev", previous), ("first", Some(first)), ("last", last.map(Target::Offset))]
        {
            let Some(link) = target.map(|target| self.link(rel, limit, &target)) else { continue };
            if link.len() + SEPARATOR.len() <= room {
                room -= link.len() + SEPARATOR.len();
                links.push((rel, link));
            }
        }
        links.sort_by_key(|(rel, _)| ["first", "prev", "next", "last"].iter().position(|known| known == rel));
        links.into_iter().map(|(_, link)| link).collect::<Vec<_>>().join(SEPARATOR)
    }

    /// The offsets of the page before and the page after.
    fn by_offset(&self, limit: i64, offset: i64, last: Option<i64>) -> (Option<i64>, Option<i64>) {
        // Behind the end of the list, the page before is the last one. Which that is, only the total tells.
        let previous = (offset - limit).max(0).min(last.unwrap_or(i64::MAX));
        let has_previous = offset > 0 && !(self.extent.is_none() && last.is_none());
        let has_next = self.extent.is_some_and(|extent| extent.has_more);
        (has_previous.then_some(previous), has_next.then(|| offset.saturating_add(limit)))
    }

    /// The cursors of the page before and the page after.
    fn by_cursor(&self, from: Option<&Cursor>) -> (Option<Cursor>, Option<Cursor>) {
        let is_backward = from.is_some_and(|from| from.is_backward);
        let Some(extent) = self.extent else {
            // The rows that were there have gone: back to where the client comes from.
            let back = from.map(|from| Cursor { is_backward: !is_backward, place: from.place.clone() });
            return if is_backward { (None, back) } else { (back, None) };
        };
        // Where the client comes from, there were rows.
        let (has_previous, has_next) =
            if is_backward { (extent.has_more, true) } else { (from.is_some(), extent.has_more) };
        let previous = Cursor { is_backward: true, place: extent.begin.clone() };
        let next = Cursor { is_backward: false, place: extent.end.clone() };
        (has_previous.then_some(previous), has_next.then_some(next))
    }

    fn link(&self, rel: &str, limit: i64, target: &Target) -> String {
        let encode = |text: &str| utf8_percent_encode(text, IN_QUERY).to_string();
        let others = self.parameters.iter().filter(|(name, _)| !["limit", "offset", "cursor"].contains(&name.as_str()));
        let mut query: Vec<String> = others.map(|(name, value)| format!("{}={}", name, encode(value))).collect();
        query.push(format!("limit={limit}"));
        match target {
            Target::Begin => {}
            Target::Offset(offset) => query.push(format!("offset={offset}")),
            Target::Cursor(cursor) => query.push(format!("cursor={cursor}")),
        }
        format!("<{}?{}>; rel=\"{rel}\"", self.path, query.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use partbook_domain::query::{Place, Position};

    use super::*;

    fn links(parameters: &[(String, String)], offset: i64, has_more: bool, total: Option<i64>) -> Option<String> {
        let [begin, end] = [1, 10].map(at);
        let extent = Extent { has_more, begin, end };
        let extent = (offset != 1000).then_some(&extent);
        let walk = Walk::Offset(offset);
        let page = PageLinks { path: "/v1/listings", parameters, limit: Some(10), walk, extent, total };
        page.headers().get(header::LINK).map(|value| value.to_str().unwrap().to_owned())
    }

    fn at(id: i64) -> Place {
        Place::After(Position { keys: Vec::new(), id })
    }

    /// The previous and the next cursor of a page.
    fn cursors(from: Option<&Cursor>, extent: Option<&Extent>) -> (Option<Cursor>, Option<Cursor>) {
        let walk = Walk::Offset(0);
        let page = PageLinks { path: "", parameters: &[], limit: Some(10), walk, extent, total: None };
        page.by_cursor(from)
    }

    #[test]
    fn cursors_lead_to_where_rows_may_be() {
        let to = |is_backward, id| Some(Cursor { is_backward, place: at(id) });
        let extent = |has_more| Extent { has_more, begin: at(1), end: at(10) };
        let (back, on) = (to(true, 1), to(false, 10));
        assert_eq!(cursors(None, Some(&extent(true))), (None, on.clone()), "the first page");
        assert_eq!(cursors(None, Some(&extent(false))), (None, None), "the only page");
        assert_eq!(cursors(None, None), (None, None), "no page");
        let (forward, backward) = (to(false, 5), to(true, 5));
        assert_eq!(cursors(forward.as_ref(), Some(&extent(true))), (back.clone(), on.clone()));
        assert_eq!(cursors(forward.as_ref(), Some(&extent(false))), (back.clone(), None), "the last page");
        assert_eq!(cursors(backward.as_ref(), Some(&extent(true))), (back, on.clone()));
        assert_eq!(cursors(backward.as_ref(), Some(&extent(false))), (None, on), "the first page again");
        assert_eq!(cursors(forward.as_ref(), None), (backward.clone(), None), "behind the end");
        assert_eq!(cursors(backward.as_ref(), None), (None, forward), "before the beginning");
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
