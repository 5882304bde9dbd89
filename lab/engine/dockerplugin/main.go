// Command pulumi-resource-docker is the docker resource plugin of the Pulumi engine, built from public Go modules.
//
// It is the kreuzwerker Terraform provider (MPL-2.0) behind Pulumi's own bridge (Apache-2.0), for machines that reach
// package registries but not the place where the official plugin is published.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/terraform-providers/terraform-provider-docker/aiswarm/mapping"
)

// schema is written by the generator in ./schemagen. It is committed because generating it links every code generator
// of Pulumi (a 160 MB program), which would add minutes to each cold build.
//
//go:embed schema.json
var schema []byte

//go:generate go run -tags no_compose ./schemagen schema.json

func main() {
	tfbridge.Main(mapping.Package, mapping.Version, mapping.Provider(), schema)
}
