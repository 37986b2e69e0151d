//! HTTP as bytes on a connection, where a client does what no library does: half a request, or no reading.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// A connection to `host:port`, with or without `http://` before it.
pub fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address.trim_start_matches("http://")).expect("a connection");
    stream.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
    stream
}

/// Sends a request, or the beginning of one.
pub fn send(stream: &mut impl Write, text: &str) {
    stream.write_all(text.as_bytes()).expect("a request");
}

/// Reads the status line and the headers of an answer.
pub fn head(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).expect("an answer");
        head.push(byte[0]);
    }
    String::from_utf8(head).expect("headers in ASCII")
}

/// Reads one answer that has a length: its status line and headers, and its body. The connection stays.
pub fn answer(stream: &mut impl Read) -> (String, String) {
    let head = head(stream);
    let length = header(&head, "content-length").map_or(0, |length| length.parse().expect("a length"));
    let mut body = vec![0; length];
    stream.read_exact(&mut body).expect("a body");
    (head, String::from_utf8(body).expect("UTF-8"))
}

/// The status of an answer.
pub fn status(head: &str) -> u16 {
    head["HTTP/1.1 ".len()..][..3].parse().expect("a status")
}

/// The value of a header.
pub fn header<'head>(head: &'head str, name: &str) -> Option<&'head str> {
    let mut headers = head.lines().skip(1).filter_map(|line| line.split_once(':'));
    headers.find(|(given, _)| given.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

/// Asks over HTTP/2 (RFC 9113) and answers the body. Header names are in lower case.
pub fn http2(address: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    http2_of(address, "localhost", method, path, headers, body)
}

/// The same, of a host.
pub fn http2_of(address: &str, host: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    const DATA: u8 = 0;
    const HEADERS: u8 = 1;
    const SETTINGS: u8 = 4;
    let mut block = Vec::new();
    let own = [(":method", method), (":scheme", "http"), (":path", path), (":authority", host)];
    for (name, value) in own.iter().chain(headers) {
        // A literal that no table has (RFC 7541, section 6.2.2).
        block.push(0);
        for text in [name, value] {
            block.push(u8::try_from(text.len()).ok().filter(|length| *length < 127).expect("a short text"));
            block.extend(text.as_bytes());
        }
    }
    let mut stream = connect(address);
    let mut request = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    // The headers are all there; so is the body.
    for (kind, flags, of, content) in
        [(SETTINGS, 0, 0, &[][..]), (HEADERS, 4, 1, &block), (DATA, 1, 1, body.as_bytes())]
    {
        request.extend(&u32::try_from(content.len()).expect("a short frame").to_be_bytes()[1..]);
        request.extend([kind, flags, 0, 0, 0, of]);
        request.extend(content);
    }
    stream.write_all(&request).expect("a request");
    let mut answer = Vec::new();
    loop {
        let mut frame = [0; 9];
        stream.read_exact(&mut frame).expect("a frame");
        let mut content = vec![0; u32::from_be_bytes([0, frame[0], frame[1], frame[2]]) as usize];
        stream.read_exact(&mut content).expect("a whole frame");
        let (kind, flags, of) = (frame[3], frame[4], frame[8]);
        if of == 1 && kind == DATA {
            answer.extend(content);
        }
        if of == 1 && (kind != DATA || flags & 1 == 1) && !(kind == HEADERS && flags & 1 == 0) {
            assert!(kind == DATA || kind == HEADERS, "no answer, but a frame of kind {kind}");
            return String::from_utf8(answer).expect("UTF-8");
        }
    }
}
