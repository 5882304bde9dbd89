// Package mapping describes how the Terraform docker provider appears to Pulumi.
//
// The result serves the contract of the Python package pulumi-docker 5.2.0, whose types a Pulumi program uses. The
// names below that differ from the bridge's defaults were read off that package; tests/contract/test_docker_schema.py
// holds the two together. The provider itself is plain upstream: what it ignores or gets wrong, the official plugin
// does too, and a program has to live with it.
package mapping

import (
	"strings"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// Package is the name of the Pulumi package.
const Package = "docker"

// Version is the version of the Python package whose contract is served. The engine accepts a plugin for exactly this
// version only.
const Version = "5.2.0"

// maxNameLength bounds generated names, as in the official plugin.
const maxNameLength = 255

// token forms the type token of a resource or function, for example docker:index/container:Container.
func token(name string) string {
	return Package + ":index/" + strings.ToLower(name[:1]) + name[1:] + ":" + name
}

func resource(name string) *tfbridge.ResourceInfo {
	return &tfbridge.ResourceInfo{Tok: tokens.Type(token(name))}
}

func function(name string) *tfbridge.DataSourceInfo {
	return &tfbridge.DataSourceInfo{Tok: tokens.ModuleMember(token(name))}
}

// container keeps two names singular, as the SDK has them. Its names, ports and fixed addresses are unique on a host,
// so a new container can only be made after the old one is gone.
func container() *tfbridge.ResourceInfo {
	info := resource("Container")
	info.DeleteBeforeReplace = true
	info.Fields = map[string]*tfbridge.SchemaInfo{
		"command":           {Name: "command"},
		"networks_advanced": {Name: "networksAdvanced"},
	}
	return info
}

// remoteImage states its name, which excludes it from automatic naming: it is an image reference, not a label.
func remoteImage() *tfbridge.ResourceInfo {
	info := resource("RemoteImage")
	info.Fields = map[string]*tfbridge.SchemaInfo{"name": {Name: "name"}}
	return info
}

// Provider returns the bridged provider without its schema.
func Provider() tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:           shimv2.NewProvider(provider.New(Version)()),
		Name:        Package,
		Version:     Version,
		Description: "The Terraform docker provider, bridged for a machine that cannot download the official plugin",
		License:     "MPL-2.0",
		Config: map[string]*tfbridge.SchemaInfo{
			"host":          {Default: &tfbridge.DefaultInfo{EnvVars: []string{"DOCKER_HOST"}}},
			"registry_auth": {Name: "registryAuth"},
		},
		Resources: map[string]*tfbridge.ResourceInfo{
			"docker_buildx_builder": resource("BuildxBuilder"),
			"docker_config":         resource("ServiceConfig"),
			"docker_container":      container(),
			"docker_image":          remoteImage(),
			"docker_network":        resource("Network"),
			"docker_plugin":         resource("Plugin"),
			"docker_registry_image": resource("RegistryImage"),
			"docker_secret":         resource("Secret"),
			"docker_service":        resource("Service"),
			"docker_tag":            resource("Tag"),
			"docker_volume":         resource("Volume"),
		},
		DataSources: map[string]*tfbridge.DataSourceInfo{
			"docker_image":                    function("getRemoteImage"),
			"docker_logs":                     function("getLogs"),
			"docker_network":                  function("getNetwork"),
			"docker_plugin":                   function("getPlugin"),
			"docker_registry_image":           function("getRegistryImage"),
			"docker_registry_image_manifests": function("getRegistryImageManifests"),
		},
	}
	info.SetAutonaming(maxNameLength, "-")
	return info
}
