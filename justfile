# Shortcuts for what CONTRIBUTING.md explains: `just`, or `just RECIPE`. `scripts/tools` installs just itself, below target/.

export PATH := justfile_directory() / "target/tools/bin:" + env("PATH")

# List the recipes.
default:
    @just --list --unsorted

# Run everything that a change must pass: `just check`, or a group of it: files, lints, tests.
check *GROUPS:
    bash .ci/run {{ GROUPS }}

# Format the code.
fmt:
    cargo fmt --all

# Run clippy as CI does.
lint:
    cargo clippy --workspace --all-targets --locked -- -D warnings

# Run all tests, or those with a word in their name: `just test listings`.
test *ARGUMENTS:
    scripts/test {{ ARGUMENTS }}

# Run the tests that need no PostgreSQL: the inner loop.
test-sqlite *ARGUMENTS:
    cargo test --workspace --locked -- --skip ::postgres --skip ::legacy {{ ARGUMENTS }}

# Look at the files of the migrations, and try them on SQLite.
migrations:
    cargo run --quiet --locked -- migrate lint
    cargo test --quiet --locked --package partbook-migrate
    cargo test --quiet --locked --package partbook --test process -- migrations:: --skip ::postgres

# Write what each migration does to the schema beside it, by applying them one by one.
record-migrations:
    INSTA_UPDATE=always scripts/test --test process migrations::

# Make the files that are made from the code; with --check, see whether they are up to date.
generate *ARGUMENTS:
    scripts/generate {{ ARGUMENTS }}

# Hold the service against its API document, and use clients that are made of it.
conformance *ARGUMENTS:
    scripts/conformance {{ ARGUMENTS }}

# Ask a real Prometheus what the dashboards ask, and have an alert sent.
monitoring:
    scripts/check-monitoring

# Make the dashboards; with --check, see whether they are up to date.
dashboards *ARGUMENTS:
    scripts/dashboards {{ ARGUMENTS }}

# Deploy real builds with scripts/deploy.sh and take them back: `just deployments`, or `just deployments --quick`.
deployments *ARGUMENTS:
    scripts/check-deployments {{ ARGUMENTS }}

# Run the service behind real proxies and poolers: `just cases`, or `just cases nginx`.
cases *ARGUMENTS:
    scripts/cases {{ ARGUMENTS }}

# Move routes from a stand-in for the legacy service to Partbook and back, under load: `just take-over nginx`.
take-over *ARGUMENTS:
    scripts/take-over {{ ARGUMENTS }}

# Have an OpenTelemetry Collector read the log: `OTELCOL=… just logs`.
logs:
    PATH=$(scripts/tools):$PATH scripts/check-logs

# Measure against PostgreSQL asked directly, PocketBase and HTTP itself: `just bench`, or `just bench list`.
bench *ARGUMENTS:
    scripts/bench {{ ARGUMENTS }}

# Measure what a request costs as the catalog grows: `just growth`, or `just growth --sizes 5500/20000,100000/400000 sqlite`.
growth *ARGUMENTS:
    scripts/growth {{ ARGUMENTS }}

# Measure what a request costs within the process.
overhead *ARGUMENTS:
    cargo bench --package partbook-http {{ ARGUMENTS }}

# Check a running service from outside: `API_URL=… just smoke --read-only`.
smoke *ARGUMENTS:
    scripts/smoke.sh {{ ARGUMENTS }}
