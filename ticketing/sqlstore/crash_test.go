package sqlstore_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/sqlstore"
)

// childDSN tells the test binary, started again, to be the process that is
// killed.
const childDSN = "FAIRGATE_TICKETING_CRASH_DSN"

// TestCrashChild is not a test of its own: started by TestKillLosesNothing it
// writes without end and prints what was acknowledged.
func TestCrashChild(t *testing.T) {
	dsn := os.Getenv(childDSN)
	if dsn == "" {
		return
	}
	s, err := sqlstore.Open(t.Context(), dsn, sqlstore.Options{})
	require.NoError(t, err)
	var (
		group sync.WaitGroup
		mu    sync.Mutex
	)
	for writer := range 16 {
		group.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%d-%d", writer, i)
				err := s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error {
					return tx.Append(ctx, ticketing.Event{ID: id})
				})
				if err != nil {
					return
				}
				mu.Lock()
				_, err = fmt.Fprintf(os.Stdout, "acknowledged %s\n", id)
				mu.Unlock()
				if err != nil {
					return // the parent has gone
				}
			}
		})
	}
	group.Wait()
}

// TestKillLosesNothing kills a process in the middle of writing: everything it
// acknowledged is there when the database is opened again, once.
func TestKillLosesNothing(t *testing.T) {
	t.Parallel()
	dsn := sqliteDSN(t)
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestCrashChild$")
	child.Env = append(os.Environ(), childDSN+"="+dsn)
	out, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	var acknowledged []string
	for lines := bufio.NewScanner(out); lines.Scan(); {
		var id string
		if _, err := fmt.Sscanf(lines.Text(), "acknowledged %s", &id); err != nil {
			continue
		}
		if acknowledged = append(acknowledged, id); len(acknowledged) == 500 {
			require.NoError(t, child.Process.Kill())
		}
	}
	require.Error(t, child.Wait(), "it was killed")
	require.GreaterOrEqual(t, len(acknowledged), 500)

	s := open(t, dsn)
	require.NoError(t, s.View(t.Context(), func(ctx context.Context, r ticketing.Reader) error {
		events, err := r.Events(ctx, 0, 1_000_000)
		kept := map[string]int{}
		for i, e := range events {
			kept[e.ID]++
			require.Equal(t, int64(i+1), e.Seq, "no gap")
		}
		for _, id := range acknowledged {
			assert.Equal(t, 1, kept[id], id)
		}
		return err
	}))
}
