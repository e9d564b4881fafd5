package withdrawals_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"fairgate/enforcement/withdrawals"
	"fairgate/ingest/outage/outagetest"
	"fairgate/ingest/sqldb/sqldbtest"
)

func TestDatabaseAwayIsAFewLines(t *testing.T) {
	b, db := outagetest.New(), sqldbtest.SQLite(t)
	s, err := withdrawals.New(t.Context(), db, &orders{}, withdrawals.Options{Now: b.Now, Logger: b.Logger(), Poll: time.Millisecond})
	require.NoError(t, err)
	rename := func(from, to string) {
		_, err := db.Write.ExecContext(t.Context(), `ALTER TABLE `+from+` RENAME TO `+to)
		require.NoError(t, err)
	}
	rename("sweeps", "elsewhere")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); s.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	outagetest.Expect(t, b, "withdrawals not looked for", "withdrawals looked for again", func() { rename("elsewhere", "sweeps") })
}
