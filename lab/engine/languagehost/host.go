package main

import (
	"context"
	"strings"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
)

// host serves the engine's calls. Methods that it leaves out answer "unimplemented", which the engine copes with.
type host struct {
	pulumirpc.UnimplementedLanguageRuntimeServer

	// engine is the address of the engine, for log messages of programs.
	engine string
	// script is the path of the Python program that runs a user's program.
	script string
	// life ends when this process has to end.
	life context.Context
	// running holds the cancel functions of running calls, for the engine's Cancel.
	running sync.Map
}

// begin ties a call to the host's life and makes it visible to Cancel.
func (h *host) begin(call context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := during(call, h.life)
	key := new(byte)
	h.running.Store(key, cancel)
	return ctx, func() { h.running.Delete(key); cancel() }
}

// Handshake tells the engine that this host speaks the current protocol.
func (h *host) Handshake(
	context.Context, *pulumirpc.LanguageHandshakeRequest,
) (*pulumirpc.LanguageHandshakeResponse, error) {
	return &pulumirpc.LanguageHandshakeResponse{}, nil
}

// GetPluginInfo reports the version of the SDK that this host is built from.
func (h *host) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: sdk.Version.String()}, nil
}

// Cancel stops programs and plugins; their calls then return.
func (h *host) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	h.running.Range(func(_, cancel any) bool {
		cancel.(context.CancelFunc)()
		return true
	})
	return &emptypb.Empty{}, nil
}

// About describes the interpreter. The engine asks before every preview and update, so this is one bare start of Python
// (-I and -S skip user settings and site packages) instead of the three processes of toolchain.About, one of them pip:
// 0.3 s of CPU less for each run.
func (h *host) About(ctx context.Context, request *pulumirpc.AboutRequest) (*pulumirpc.AboutResponse, error) {
	python, err := resolve(request.Info)
	if err != nil {
		return nil, err
	}
	cmd, err := python.Command(ctx, "-ISc", "import sys; print(sys.executable, sys.version.split()[0], sep='\\n')")
	if err != nil {
		return nil, err
	}
	said, err := cmd.Output()
	if err != nil {
		return nil, err
	}
	executable, version, _ := strings.Cut(strings.TrimSpace(string(said)), "\n")
	return &pulumirpc.AboutResponse{Executable: executable, Version: version}, nil
}

// GetProgramDependencies lists the Python packages for `pulumi about`.
func (h *host) GetProgramDependencies(
	ctx context.Context, request *pulumirpc.GetProgramDependenciesRequest,
) (*pulumirpc.GetProgramDependenciesResponse, error) {
	python, err := resolve(request.Info)
	if err != nil {
		return nil, err
	}
	packages, err := python.ListPackages(ctx, request.TransitiveDependencies)
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.GetProgramDependenciesResponse{}
	for _, p := range packages {
		response.Dependencies = append(response.Dependencies, &pulumirpc.DependencyInfo{Name: p.Name, Version: p.Version})
	}
	return response, nil
}

// InstallDependencies serves `pulumi install`.
func (h *host) InstallDependencies(
	request *pulumirpc.InstallDependenciesRequest, stream pulumirpc.LanguageRuntime_InstallDependenciesServer,
) error {
	python, err := resolve(request.Info)
	if err != nil {
		return err
	}
	stdout, stderr := writers(
		func(p []byte) error { return stream.Send(&pulumirpc.InstallDependenciesResponse{Stdout: p}) },
		func(p []byte) error { return stream.Send(&pulumirpc.InstallDependenciesResponse{Stderr: p}) },
	)
	ctx, end := h.begin(stream.Context())
	defer end()
	return python.InstallDependencies(
		ctx, request.Directory, request.UseLanguageVersionTools, true, stdout, stderr)
}
