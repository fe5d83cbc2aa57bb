//go:build tools

// Package tools pins the program that hack/helm/build builds.
package tools

import _ "helm.sh/helm/v4/cmd/helm"
