# What there is to do in this repository; `make` alone lists it.

.DEFAULT_GOAL := help
.PHONY: help demo test fuzz lint doc deny advisories package image image-by-docker node e2e cluster registry helm chart manifest configuration soak bench-cluster bench-count bench-record bench-scale mutants archive release-version release-chart release-files publish check

help: ## list the targets
	@sed -nE 's/^([a-z0-9-]+):.*## (.*)/  \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name does; do \
		printf '  %-16s %s\n' $$name "$$does"; done

demo: ## watch a simulated cluster
	cargo run --release -- demo

test: ## run all tests, also those on a real control plane and a real registry
	assets=$$(hack/cluster/build) && registry=$$(hack/registry/build) && helm=$$(hack/helm/build) && \
		workflows=$$(hack/workflows/build) && operator=$$(hack/operator/build) && \
		promtool=$$(hack/promtool/build) && \
		KUBEBUILDER_ASSETS=$$assets KIMAGER_REGISTRY_ASSETS=$$registry KIMAGER_HELM_ASSETS=$$helm \
		KIMAGER_WORKFLOW_ASSETS=$$workflows KIMAGER_OPERATOR_ASSETS=$$operator \
		KIMAGER_PROMTOOL_ASSETS=$$promtool \
		cargo test --features cluster-tests

# All targets side by side, or those whose names begin with TARGET.
FOR ?= 10m
fuzz: ## throw damaged input at what reads any, for long: make fuzz FOR=10m TARGET=frames
	FUZZ_FOR=$(FOR) cargo test --profile fuzz --lib -- --nocapture --test-threads 32 fuzz::$(TARGET)

lint: ## check the format, and run clippy on everything
	cargo fmt --check
	cargo clippy --all-targets --features cluster-tests -- -D warnings

# With --examples (there are none) Cargo takes the features that clippy and the tests use, and
# does not check every dependency a second time.
doc: ## build the documentation
	RUSTDOCFLAGS='-D warnings' cargo doc --no-deps --lib --examples --features cluster-tests

deny: ## check the licences, sources and versions of the dependencies
	hack/deny check bans licenses sources

advisories: ## check the dependencies against the RustSec advisories (needs github.com)
	hack/deny check advisories

package: ## build the package as its registry would
	cargo publish --dry-run

image: ## build the image without a daemon, and check it (Linux, as root; five minutes)
	archive=$$(hack/image/build) && hack/image/check $$archive

image-by-docker: ## build the image by its Dockerfile with buildx, and check it (Linux, as root)
	mkdir -p target/image
	docker buildx build --provenance=false --build-arg VERSION=$$(hack/crate-version) \
		--output type=oci,dest=target/image/docker.tar .
	hack/image/check target/image/docker.tar

node: ## make a Kubernetes of one node with the image on it (Linux, as root); hack/node/down ends it
	archive=$$(hack/image/build) && hack/node/up && hack/node/load $$archive

e2e: ## install the chart and do what users do, on a node of its own, or with IMAGE= on the cluster of KUBECONFIG
	hack/e2e $(IMAGE) $(if $(IMAGE),'$(LOAD)')

cluster: ## build the control plane of the tests, and kubectl (twelve minutes the first time)
	@hack/cluster/build

registry: ## build a registry and regctl for the tests (a minute the first time)
	@hack/registry/build

helm: ## build Helm for the tests (three minutes the first time)
	@hack/helm/build

chart: ## lint the chart (make test installs it)
	helm=$$(hack/helm/build) && $$helm/helm lint --strict chart

manifest: ## write deploy/kimager.yaml anew, from the chart
	@helm=$$(hack/helm/build) && KIMAGER_HELM_ASSETS=$$helm hack/manifest > deploy/kimager.yaml.new
	@mv deploy/kimager.yaml.new deploy/kimager.yaml

configuration: ## write anew the tables of docs/configuration.md, from the program's flags and chart/values.yaml, and of docs/monitoring.md, from chart/alerts.yaml
	KIMAGER_WRITE=1 cargo test --test it -- configuration::the_tables alerts::the_table

soak: ## treat a real cluster and kimager badly at random: FOR=10m, SEED= to see much the same again
	assets=$$(hack/cluster/build) && KUBEBUILDER_ASSETS=$$assets KIMAGER_SOAK_FOR=$(or $(FOR),10m) KIMAGER_SOAK_SEED=$(SEED) \
		cargo test --features cluster-tests --test it -- cluster::soak --nocapture

bench-cluster: ## measure what is shipped on a real API server with 30,000 pods (a quarter of an hour)
	assets=$$(hack/cluster/build) && KUBEBUILDER_ASSETS=$$assets cargo bench --profile dist --features cluster-tests --bench cluster

bench-count: ## count instructions beside another revision: BASE=HEAD~1 (valgrind; ten minutes to build)
	KIMAGER_BENCH_BASE=$(BASE) cargo bench --profile dist --bench count

bench-record: ## measure how a record grows and answers (ten minutes)
	cargo bench --profile dist --bench record

bench-scale: ## measure with 1,000 to 1,000,000 pods, and draw docs/plots (a quarter of an hour)
	assets=$$(hack/cluster/build) && KUBEBUILDER_ASSETS=$$assets cargo bench --profile dist --bench scale

mutants: ## break the core in every small way and see a test fail (hours): ARGS="--file src/inventory/pod.rs"
	hack/mutants $(ARGS)

# What a release is made of (RELEASE.md).
archive: ## build and pack the program: SYSTEM=linux|darwin ARCHITECTURE=amd64|arm64
	hack/release/archive $(SYSTEM) $(ARCHITECTURE) target/release-files

release-version: ## tell the version, once all that names it agrees: TAG=v0.2.0
	@hack/release/version $(TAG)

release-chart: ## push the chart, and tell its digest
	@hack/release/chart oci://ghcr.io/nickgerace/charts

release-files: ## put the Krew manifest, the bill of materials and checksums beside the archives
	hack/release/files target/release-files

publish: ## publish the crate
	cargo publish --locked

check: ## do all that .ci/run does
	@bash .ci/run
