# syntax=docker/dockerfile:1
#
# The image, for linux/amd64 and linux/arm64:
#
#     docker buildx build --platform linux/amd64,linux/arm64 --build-arg VERSION=… .
#
# Its steps are those of `make image`, which builds the same without a daemon: hack/image/compile
# makes the program, hack/image/root lays out the files, and hack/image/pack reads the last stage.

# rustup comes with it; which compiler is used stands in rust-toolchain.toml.
FROM --platform=$BUILDPLATFORM rust:1-bookworm AS build
WORKDIR /kimager
# Each architecture is compiled for on the builder's own: emulation would take an hour.
RUN case $(dpkg --print-architecture) in \
        amd64) cross='gcc-aarch64-linux-gnu libc6-dev-arm64-cross' ;; \
        arm64) cross='gcc-x86-64-linux-gnu libc6-dev-amd64-cross' ;; \
    esac && \
    apt-get update && \
    apt-get install --yes --no-install-recommends $cross && \
    rm -rf /var/lib/apt/lists/*
COPY rust-toolchain.toml ./
RUN rustup toolchain install
COPY hack/image/compile hack/image/
ARG TARGETARCH
# The dependencies, compiled with an empty program, are a layer that changes with Cargo.lock only.
COPY Cargo.toml Cargo.lock ./
RUN mkdir src && touch src/lib.rs && echo 'fn main() {}' >src/main.rs && hack/image/compile "$TARGETARCH"
COPY hack/image/root hack/image/
COPY src src
# Cargo goes by times, and those of the sources may be older than the empty program.
RUN touch src/lib.rs src/main.rs && \
    binary=$(hack/image/compile "$TARGETARCH") && \
    hack/image/root "$binary" /image/root && \
    install -d -m 700 /image/volume

FROM scratch
COPY --from=build /image/root/ /
# A named volume takes over the owner of the folder that it is mounted on.
COPY --from=build --chown=65532:65532 /image/volume/ /var/lib/kimager/
# A number, so that Kubernetes can tell that it is not root.
USER 65532:65532
WORKDIR /var/lib/kimager
# For `kubectl exec deploy/kimager -- kimager history`.
ENV PATH=/usr/bin
# Records, also those of other clusters, and what `kimager demo` writes: nothing else can be written to.
ENV XDG_STATE_HOME=/var/lib
ENV TMPDIR=/var/lib/kimager
ENTRYPOINT ["/usr/bin/kimager"]
ARG VERSION=unknown
ARG REVISION=unknown
LABEL org.opencontainers.image.title="kimager"
LABEL org.opencontainers.image.description="Logs the moment a container image is new to a Kubernetes cluster and the moment no pod uses it any more"
LABEL org.opencontainers.image.url="https://github.com/nickgerace/kimager"
LABEL org.opencontainers.image.source="https://github.com/nickgerace/kimager"
LABEL org.opencontainers.image.documentation="https://github.com/nickgerace/kimager/blob/main/README.md"
LABEL org.opencontainers.image.licenses="Apache-2.0"
LABEL org.opencontainers.image.version="$VERSION"
LABEL org.opencontainers.image.revision="$REVISION"
