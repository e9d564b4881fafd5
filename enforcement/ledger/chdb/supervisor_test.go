package chdb_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/ledger/chdb"
	"fairgate/enforcement/ledger/chdb/chdbtest"
)

func readAll(t *testing.T, res *http.Response) string {
	t.Helper()
	data, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(data)
}

// insert sends one batch of size rows numbered from first.
func insert(ctx context.Context, db driver.Conn, first, size uint64) error {
	batch, err := db.PrepareBatch(ctx, "INSERT INTO kept")
	if err != nil {
		return err
	}
	for n := first; n < first+size; n++ {
		if err := batch.Append(n, "some text that takes room"); err != nil {
			return err
		}
	}
	return batch.Send()
}

func TestKillingTheChildLosesNoAcknowledgedBatch(t *testing.T) {
	registry := prometheus.NewRegistry()
	supervisor, err := chdb.NewSupervisor(chdbtest.Argv(), chdbtest.Library(t), t.TempDir(),
		chdb.SupervisorOptions{Registerer: registry, MinBackoff: 10 * time.Millisecond})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, supervisor.Stop(context.Background())) })
	require.NoError(t, supervisor.Start(t.Context()))
	addr := supervisor.Addr()
	db := chdbtest.Open(t, supervisor.Writer())
	require.NoError(t, db.Exec(t.Context(), "CREATE TABLE kept (n UInt64, text String) ENGINE = ReplacingMergeTree ORDER BY n"))

	const size, kills = 2_000, 3
	var acknowledged, failed atomic.Uint64
	var ended atomic.Bool
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for !ended.Load() {
			// The same rows again until they are acknowledged.
			if insert(t.Context(), db, acknowledged.Load()*size, size) != nil {
				failed.Add(1)
				continue
			}
			acknowledged.Add(1)
		}
	}()
	for range kills {
		enough := acknowledged.Load() + 3
		require.Eventually(t, func() bool { return acknowledged.Load() >= enough }, 20*time.Second, time.Millisecond)
		pid := supervisor.PID()
		require.NotZero(t, pid)
		require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
		require.Eventually(t, func() bool { now := supervisor.PID(); return now != 0 && now != pid }, 20*time.Second, time.Millisecond)
	}
	ended.Store(true)
	<-stopped

	var count uint64
	require.NoError(t, db.QueryRow(t.Context(), "SELECT count() FROM kept FINAL").Scan(&count))
	assert.GreaterOrEqual(t, count, acknowledged.Load()*size)
	var complete bool
	require.NoError(t, db.QueryRow(t.Context(), "SELECT max(n) + 1 = uniqExact(n) FROM kept").Scan(&complete))
	assert.True(t, complete, "a row is missing in the middle")
	assert.Equal(t, addr, supervisor.Addr())
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, family := range families {
		if family.GetName() == "fairgate_chdb_restarts_total" {
			assert.InDelta(t, kills, family.GetMetric()[0].GetCounter().GetValue(), 0)
		}
	}
	t.Logf("%d batches acknowledged, %d failed", acknowledged.Load(), failed.Load())
}

func TestDataSurvivesAnOrderedRestart(t *testing.T) {
	library, dir := chdbtest.Library(t), t.TempDir()
	for run := range uint64(3) {
		supervisor, err := chdb.NewSupervisor(chdbtest.Argv(), library, dir, chdb.SupervisorOptions{})
		require.NoError(t, err)
		require.NoError(t, supervisor.Start(t.Context()))
		db := chdbtest.Open(t, supervisor.Writer())
		require.NoError(t, db.Exec(t.Context(), "CREATE TABLE IF NOT EXISTS kept (n UInt64, text String) ENGINE = MergeTree ORDER BY n"))
		require.NoError(t, insert(t.Context(), db, run*100, 100))
		var count uint64
		require.NoError(t, db.QueryRow(t.Context(), "SELECT count() FROM kept").Scan(&count))
		assert.Equal(t, (run+1)*100, count)
		began := time.Now()
		require.NoError(t, supervisor.Stop(t.Context()))
		require.NoError(t, supervisor.Stop(t.Context()), "a second stop")
		assert.Less(t, time.Since(began), 5*time.Second)
	}
}

func TestTwoEnginesCannotShareADirectory(t *testing.T) {
	library, dir := chdbtest.Library(t), t.TempDir()
	first, err := chdb.NewSupervisor(chdbtest.Argv(), library, dir, chdb.SupervisorOptions{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, first.Stop(context.Background())) })
	require.NoError(t, first.Start(t.Context()))
	second, err := chdb.NewSupervisor(chdbtest.Argv(), library, dir, chdb.SupervisorOptions{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, second.Stop(context.Background())) })
	require.ErrorContains(t, second.Start(t.Context()), chdb.ErrLocked.Error())
	require.NoError(t, chdbtest.Open(t, first.Writer()).Ping(t.Context()))
}

func TestAFirstStartThatFailsIsTold(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "libchdb.so")
	require.NoError(t, os.WriteFile(broken, []byte("not a library"), 0o600))
	cases := map[string]struct {
		argv []string
		says string
	}{
		"no program":      {[]string{filepath.Join(t.TempDir(), "absent")}, "no such file"},
		"not a library":   {chdbtest.Argv(), "libchdb"},
		"another program": {[]string{"/bin/true"}, "before it was ready"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			supervisor, err := chdb.NewSupervisor(c.argv, broken, t.TempDir(), chdb.SupervisorOptions{Stderr: io.Discard})
			require.NoError(t, err)
			require.ErrorContains(t, supervisor.Start(t.Context()), c.says)
			_, err = http.Get("http://" + supervisor.Addr())
			require.ErrorIs(t, err, syscall.ECONNREFUSED)
			require.NoError(t, supervisor.Stop(t.Context()))
		})
	}
}

func TestTheEndpointStaysOnLoopback(t *testing.T) {
	_, err := chdb.NewSupervisor(chdbtest.Argv(), "x", t.TempDir(), chdb.SupervisorOptions{Addr: "0.0.0.0:0"})
	require.ErrorContains(t, err, "loopback")
}

// TestTheChildEndsWithItsParent kills a process that supervises an engine.
func TestTheChildEndsWithItsParent(t *testing.T) {
	parent := exec.Command(os.Args[0], parentSubcommand, chdbtest.Library(t), t.TempDir())
	parent.Stderr = os.Stderr
	stdout, err := parent.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, parent.Start())
	var pid int
	_, err = fmt.Fscan(stdout, &pid)
	require.NoError(t, err)
	require.NoError(t, syscall.Kill(pid, 0), "the child runs")
	require.NoError(t, parent.Process.Kill())
	_ = parent.Wait()
	require.Eventually(t, func() bool { return !running(pid) }, 10*time.Second, 5*time.Millisecond)
}

// running reports whether a process exists that is more than a zombie nobody
// has collected yet.
func running(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !strings.Contains(string(stat), ") Z ")
}

const parentSubcommand = "chdb-parent"

// superviseUntilKilled is the body of the process that the test above kills.
func superviseUntilKilled(library, dir string) error {
	supervisor, err := chdb.NewSupervisor(chdbtest.Argv(), library, dir, chdb.SupervisorOptions{})
	if err != nil {
		return err
	}
	if err := supervisor.Start(context.Background()); err != nil {
		return err
	}
	fmt.Println(supervisor.PID())
	select {}
}
