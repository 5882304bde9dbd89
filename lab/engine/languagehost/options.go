package main

import (
	"fmt"
	"strings"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

// resolve reads `runtime.options` of a Pulumi.yaml, PulumiPolicy.yaml or PulumiPlugin.yaml. A relative `virtualenv`
// counts from the folder of that file.
//
// Options are refused rather than ignored when they are unknown: an ignored `typechecker` would let a program pass that
// its author wanted checked.
func resolve(info *pulumirpc.ProgramInfo) (toolchain.Toolchain, error) {
	options := toolchain.PythonOptions{Root: info.RootDirectory, ProgramDir: info.ProgramDirectory}
	for name, raw := range info.Options.AsMap() {
		value, isText := raw.(string)
		if !isText {
			return nil, fmt.Errorf("runtime.options.%s: must be text, got %v", name, raw)
		}
		switch name {
		case "virtualenv":
			options.Virtualenv = value
		case "toolchain":
			if err := setToolchain(&options, value); err != nil {
				return nil, err
			}
		default:
			return nil, fmt.Errorf("runtime.options.%s: must be virtualenv or toolchain; "+
				"this language host knows no other option", name)
		}
	}
	return toolchain.ResolveToolchain(options)
}

func setToolchain(options *toolchain.PythonOptions, name string) error {
	switch strings.ToLower(name) {
	case "auto":
		options.Toolchain = toolchain.Auto
	case "pip":
		options.Toolchain = toolchain.Pip
	case "poetry":
		options.Toolchain = toolchain.Poetry
	case "uv":
		options.Toolchain = toolchain.Uv
	default:
		return fmt.Errorf("runtime.options.toolchain: must be auto, pip, poetry or uv, got %q", name)
	}
	return nil
}
