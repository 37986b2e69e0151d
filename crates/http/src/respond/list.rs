//! Sends lists. A short list is sent whole, with its length; a longer one is streamed in chunks, so that the memory it
//! takes does not grow with the number of rows.

use axum::body::Body;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt as _;
use partbook_repository::{Error, Page, Rows};
use partbook_telemetry::error_chain;
use tokio::sync::mpsc;
use tokio::sync::mpsc::error::SendTimeoutError;
use tracing::Instrument as _;

use crate::header::JSON;
use crate::limits::STALLED_READER_TIMEOUT;
use crate::respond::links::Extent;

/// The longest list that is sent whole, bytes.
const MAX_WHOLE_SIZE: usize = 256 * 1024;
/// The size of a chunk of a longer list, bytes.
const CHUNK_SIZE: usize = 64 * 1024;
/// How many chunks may wait for a slow reader before reading from the database waits too.
const CHANNEL_CAPACITY: usize = 16;

/// Answers an array of rows. The first rows are read before the answer starts, so that a database that is away makes a problem
/// and not a broken list. `headers` makes the headers of what is found.
pub(crate) async fn send_list(page: Page, headers: impl FnOnce(Extent) -> HeaderMap) -> Result<Response, Error> {
    let Page { rows, has_more } = page;
    let mut list = List { rows, is_begun: false };
    let mut text = BytesMut::from(&b"["[..]);
    let mut is_whole = false;
    while !is_whole && text.len() < MAX_WHOLE_SIZE {
        is_whole = !list.next(&mut text).await?;
    }
    let headers = headers(Extent { is_empty: !list.is_begun, has_more });
    let body = if is_whole { Body::from(text.freeze()) } else { Body::from_stream(stream(list, text)) };
    Ok((headers, [(header::CONTENT_TYPE, JSON)], body).into_response())
}

/// A list that is being written.
struct List {
    rows: Rows,
    is_begun: bool,
}

impl List {
    /// Writes the next row, or the end; whether it was a row.
    async fn next(&mut self, out: &mut BytesMut) -> Result<bool, Error> {
        let Some(row) = self.rows.next().await.transpose()? else {
            out.extend_from_slice(b"]");
            return Ok(false);
        };
        if std::mem::replace(&mut self.is_begun, true) {
            out.extend_from_slice(b",");
        }
        out.extend_from_slice(&row.to_json());
        Ok(true)
    }
}

/// The list's text in chunks. Its own task reads the rows ahead, so that a slightly slow reader does not hold the database
/// connection.
fn stream(mut list: List, mut text: BytesMut) -> impl futures_util::Stream<Item = std::io::Result<Bytes>> {
    let (sender, receive) = mpsc::channel::<Option<Bytes>>(CHANNEL_CAPACITY);
    let deliver = async move |piece| {
        let sent = sender.send_timeout(piece, STALLED_READER_TIMEOUT).await;
        // A reader that has disconnected shows in the request's log line.
        if let Err(SendTimeoutError::Timeout(_)) = sent {
            tracing::info!("a list was broken off: its reader is too slow");
        }
        sent.is_ok()
    };
    let reading = async move {
        let mut ended = false;
        while !ended {
            match list.next(&mut text).await {
                Ok(is_row) => ended = !is_row,
                // Logged here because the answer has started: the outermost layer cannot see this error.
                Err(error) => {
                    tracing::error!(error = error_chain(&error), "a list broke off");
                    return;
                }
            }
            // By length and not by row, since rows may be long.
            while text.len() >= CHUNK_SIZE {
                if !deliver(Some(text.split_to(CHUNK_SIZE).freeze())).await {
                    return;
                }
            }
        }
        // Releases the database connection before the reader has received the last chunk.
        drop(list);
        let _ = deliver(Some(text.freeze())).await && deliver(None).await;
    };
    tokio::spawn(reading.in_current_span());
    let pieces = futures_util::stream::unfold(receive, |mut receive| async {
        match receive.recv().await {
            Some(Some(piece)) => Some((Ok(piece), receive)),
            Some(None) => None,
            // An incomplete list must not look complete: the error closes the connection.
            None => Some((Err(std::io::Error::other("the list broke off")), receive)),
        }
    });
    // The compression layer polls once more after the end.
    pieces.fuse()
}
