//! Whether the headers of a request are arriving, told from the bytes that a client sends.

/// What every HTTP/2 connection begins with (RFC 9113, section 3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// The length of a frame's header (RFC 9113, section 4.1).
const FRAME_HEADER_LENGTH: usize = 9;

const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// What the bytes so far were.
pub(super) enum Incoming {
    /// This much of the preface.
    Preface(usize),
    Http1,
    Http2(Frame),
}

/// The frame of HTTP/2 that is arriving.
#[derive(Default)]
pub(super) struct Frame {
    header: [u8; FRAME_HEADER_LENGTH],
    header_length: usize,
    payload_left: usize,
    /// Whether headers have begun that another frame goes on with.
    is_continued: bool,
}

impl Incoming {
    /// Takes the bytes that have arrived. Says whether headers are under way after them; none over HTTP/1, where only what
    /// parses them knows.
    pub(super) fn take(&mut self, mut bytes: &[u8]) -> Option<bool> {
        if let Self::Preface(length) = self {
            let expected = &PREFACE[*length..];
            let taken = expected.len().min(bytes.len());
            if bytes[..taken] != expected[..taken] {
                *self = Self::Http1;
            } else if taken < expected.len() {
                *length += taken;
                return Some(true);
            } else {
                bytes = &bytes[taken..];
                *self = Self::Http2(Frame::default());
            }
        }
        match self {
            Self::Http2(frame) => {
                frame.take(bytes);
                Some(frame.are_headers_under_way())
            }
            Self::Preface(_) | Self::Http1 => None,
        }
    }
}

impl Frame {
    fn take(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.header_length < FRAME_HEADER_LENGTH {
                let taken = bytes.len().min(FRAME_HEADER_LENGTH - self.header_length);
                self.header[self.header_length..][..taken].copy_from_slice(&bytes[..taken]);
                self.header_length += taken;
                bytes = &bytes[taken..];
                if self.header_length == FRAME_HEADER_LENGTH {
                    let [a, b, c, ..] = self.header;
                    self.payload_left = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
                }
            } else {
                let taken = bytes.len().min(self.payload_left);
                self.payload_left -= taken;
                bytes = &bytes[taken..];
            }
            if self.header_length == FRAME_HEADER_LENGTH && self.payload_left == 0 {
                let [_, _, _, kind, flags, ..] = self.header;
                if matches!(kind, HEADERS | CONTINUATION) {
                    self.is_continued = flags & END_HEADERS == 0;
                }
                self.header_length = 0;
            }
        }
    }

    fn are_headers_under_way(&self) -> bool {
        let kind = self.header[3];
        let is_partial = match self.header_length {
            0 => false,
            FRAME_HEADER_LENGTH => matches!(kind, HEADERS | CONTINUATION),
            // The frame may become one of headers.
            _ => true,
        };
        self.is_continued || is_partial
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: u8, flags: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).unwrap();
        [&[0, 0, length, kind, flags, 0, 0, 0, 1], payload].concat()
    }

    /// What is said after each byte: `.` for no headers, `h` for headers, `1` for HTTP/1.
    fn said(bytes: &[u8]) -> String {
        let mut incoming = Incoming::Preface(0);
        let one = |byte: &u8| match incoming.take(&[*byte]) {
            None => '1',
            Some(true) => 'h',
            Some(false) => '.',
        };
        bytes.iter().map(one).collect()
    }

    #[test]
    fn http_1_is_known_by_its_first_odd_byte() {
        assert_eq!(said(b"GET /"), "11111");
        assert_eq!(said(b"PUT /"), "h1111");
    }

    #[test]
    fn frames_of_headers_are_told_from_others() {
        let after_preface =
            |frames: &[Vec<u8>]| said(&[PREFACE.as_slice(), &frames.concat()].concat())[23..].to_owned();
        // Settings, a ping's answer, a body.
        for kind in [4, 6, 0] {
            assert_eq!(after_preface(&[frame(kind, 1, b"ab")]), ".hhhhhhhh...");
        }
        assert_eq!(after_preface(&[frame(HEADERS, END_HEADERS, b"ab")]), ".hhhhhhhhhh.");
        assert_eq!(after_preface(&[frame(4, 1, b"")]), ".hhhhhhhh.");
        let continued = [frame(HEADERS, 0, b"a"), frame(CONTINUATION, 0, b""), frame(CONTINUATION, END_HEADERS, b"b")];
        assert_eq!(after_preface(&continued), format!(".{}.", "h".repeat(10 + 9 + 9)));
    }

    #[test]
    fn it_does_not_matter_how_bytes_are_cut() {
        let bytes = [PREFACE.as_slice(), &frame(4, 0, b"abc"), &frame(HEADERS, 0, b"abc")].concat();
        for size in 1..bytes.len() {
            let mut incoming = Incoming::Preface(0);
            let last = bytes.chunks(size).map(|chunk| incoming.take(chunk)).last();
            assert_eq!(last, Some(Some(true)), "{size}");
        }
    }
}
