// Command schemagen writes the Pulumi schema of the docker plugin to the file named by its only argument.
//
// Run it after an edit of the mapping or a new version of the provider or bridge:
//
//	cd lab/engine/dockerplugin && go generate
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfgen"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/terraform-providers/terraform-provider-docker/aiswarm/mapping"
)

func main() {
	if err := generate(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "schemagen:", err)
		os.Exit(1)
	}
}

// generate takes descriptions from the Terraform schema alone (XInMemoryDocs): the bridge would otherwise look for a
// checkout of the provider's documentation.
func generate(file string) error {
	result, err := tfgen.GenerateSchemaWithOptions(tfgen.GenerateSchemaOptions{
		ProviderInfo:    mapping.Provider(),
		DiagnosticsSink: diag.DefaultSink(os.Stderr, os.Stderr, diag.FormatOptions{Color: colors.Never}),
		XInMemoryDocs:   true,
	})
	if err != nil {
		return err
	}
	text, err := json.Marshal(result.PackageSpec)
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}
