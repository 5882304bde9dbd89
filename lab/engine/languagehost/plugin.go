package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/pulumi/pulumi/sdk/v3/python/toolchain"
)

// analyzer is the plugin kind of a policy pack.
const analyzer = "analyzer"

// RunPlugin starts a policy pack or a plugin that is written in Python, and streams its output until it ends.
func (h *host) RunPlugin(request *pulumirpc.RunPluginRequest, stream pulumirpc.LanguageRuntime_RunPluginServer) error {
	ctx, end := h.begin(stream.Context())
	defer end()
	python, err := resolve(request.Info)
	if err != nil {
		return err
	}
	if err := python.ValidateVenv(ctx); err != nil {
		return err
	}
	stdout, stderr := writers(
		func(p []byte) error {
			return stream.Send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stdout{Stdout: p}})
		},
		func(p []byte) error {
			return stream.Send(&pulumirpc.RunPluginResponse{Output: &pulumirpc.RunPluginResponse_Stderr{Stderr: p}})
		},
	)
	if request.Kind == analyzer {
		err = runPolicyPack(ctx, python, request, stdout, stderr)
	} else {
		err = runDirectory(ctx, python, request, stdout, stderr)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code := &pulumirpc.RunPluginResponse_Exitcode{Exitcode: int32(exit.ExitCode())}
		return stream.Send(&pulumirpc.RunPluginResponse{Output: code})
	}
	return err
}

// runDirectory runs the folder of a plugin, that is its __main__.py.
func runDirectory(
	ctx context.Context, python toolchain.Toolchain, request *pulumirpc.RunPluginRequest, stdout, stderr io.Writer,
) error {
	cmd, err := pluginCommand(ctx, python, request, append([]string{"-u", pluginFolder(request)}, request.Args...)...)
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd.Run()
}

// runPolicyPack starts a pack once the engine has sent the stack's settings: pulumi.policy reads them from its
// environment, while the engine sends them by gRPC to a pack that already runs. The SDK's proxy stands between the two.
func runPolicyPack(
	ctx context.Context, python toolchain.Toolchain, request *pulumirpc.RunPluginRequest, stdout, stderr io.Writer,
) error {
	proxy, portWriter, err := sdk.NewPolicyProxy(ctx, stdout)
	if err != nil {
		return err
	}
	stack, err := proxy.AwaitConfiguration(ctx)
	if err != nil {
		return err
	}
	args := append([]string{"-u", "-m", "pulumi.policy"}, request.Args...)
	cmd, err := pluginCommand(ctx, python, request, append(args, pluginFolder(request))...)
	if err != nil {
		return err
	}
	settings, err := policyEnvironment(stack)
	if err != nil {
		return err
	}
	cmd.Env = append(cmd.Env, settings...)
	cmd.Stdout, cmd.Stderr = portWriter, stderr
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting the policy pack: %w", err)
	}
	return proxy.Attach(ctx, cmd)
}

// policyEnvironment is empty when the engine runs a pack without a stack, as `pulumi policy publish` does.
func policyEnvironment(stack *pulumirpc.AnalyzerStackConfigureRequest) ([]string, error) {
	if stack == nil {
		return nil, nil
	}
	settings, err := configuration(stack.Config, stack.ConfigSecretKeys)
	if err != nil {
		return nil, err
	}
	return append(settings,
		"PULUMI_ORGANIZATION="+stack.Organization,
		"PULUMI_PROJECT="+stack.Project,
		"PULUMI_STACK="+stack.Stack,
		"PULUMI_DRY_RUN="+strconv.FormatBool(stack.DryRun),
	), nil
}

func pluginFolder(request *pulumirpc.RunPluginRequest) string {
	return filepath.Join(request.Info.ProgramDirectory, request.Info.EntryPoint)
}

// pluginCommand gives the child the environment that the engine chose for it, with the virtual environment activated.
func pluginCommand(
	ctx context.Context, python toolchain.Toolchain, request *pulumirpc.RunPluginRequest, args ...string,
) (*exec.Cmd, error) {
	cmd, err := python.Command(ctx, args...)
	if err != nil {
		return nil, err
	}
	venv, err := python.VirtualEnvPath(ctx)
	if err != nil {
		return nil, err
	}
	cmd.Dir = request.Pwd
	cmd.Env = request.Env
	if venv != "" {
		cmd.Env = toolchain.ActivateVirtualEnv(request.Env, venv)
	}
	return bound(cmd), nil
}
