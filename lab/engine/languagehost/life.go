package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
)

const (
	// grace is what a child gets between SIGTERM and SIGKILL; the engine itself kills this host after 5 seconds.
	grace = 3 * time.Second
	// healthInterval is slow because it is only the second net, behind end of file on standard input.
	healthInterval = 30 * time.Second
)

// watch returns a context that ends when the engine asks for the end (SIGINT, SIGTERM) or is gone.
//
// The engine starts this host in a process group of its own, so a ^C on the terminal does not arrive here, and a killed
// engine sends no signal at all. What does arrive is end of file on standard input, a pipe that the engine holds open.
func watch(engine string) (context.Context, error) {
	life, end := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	if info, err := os.Stdin.Stat(); err == nil && info.Mode()&os.ModeNamedPipe != 0 {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			end()
		}()
	}
	return life, rpcutil.Healthcheck(life, engine, healthInterval, end)
}

// finish waits for running calls, then ends what is left of this process group: programs may have started processes
// that know nothing of their parent's end.
func finish(served <-chan error) error {
	var err error
	select {
	case err = <-served:
	case <-time.After(grace + time.Second):
		err = errors.New("calls were still running when the engine ended")
	}
	if syscall.Getpgrp() == os.Getpid() {
		signal.Ignore(syscall.SIGTERM)
		_ = syscall.Kill(0, syscall.SIGTERM)
	}
	return err
}

// bound makes a child end with its call, and with this host.
//
// Children stay in this host's process group, so that the engine's last SIGKILL reaches them: a grandchild outside of
// it that keeps the inherited standard output open makes the engine wait for ever. Pdeathsig covers the death of this
// host alone.
func bound(cmd *exec.Cmd) *exec.Cmd {
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = grace
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	return cmd
}

// during joins the two reasons to stop a child: its call was cancelled, or this host has to end.
func during(call, life context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(call)
	stop := context.AfterFunc(life, cancel)
	return ctx, func() { stop(); cancel() }
}
