package lists_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairgate/enforcement/lists"
	"fairgate/ingest/outage/outagetest"
	"fairgate/ingest/sqldb/sqldbtest"
)

// run runs something until the test ends.
func run(t *testing.T, f func(context.Context)) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); f(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
}

func TestMarksAwayAreAFewLines(t *testing.T) {
	b, marks := outagetest.New(), newMemoryMarks()
	marks.away = errors.New("away")
	s, err := lists.New(t.Context(), sqldbtest.SQLite(t), marks, lists.Options{Now: b.Now, Logger: b.Logger(), Poll: time.Millisecond})
	require.NoError(t, err)
	run(t, s.Run)
	outagetest.Expect(t, b, "marks not checked", "marks checked again", func() {
		marks.mu.Lock()
		defer marks.mu.Unlock()
		marks.away = nil
	})
}

func TestSnapshotAwayIsAFewLines(t *testing.T) {
	b, db := outagetest.New(), sqldbtest.SQLite(t)
	_, err := lists.New(t.Context(), db, newMemoryMarks(), lists.Options{})
	require.NoError(t, err)
	rename := func(from, to string) {
		_, err := db.Write.ExecContext(t.Context(), `ALTER TABLE `+from+` RENAME TO `+to)
		require.NoError(t, err)
	}
	rename("lists_version", "elsewhere")
	s := lists.OpenSnapshot(t.Context(), db, filepath.Join(t.TempDir(), "lists.json"), lists.Options{Now: b.Now, Logger: b.Logger(), Poll: time.Millisecond})
	run(t, s.Run)
	outagetest.Expect(t, b, "list snapshot not refreshed", "list snapshot refreshed again", func() { rename("elsewhere", "lists_version") })
}
