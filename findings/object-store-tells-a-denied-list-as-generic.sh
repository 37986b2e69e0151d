#!/usr/bin/env bash
# object_store 0.14.2 (crates.io), S3: where a store answers 403 AccessDenied, reading an object and deleting one are
# Error::PermissionDenied, and listing a prefix is Error::Generic, so that a program which tells a missing right by the variant
# takes the most common one, s3:ListBucket, for an unknown failure. The status is in the text of its source only.
# Expected: PermissionDenied for all of them.
#
# Needs cargo, the crates registry and python3. Fails when the behaviour is another.
set -euo pipefail
directory=$(mktemp -d)
server=
trap '[[ $server ]] && kill "$server"; rm -rf "$directory"' EXIT
cd "$directory"
cat >denies.py <<'PYTHON'
import http.server

BODY = b"<?xml version='1.0' encoding='UTF-8'?><Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


class Denies(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(403)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(BODY)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(BODY)

    do_HEAD = do_DELETE = do_GET

    def log_message(self, *arguments):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Denies)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
python3 denies.py >port &
server=$!
until [[ -s port ]]; do sleep 0.1; done
mkdir src
cat >src/main.rs <<'RUST'
use futures_util::TryStreamExt as _;
use object_store::aws::AmazonS3Builder;
use object_store::path::Path;
use object_store::{Error, ObjectStore, ObjectStoreExt as _};

fn variant(error: &Error) -> &'static str {
    match error {
        Error::PermissionDenied { .. } => "PermissionDenied",
        Error::Generic { .. } => "Generic",
        _ => "another",
    }
}

#[tokio::main]
async fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let store = AmazonS3Builder::new()
        .with_endpoint(std::env::args().nth(1).expect("an address"))
        .with_allow_http(true)
        .with_bucket_name("parts")
        .with_region("us-east-1")
        .with_access_key_id("key")
        .with_secret_access_key("secret")
        .build()
        .expect("a store");
    let path = Path::from("one");
    println!("get: {}", variant(&store.get(&path).await.expect_err("denied")));
    println!("head: {}", variant(&store.head(&path).await.expect_err("denied")));
    println!("list: {}", variant(&store.list(None).try_collect::<Vec<_>>().await.expect_err("denied")));
    println!("list_with_delimiter: {}", variant(&store.list_with_delimiter(None).await.expect_err("denied")));
}
RUST
cat >Cargo.toml <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2024"

[dependencies]
futures-util = "=0.3.34"
object_store = { version = "=0.14.2", default-features = false, features = ["aws-base", "reqwest", "ring"] }
# For TLS, without which object_store does not compile.
reqwest = { version = "=0.13.5", default-features = false, features = ["rustls-no-provider"] }
rustls = { version = "=0.23.46", default-features = false, features = ["ring", "std"] }
tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
TOML
cargo build --quiet 2>compiled || { cat compiled >&2; exit 1; }
timeout 60 cargo run --quiet -- "http://127.0.0.1:$(<port)" | tee output
# Seen:
diff output - <<'SEEN'
get: PermissionDenied
head: PermissionDenied
list: Generic
list_with_delimiter: Generic
SEEN
