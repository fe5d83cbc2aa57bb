# What there is to do in this repository; `make` alone lists it.

.DEFAULT_GOAL := help
.PHONY: help cluster test

help: ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/  \1|\2/p' $(MAKEFILE_LIST) | while IFS='|' read -r name does; do \
		printf '  %-12s %s\n' $$name "$$does"; done

cluster: ## build kube-apiserver and etcd for the tests (ten minutes the first time)
	@hack/cluster/build

test: ## run all tests, also those on a real control plane
	assets=$$(hack/cluster/build) && KUBEBUILDER_ASSETS=$$assets cargo test --features cluster-tests
