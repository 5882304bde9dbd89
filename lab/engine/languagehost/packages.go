package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

// pluginFile is what each Pulumi package for Python carries; it names the plugin that serves the package.
type pluginFile struct {
	Resource bool
	Name     string
	Version  string
	Server   string
}

// GetRequiredPackages lists the plugins that the installed Python packages name. It reads files only, so no interpreter
// has to start. Not seen: packages installed in editable mode, whose files lie elsewhere.
func (h *host) GetRequiredPackages(
	ctx context.Context, request *pulumirpc.GetRequiredPackagesRequest,
) (*pulumirpc.GetRequiredPackagesResponse, error) {
	python, err := resolve(request.Info)
	if err != nil {
		return nil, err
	}
	if err := python.ValidateVenv(ctx); err != nil {
		return nil, err
	}
	site, err := sitePackages(ctx, python)
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(site, "*", "pulumi-plugin.json"))
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GetRequiredPackagesResponse{}
	for _, file := range files {
		dependency, err := dependency(file)
		if err != nil {
			return nil, err
		}
		if dependency != nil {
			response.Packages = append(response.Packages, dependency)
		}
	}
	return response, nil
}

// sitePackages is found by its fixed place in a virtual environment; an interpreter outside of one has to be asked.
func sitePackages(ctx context.Context, python toolchain.Toolchain) (string, error) {
	venv, err := python.VirtualEnvPath(ctx)
	if err != nil {
		return "", err
	}
	if venv != "" {
		return filepath.Join(venv, "lib", "python3*", "site-packages"), nil
	}
	cmd, err := python.Command(ctx, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))")
	if err != nil {
		return "", err
	}
	said, err := cmd.Output()
	return strings.TrimSpace(string(said)), err
}

// dependency reads one file; nil means that the package needs no plugin, as pulumi-policy does.
func dependency(file string) (*pulumirpc.PackageDependency, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var plugin pluginFile
	if err := json.Unmarshal(text, &plugin); err != nil {
		return nil, fmt.Errorf("%s: must be JSON: %w", file, err)
	}
	if !plugin.Resource {
		return nil, nil
	}
	folder := filepath.Dir(file)
	if plugin.Name == "" {
		plugin.Name = strings.ReplaceAll(strings.TrimPrefix(filepath.Base(folder), "pulumi_"), "_", "-")
	}
	if plugin.Version == "" {
		plugin.Version = installedVersion(folder)
	}
	return &pulumirpc.PackageDependency{
		Kind: "resource", Name: plugin.Name, Version: plugin.Version, Server: plugin.Server,
	}, nil
}

// installedVersion takes the version from the name of the package's metadata folder beside it: NAME-VERSION.dist-info.
// Empty if there is none; the engine then takes the newest plugin.
func installedVersion(folder string) string {
	found, _ := filepath.Glob(folder + "-*.dist-info")
	if len(found) != 1 {
		return ""
	}
	return strings.TrimSuffix(strings.TrimPrefix(found[0], folder+"-"), ".dist-info")
}
