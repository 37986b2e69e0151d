//! Sends lists. A short list is sent whole, with its length; a longer one is streamed in chunks, so that the memory it
//! takes does not grow with the number of rows.

use axum::body::Body;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use futures_util::stream::{Stream, try_unfold};
use partbook_domain::Row;
use partbook_repository::{Error, Extent, Page, Rows};
use partbook_telemetry::error_chain;

use crate::header::JSON;

/// The longest list that is sent whole, bytes.
const MAX_WHOLE_SIZE: usize = 256 * 1024;
/// The size of a chunk of a longer list, bytes.
const CHUNK_SIZE: usize = 64 * 1024;

/// How a list is written.
pub(crate) struct Shape {
    pub(crate) begin: String,
    /// Whether `begin` has items already, which the rows follow.
    pub(crate) has_items: bool,
    /// Writes one row.
    pub(crate) row: WriteRow,
    pub(crate) end: String,
}

/// Appends a row as the list shows it.
pub(crate) type WriteRow = Box<dyn Fn(&Row, &mut Vec<u8>) + Send>;

impl Shape {
    /// An array of rows.
    pub(crate) fn array() -> Self {
        Self::rows("[", Box::new(Row::write_json), "]")
    }

    /// Rows alone between two texts.
    pub(crate) fn rows(begin: impl Into<String>, row: WriteRow, end: impl Into<String>) -> Self {
        Self { begin: begin.into(), has_items: false, row, end: end.into() }
    }
}

/// Answers a list of rows. The first rows are read before the answer starts, so that a database that is away makes a problem
/// and not a broken list. `headers` makes the headers of what is found.
pub(crate) async fn send_list(
    page: Page,
    shape: Shape,
    headers: impl FnOnce(Option<&Extent>) -> HeaderMap,
) -> Result<Response, Error> {
    let Page { rows, extent } = page;
    let mut text = BytesMut::from(shape.begin.as_bytes());
    let mut list = List { rows, shape, has_rows: false, row: Vec::new() };
    let mut is_whole = false;
    while !is_whole && text.len() < MAX_WHOLE_SIZE {
        is_whole = !list.next(&mut text).await?;
    }
    let headers = headers(extent.as_ref());
    let body = if is_whole { Body::from(text.freeze()) } else { Body::from_stream(chunks(list, text)) };
    Ok((headers, [(header::CONTENT_TYPE, JSON)], body).into_response())
}

/// A list that is being written.
struct List {
    rows: Rows,
    shape: Shape,
    has_rows: bool,
    /// The text of a row, whose memory the next one's takes.
    row: Vec<u8>,
}

impl List {
    /// Writes the next row, or the end; whether it was a row.
    async fn next(&mut self, out: &mut BytesMut) -> Result<bool, Error> {
        let Some(row) = self.rows.next().await.transpose()? else {
            out.extend_from_slice(self.shape.end.as_bytes());
            return Ok(false);
        };
        if std::mem::replace(&mut self.has_rows, true) || self.shape.has_items {
            out.extend_from_slice(b",");
        }
        self.row.clear();
        (self.shape.row)(&row, &mut self.row);
        out.extend_from_slice(&self.row);
        Ok(true)
    }
}

/// The list's text in chunks, each made when its reader has taken the one before.
fn chunks(list: List, begin: BytesMut) -> impl Stream<Item = Result<Bytes, Error>> {
    let chunks = try_unfold((Some(list), begin), |(mut list, mut text)| async {
        // By length and not by row, since rows may be long.
        while text.len() < CHUNK_SIZE
            && let Some(rows) = &mut list
        {
            match rows.next(&mut text).await {
                Ok(true) => {}
                Ok(false) => list = None,
                // Logged here because the answer has started: the outermost layer cannot see this error. An incomplete
                // list must not look complete, and the error closes the connection.
                Err(error) => {
                    tracing::error!(error = error_chain(&error), "a list broke off");
                    return Err(error);
                }
            }
        }
        let chunk = text.split_to(text.len().min(CHUNK_SIZE)).freeze();
        Ok((!chunk.is_empty()).then_some((chunk, (list, text))))
    });
    // The compression layer polls once more after the end.
    chunks.fuse()
}
