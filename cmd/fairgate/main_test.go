package main

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
)

// TestMain lets the test binary be the program itself: the analytics child of
// an in-process run, and the runs that tests kill, call it with a subcommand,
// which `go test` never does.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && !strings.HasPrefix(os.Args[1], "-") {
		os.Exit(run(os.Args[1:]))
	}
	os.Exit(m.Run())
}

// engine gives what an environment variable names, or skips the test without
// it, unless the engines are required.
func engine(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	switch {
	case value != "":
	case os.Getenv("FAIRGATE_TEST_ENGINES") == "required":
		t.Fatalf("%s is not set", name)
	default:
		t.Skipf("%s is not set", name)
	}
	return value
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// logBook keeps what was logged, to be searched and to be shown where a test
// fails.
type logBook struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func newLogBook(t *testing.T) *logBook {
	t.Helper()
	b := &logBook{}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("logged:\n%s", b.String())
		}
	})
	return b
}

// Write implements io.Writer.
func (b *logBook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

// String is everything so far.
func (b *logBook) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
