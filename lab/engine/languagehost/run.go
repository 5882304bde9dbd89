package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// exitAlreadyShown is the status with which the exec script says that the user has seen the error.
const exitAlreadyShown = 32

// Run executes a Pulumi program and waits for its end. What goes wrong in the program is in the response; the user sees
// it as an error of the program, not of the engine.
func (h *host) Run(call context.Context, request *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	ctx, end := h.begin(call)
	defer end()
	cmd, err := h.program(ctx, request)
	if err != nil {
		return &pulumirpc.RunResponse{Error: err.Error()}, nil
	}
	return result(cmd.Run()), nil
}

// program builds the command line that pulumi-language-python-exec reads.
func (h *host) program(ctx context.Context, request *pulumirpc.RunRequest) (*exec.Cmd, error) {
	python, err := resolve(request.Info)
	if err != nil {
		return nil, err
	}
	if err := python.ValidateVenv(ctx); err != nil {
		return nil, err
	}
	config, err := configuration(request.Config, request.ConfigSecretKeys)
	if err != nil {
		return nil, err
	}
	args := []string{
		"-u", h.script,
		"--monitor", request.MonitorAddress,
		"--engine", h.engine,
		"--project", request.Project,
		"--stack", request.Stack,
		"--organization", request.Organization,
		"--root_directory", request.Info.RootDirectory,
		"--pwd", request.Pwd,
		"--parallel", strconv.Itoa(int(request.Parallel)),
		"--dry_run", strconv.FormatBool(request.DryRun),
		filepath.Join(request.Info.ProgramDirectory, request.Info.EntryPoint),
	}
	cmd, err := python.Command(ctx, append(args, request.Args...)...)
	if err != nil {
		return nil, err
	}
	cmd.Dir = request.Pwd
	cmd.Env = append(environment(cmd), config...)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	return bound(cmd), nil
}

// environment is what the toolchain chose, or this host's own where it chose nothing.
func environment(cmd *exec.Cmd) []string {
	if cmd.Env == nil {
		return os.Environ()
	}
	return cmd.Env
}

// configuration passes the stack's settings the way the Python SDK reads them: JSON, an empty object or list for none.
// Go writes a missing map or slice as null, which the SDK does not accept.
func configuration(values map[string]string, secretKeys []string) ([]string, error) {
	if values == nil {
		values = map[string]string{}
	}
	settings, err := json.Marshal(values)
	if err != nil {
		return nil, err
	}
	keys, err := json.Marshal(append([]string{}, secretKeys...))
	if err != nil {
		return nil, err
	}
	return []string{"PULUMI_CONFIG=" + string(settings), "PULUMI_CONFIG_SECRET_KEYS=" + string(keys)}, nil
}

// result translates the end of the program. The number of a failed exit survives in the text only: the command line
// ends with 1 on all of them.
func result(err error) *pulumirpc.RunResponse {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return &pulumirpc.RunResponse{}
	case !errors.As(err, &exit):
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("problem executing the program: %v", err)}
	case exit.ExitCode() == exitAlreadyShown:
		return &pulumirpc.RunResponse{Bail: true}
	case exit.Exited():
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("Program exited with non-zero exit code: %d", exit.ExitCode())}
	default:
		return &pulumirpc.RunResponse{Error: fmt.Sprintf("Program was ended by a signal: %v", exit)}
	}
}
