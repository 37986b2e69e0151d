#!/usr/bin/env bash
# utoipa 6.0.0 does not compile without its default features: code outside of the feature `macros` names items of a module
# that only this feature compiles. Expected: the crate's types for OpenAPI documents, without the derive macros.
#
# Needs cargo and the crates registry. Fails when the behaviour is another.
set -euo pipefail
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
mkdir src
echo 'fn main() {}' >src/main.rs
cat >Cargo.toml <<'TOML'
[package]
name = "finding"
version = "0.0.0"
edition = "2024"

[dependencies]
utoipa = { version = "=6.0.0", default-features = false }
TOML
if output=$(cargo check --quiet 2>&1); then
    echo "it compiles"
    exit 1
fi
# Seen: error[E0433]: cannot find `utoipa` in `crate`
grep --max-count=1 'cannot find `utoipa` in `crate`' <<<"$output"
