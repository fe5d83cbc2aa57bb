//go:build tools

// Package tools pins the programs that hack/registry/build builds.
package tools

import _ "github.com/regclient/regclient/cmd/regctl"
