# Partbook as a container image: the binary and what it is linked against, no shell, no package manager.
#
#   docker build --build-arg PARTBOOK_COMMIT="$(git rev-parse --short=12 HEAD)" --tag partbook .
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges --stop-timeout 45 \
#       --volume partbook:/data --publish 127.0.0.1:8000:8000 partbook
#
# BuildKit is needed (Docker 23 or later has it on). With podman, build with --format docker: the other format cannot
# hold a HEALTHCHECK.

# The version of the PostgreSQL server that is backed up: pg_dump takes none that is later, and what it writes is read by programs
# of its own version or a later one.
ARG POSTGRES_VERSION=15

# The same Debian as the image below, since the binary needs the glibc it was built with, or a later one.
FROM rust:1.95.0-slim-bookworm AS build
WORKDIR /src
COPY . .
# What build.rs would ask git for stays out of the context.
ARG PARTBOOK_COMMIT=unknown
ARG TARGETPLATFORM
# The dependencies, downloaded and compiled, stay in caches that no layer holds; so does the binary but for the copy.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,id=partbook-target-${TARGETPLATFORM},target=/src/target,sharing=locked \
    cargo build --profile dist --locked \
    && install -D target/dist/partbook /out/partbook \
    && install -D --mode 644 --target-directory /out/doc LICENSE-MIT LICENSE-APACHE \
    && scripts/notices >/out/doc/THIRD-PARTY-NOTICES \
    && install -d /out/data

# pg_dump, pg_restore and their libraries: 10 MB, so that backups, those before migrations too, need no second image.
FROM postgres:${POSTGRES_VERSION}-bookworm AS client
ARG POSTGRES_VERSION
COPY scripts/backup-programs /usr/local/bin/
RUN backup-programs "${POSTGRES_VERSION}" /out

# Distroless cc is glibc, libgcc, the TLS roots and the names of a few users; "static" and "base" lack libgcc, and a slim
# Debian has a shell and apt that nobody needs here. The tag follows Debian's security updates, so build with --pull;
# where builds must be repeatable, pin the digest.
FROM gcr.io/distroless/cc-debian12:nonroot
ARG PARTBOOK_COMMIT=unknown
LABEL org.opencontainers.image.title="Partbook" \
      org.opencontainers.image.description="A catalog of PC parts, served over HTTP from PostgreSQL or a SQLite file" \
      org.opencontainers.image.licenses="MIT OR Apache-2.0" \
      org.opencontainers.image.revision="${PARTBOOK_COMMIT}"
COPY --from=client /out /
COPY --from=build /out/partbook /usr/local/bin/partbook
# The licences of Partbook and of everything that is linked into it.
COPY --from=build /out/doc /usr/share/doc/partbook
# By number, so that Kubernetes can see that it is not root. A new named volume takes over the owner of the directory.
COPY --from=build --chown=65532:65532 /out/data /data
USER 65532:65532
# The only place that is written to, SQLite's temporary files included: they go to the working directory where there is no
# other. Without a setting the database is partbook.db there. No DATABASE_URL stands here, because the service refuses to
# choose between it and an operator's DATABASE_URL_FILE.
WORKDIR /data
VOLUME /data
# Others than this machine reach the address, so what they may do without credentials is said: docs/access.md.
ENV PARTBOOK_LISTEN=0.0.0.0:8000 \
    PARTBOOK_ANONYMOUS=read \
    PARTBOOK_LOG_FORMAT=json
EXPOSE 8000
# Then requests have PARTBOOK_DRAIN_DELAY and PARTBOOK_SHUTDOWN_TIMEOUT (30) seconds, the database and the last traces 10
# more. Docker kills after 10 in all, unless --stop-timeout says otherwise.
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["/usr/local/bin/partbook", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/partbook"]
CMD ["serve"]
