package chdb

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"time"
)

// listenerFD is where a child finds the listening socket of its parent.
const listenerFD = 3

// childConfig is the one line of JSON that a child reads from its standard
// input. It carries the secrets, which therefore stand neither in the argument
// vector nor in the environment.
type childConfig struct {
	Library          string        `json:"library"`
	DataDir          string        `json:"data_dir"`
	Secret           string        `json:"secret"`
	ReaderSecret     string        `json:"reader_secret"`
	Connections      int           `json:"connections"`
	MaxBody          int64         `json:"max_body"`
	MaxExecutionTime time.Duration `json:"max_execution_time"`
	MaxMemory        uint64        `json:"max_memory"`
	ShutdownWait     time.Duration `json:"shutdown_wait"`
}

// childReport is the one line of JSON that a child writes to its standard
// output: that it answers, or why it cannot.
type childReport struct {
	Ready bool   `json:"ready"`
	Error string `json:"error,omitempty"`
}

// ServeChild is the body of the hidden subcommand that a Supervisor starts: it
// reads its configuration from stdin, serves on the socket inherited from the
// parent, and reports on stdout. It ends when ctx ends or when stdin does,
// which is how it notices a stopping or dead parent on every platform.
func ServeChild(ctx context.Context, stdin io.Reader, stdout io.Writer, logger *slog.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	input := bufio.NewReader(stdin)
	line, err := input.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("read the configuration from standard input (this subcommand is started by fairgate itself): %w", err)
	}
	var config childConfig
	if err := json.Unmarshal(line, &config); err != nil {
		return fmt.Errorf("decode the configuration from standard input: %w", err)
	}
	go func() {
		_, _ = io.Copy(io.Discard, input)
		cancel()
	}()
	listener, err := inheritedListener()
	if err == nil {
		err = Serve(ctx, Options{
			Library: config.Library, DataDir: config.DataDir, Listener: listener,
			Secret: config.Secret, ReaderSecret: config.ReaderSecret,
			Connections: config.Connections, MaxBody: config.MaxBody,
			MaxExecutionTime: config.MaxExecutionTime, MaxMemory: config.MaxMemory,
			ShutdownWait: config.ShutdownWait, Logger: logger,
			Ready: func(string) { _ = json.NewEncoder(stdout).Encode(childReport{Ready: true}) },
		})
	}
	if err != nil {
		return errors.Join(err, json.NewEncoder(stdout).Encode(childReport{Error: err.Error()}))
	}
	return nil
}

// inheritedListener takes over the socket passed as a file.
func inheritedListener() (net.Listener, error) {
	file := os.NewFile(listenerFD, "listener")
	if file == nil {
		return nil, errors.New("no listening socket was passed")
	}
	listener, err := net.FileListener(file)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("take over the listening socket: %w", err), file.Close())
	}
	return listener, file.Close()
}
