//go:build tools

// Package tools pins the program that hack/workflows/build builds.
package tools

import _ "github.com/rhysd/actionlint/cmd/actionlint"
