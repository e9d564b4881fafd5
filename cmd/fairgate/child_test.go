package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/app"
)

// child is `fairgate dev` in a process of its own.
type child struct {
	service
	cmd   *exec.Cmd
	ended chan error
}

var greeting = regexp.MustCompile(`(?m)^  (gateway|operators' API|ticketing) +http://(\S+)`)

// startChild starts the program on a data directory and waits until it says
// where everything is.
func startChild(t *testing.T, data string, more ...string) *child {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	c := &child{ended: make(chan error, 1)}
	c.log, c.metrics = newLogBook(t), freeAddress(t)
	c.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), exe,
		append([]string{"dev", "--data", data, "--free-ports", "--metrics", c.metrics}, more...)...)
	c.cmd.Env = append(os.Environ(), app.LibraryEnv+"="+os.Getenv("FAIRGATE_TEST_CHDB"))
	c.cmd.Stdout, c.cmd.Stderr = c.log, c.log
	require.NoError(t, c.cmd.Start())
	t.Cleanup(func() { _ = c.cmd.Process.Kill() })
	go func() { c.ended <- c.cmd.Wait() }()
	require.Eventually(t, func() bool {
		return strings.Contains(c.log.String(), "Ctrl-C ends it cleanly")
	}, 60*time.Second, 20*time.Millisecond, "it does not come up")
	for _, found := range greeting.FindAllStringSubmatch(c.log.String(), -1) {
		switch found[1] {
		case "gateway":
			c.gateway = found[2]
		case "ticketing":
			c.ticketing = found[2]
		default:
			c.operators = found[2]
		}
	}
	c.reveal(t, data)
	return c
}

// kill ends the process as a power cut would.
func (c *child) kill(t *testing.T) {
	t.Helper()
	require.NoError(t, c.cmd.Process.Kill())
	require.Error(t, <-c.ended)
}

// interrupt is Ctrl-C: the process ends in time, of its own accord.
func (c *child) interrupt(t *testing.T) {
	t.Helper()
	begin := time.Now()
	require.NoError(t, c.cmd.Process.Signal(os.Interrupt))
	select {
	case err := <-c.ended:
		require.NoError(t, err, "exit code 0")
	case <-time.After(2 * grace):
		t.Fatal("it does not end")
	}
	assert.Less(t, time.Since(begin), grace)
	assert.Contains(t, c.log.String(), "Ended cleanly")
	t.Logf("ended %s after the signal", time.Since(begin).Round(time.Millisecond))
}

// TestInterruptKeepsWhatWasDecided: Ctrl-C ends the program cleanly, and who
// was blocked is blocked in the next run, although Redis has forgotten.
func TestInterruptKeepsWhatWasDecided(t *testing.T) {
	data := t.TempDir()
	c := startChild(t, data)
	c.openPool(t, "main", 10)
	good, bad := newcomer(t, c.gateway), newcomer(t, c.gateway)
	c.deny(t, bad.account)
	blocked := func(v *visitor) bool {
		r := v.must(t, http.MethodGet, "/api/v1/pools/main/stock", "")
		if r.status != http.StatusOK {
			assert.Equal(t, http.StatusForbidden, r.status)
			assert.Equal(t, "refused", r.field("code"))
			assert.NotEmpty(t, r.field("receipt"))
		}
		return r.status != http.StatusOK
	}
	require.Eventually(t, func() bool { return blocked(bad) }, 2*time.Second, 20*time.Millisecond)
	require.False(t, blocked(good))
	c.interrupt(t)

	c = startChild(t, data)
	good.base, bad.base = "http://"+c.gateway, "http://"+c.gateway
	assert.True(t, blocked(bad), "from the first request on")
	assert.False(t, blocked(good))
	assert.NotContains(t, c.log.String(), "one-time password", "the administrator is still there")
	c.interrupt(t)
}

// TestOneProcessADirectory: a second program does not touch what the first
// works on.
func TestOneProcessADirectory(t *testing.T) {
	dir := t.TempDir()
	data, err := app.OpenData(dir)
	require.NoError(t, err)
	defer func() { require.NoError(t, data.Close()) }()
	exe, err := os.Executable()
	require.NoError(t, err)
	out, err := exec.CommandContext(t.Context(), exe, "dev", "--data", dir, "--free-ports", "--metrics=").CombinedOutput()
	var failed *exec.ExitError
	require.ErrorAs(t, err, &failed)
	assert.Equal(t, 1, failed.ExitCode())
	assert.Equal(t, fmt.Sprintf("fairgate: the data directory is in use by another process: %s\n", dir), string(out))
}
