// Package chdbtest gives tests an embedded ClickHouse of their own, in a child
// of the test binary. It is for tests only; the packages that read or write
// the ledger use it, and so does chdb itself.
package chdbtest

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/ledger/chdb"
)

// subcommand is the argument that turns the test binary into the child.
const subcommand = "chdb-serve"

// Argv is how the test binary is started as the child.
func Argv() []string { return []string{os.Args[0], subcommand} }

// Main runs the tests, or the child when the binary was started as one. It is
// called from TestMain and returns the process's exit status.
func Main(m *testing.M) int {
	if len(os.Args) < 2 || os.Args[1] != subcommand {
		return m.Run()
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	logger := slog.New(slog.NewJSONHandler(os.Stderr, nil))
	if err := chdb.ServeChild(ctx, os.Stdin, os.Stdout, logger); err != nil {
		logger.ErrorContext(ctx, "child ended", "error", err)
		return 1
	}
	return 0
}

// Library returns the path of libchdb from FAIRGATE_TEST_CHDB. Without it the
// test is skipped, or fails when FAIRGATE_TEST_ENGINES is "required".
func Library(t testing.TB) string {
	t.Helper()
	path := os.Getenv("FAIRGATE_TEST_CHDB")
	if path == "" {
		if os.Getenv("FAIRGATE_TEST_ENGINES") == "required" {
			t.Fatal("FAIRGATE_TEST_CHDB is not set, and FAIRGATE_TEST_ENGINES is required")
		}
		t.Skip("FAIRGATE_TEST_CHDB (the path of libchdb) is not set")
	}
	return path
}

// Start runs an engine on a fresh data directory until the test ends. The test
// binary's TestMain must go through Main.
func Start(t testing.TB) *chdb.Supervisor {
	t.Helper()
	supervisor, err := chdb.NewSupervisor(Argv(), Library(t), t.TempDir(), chdb.SupervisorOptions{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, supervisor.Stop(context.Background())) })
	require.NoError(t, supervisor.Start(t.Context()))
	return supervisor
}

// Open connects clickhouse-go with the given options until the test ends.
func Open(t testing.TB, opts *clickhouse.Options) driver.Conn {
	t.Helper()
	conn, err := clickhouse.Open(opts)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	return conn
}
