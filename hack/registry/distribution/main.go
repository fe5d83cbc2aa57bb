// The registry of github.com/distribution/distribution with all its commands. Its own main.go brings
// the storage of three clouds besides, which takes most of the time that a build takes.
package main

import (
	"os"

	"github.com/distribution/distribution/v3/registry"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
)

func main() {
	if registry.RootCmd.Execute() != nil {
		os.Exit(1)
	}
}
