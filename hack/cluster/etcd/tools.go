//go:build tools

// Package tools pins the programs that hack/cluster/build builds.
package tools

import _ "go.etcd.io/etcd/server/v3"
