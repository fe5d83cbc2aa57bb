module kimager.invalid/hack/operator

go 1.26.0

// Nothing is built of it: hack/operator/build takes two files out of it as they are.
require github.com/prometheus-operator/prometheus-operator v0.85.0
