#!/usr/bin/env bash
# cargo 1.95.0: a crate that uses sqlx 0.9.0 with the feature for SQLite alone compiles sqlx-core and sqlx-sqlite, as `cargo tree` says.
# `cargo metadata` also says, in `resolve`, that sqlx depends on sqlx-mysql, sqlx-postgres and sqlx-macros, and lists them among the packages,
# while the features that it names for sqlx turn none of them on: features in the form `sqlx-mysql?/migrate` count there as if they
# turned the dependency on. So bills of materials and scanners that read it name crates that are not in the program, and their
# advisories: cargo-cyclonedx 0.5.9 does, with --no-build-deps and for one target too.
# Expected: what `cargo help metadata` says of `resolve`, "Inactivated optional dependencies are not listed". Known since 2022, and open:
# rust-lang/cargo#10801.
#
# Needs cargo and crates.io. Fails when the behaviour is another.
set -euo pipefail
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
cd "$directory"
mkdir src
echo 'fn main() {}' >src/main.rs
cat >Cargo.toml <<'TOML'
[package]
name = "parts"
version = "0.1.0"
edition = "2024"

[dependencies]
sqlx = { version = "=0.9.0", default-features = false, features = ["runtime-tokio", "sqlite-bundled", "migrate"] }
TOML
cargo generate-lockfile --quiet
target=x86_64-unknown-linux-gnu
cargo metadata --format-version 1 --filter-platform $target 2>/dev/null >metadata.json
python3 - >output <<'PYTHON'
import json

metadata = json.load(open("metadata.json"))
names = {package["id"]: package["name"] for package in metadata["packages"]}
for node in metadata["resolve"]["nodes"]:
    if names[node["id"]] == "sqlx":
        print("features:", *sorted(node["features"]))
        print("metadata:", *sorted(dependency["name"].replace("_", "-") for dependency in node["deps"]))
PYTHON
{
    printf 'tree:'
    cargo tree --prefix none --format '{p}' --edges normal --target $target | sed -n 's/^\(sqlx-[a-z-]*\) .*/ \1/p' | sort --unique | tr -d '\n'
    echo
} >>output
cat output
# Seen:
diff output - <<'SEEN'
features: _rt-tokio _sqlite migrate runtime-tokio sqlite-bundled sqlx-sqlite
metadata: sqlx-core sqlx-macros sqlx-mysql sqlx-postgres sqlx-sqlite
tree: sqlx-core sqlx-sqlite
SEEN
