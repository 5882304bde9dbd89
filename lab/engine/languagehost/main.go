// Command pulumi-language-python lets the Pulumi engine run Python programs, policy packs and plugins.
//
// It stands in for the program of the same name that Pulumi releases, on machines that reach package registries but not
// the place of those releases. It serves the gRPC interface pulumirpc.LanguageRuntime of the Go SDK and leaves all
// Python-specific knowledge (virtual environments, pip, uv, poetry) to the SDK's package python/toolchain. Not offered:
// code generation (convert, gen-sdk), the debugger and the `typechecker` option, which is refused.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/logging"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// execName is the Python script that runs a program. It comes from the same SDK and lies beside this executable.
const execName = "pulumi-language-python-exec"

func main() {
	if err := serve(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-language-python:", err)
		os.Exit(1)
	}
}

// serve follows the plugin protocol: the last argument is the engine's address, the first line of standard output is
// the port that this server listens on, and everything after it is shown to the user.
func serve(args []string) error {
	engine, err := parse(args)
	if err != nil {
		return err
	}
	script, err := scriptPath()
	if err != nil {
		return err
	}
	life, err := watch(engine)
	if err != nil {
		return err
	}
	cancel := make(chan bool)
	server, err := rpcutil.ServeWithOptions(rpcutil.ServeOptions{
		Cancel: cancel,
		Init: func(s *grpc.Server) error {
			pulumirpc.RegisterLanguageRuntimeServer(s, &host{engine: engine, script: script, life: life})
			return nil
		},
	})
	if err != nil {
		return err
	}
	fmt.Println(server.Port)
	<-life.Done()
	close(cancel)
	return finish(server.Done)
}

// parse reads the engine's flags with a set of its own: the logging library registers -v and -logtostderr in the
// default set, and a second registration panics.
func parse(args []string) (string, error) {
	flags := flag.NewFlagSet("pulumi-language-python", flag.ContinueOnError)
	flags.String("tracing", "", "accepted and ignored: spans are not sent")
	toStderr := flags.Bool("logtostderr", false, "write the log to standard error")
	verbosity := flags.Int("v", 0, "verbosity of the log")
	if err := flags.Parse(args); err != nil {
		return "", err
	}
	logging.InitLogging(*toStderr, *verbosity, false)
	if flags.NArg() != 1 {
		return "", errors.New("the engine's address must be the only argument; this program is started by pulumi")
	}
	return flags.Arg(0), nil
}

func scriptPath() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	if self, err = filepath.EvalSymlinks(self); err != nil {
		return "", err
	}
	script := filepath.Join(filepath.Dir(self), execName)
	if _, err := os.Stat(script); err != nil {
		return "", fmt.Errorf("%s must lie beside pulumi-language-python: %w", execName, err)
	}
	return script, nil
}
