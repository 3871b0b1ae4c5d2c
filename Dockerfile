# syntax=docker/dockerfile:1

FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
COPY . .
# The caches outlive the layer, so that a change of our code does not build all dependencies again;
# the program is copied out because they are not part of the image.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --profile dist --locked --package switchyard \
    && install -D target/dist/switchyard /out/switchyard

FROM debian:bookworm-slim
# The authorities that outgoing TLS trusts, and the client that health checks use.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/*
# A new volume mounted here inherits the owner of the folder.
RUN useradd --system --uid 10001 --user-group --home-dir /var/lib/switchyard switchyard \
    && install -d -o switchyard -g switchyard -m 0700 /var/lib/switchyard
COPY --from=build /out/switchyard /usr/local/bin/switchyard
USER switchyard
WORKDIR /var/lib/switchyard
# Disables the fast bins of glibc's allocator, which it would consolidate at each large allocation: see
# docs/performance.md.
ENV SWITCHYARD_DATA=/var/lib/switchyard \
    SWITCHYARD_HTTP_LISTEN=0.0.0.0:3010 \
    GLIBC_TUNABLES=glibc.malloc.mxfast=0:glibc.malloc.trim_threshold=8388608
EXPOSE 3010
ENTRYPOINT ["switchyard"]
CMD ["--help"]
