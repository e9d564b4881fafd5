package outbox_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/outbox"
	"fairgate/ingest/outage/outagetest"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
)

type log struct {
	away error
	ids  []string
	keys []string
	got  chan struct{}
}

func (l *log) Publish(_ context.Context, messages []outbox.Message) error {
	if l.away != nil {
		return l.away
	}
	for _, m := range messages {
		l.ids, l.keys = append(l.ids, m.ID), append(l.keys, m.Key)
	}
	if l.got != nil {
		close(l.got)
	}
	return nil
}

func add(t *testing.T, db *sqldb.DB, commit bool, keys ...string) {
	t.Helper()
	err := db.InTx(t.Context(), func(tx *sql.Tx) error {
		for _, key := range keys {
			a := enforcement.Action{Time: time.Now(), Kind: enforcement.ActionBlock, Target: enforcement.Target{Entity: "account", Key: key}}
			require.NoError(t, outbox.AppendActions(t.Context(), tx, a))
		}
		if !commit {
			return errors.New("rolled back")
		}
		return nil
	})
	require.Equal(t, commit, err == nil)
}

func TestOnlyWhatIsCommittedIsPublishedInOrder(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		require.NoError(t, outbox.Migrate(t.Context(), db))
		add(t, db, true, "a", "b")
		add(t, db, false, "never")
		for i := range 5 {
			add(t, db, true, fmt.Sprint("c", i))
		}
		l := &log{away: errors.New("away")}
		relay := outbox.NewRelay(db, l, outbox.RelayOptions{Batch: 3})
		_, err := relay.Drain(t.Context())
		require.ErrorIs(t, err, l.away)
		l.away = nil
		n, err := relay.Drain(t.Context())
		require.NoError(t, err)
		assert.Equal(t, 7, n)
		assert.Equal(t, []string{"a", "b", "c0", "c1", "c2", "c3", "c4"}, l.keys)
		n, err = relay.Drain(t.Context())
		require.NoError(t, err)
		assert.Zero(t, n)
	})
}

func TestRunPublishesAndStops(t *testing.T) {
	db := sqldbtest.SQLite(t)
	require.NoError(t, outbox.Migrate(t.Context(), db))
	l := &log{got: make(chan struct{})}
	relay := outbox.NewRelay(db, l, outbox.RelayOptions{Poll: time.Millisecond})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		relay.Run(ctx)
	}()
	add(t, db, true, "a")
	<-l.got
	cancel()
	<-done
	assert.Equal(t, []string{"a"}, l.keys)
}

func TestLogAwayIsAFewLines(t *testing.T) {
	b, db := outagetest.New(), sqldbtest.SQLite(t)
	require.NoError(t, outbox.Migrate(t.Context(), db))
	rename := func(from, to string) {
		_, err := db.Write.ExecContext(t.Context(), `ALTER TABLE `+from+` RENAME TO `+to)
		require.NoError(t, err)
	}
	rename("outbox", "elsewhere")
	relay := outbox.NewRelay(db, &log{}, outbox.RelayOptions{Poll: time.Millisecond, Backoff: time.Millisecond, Now: b.Now, Logger: b.Logger()})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); relay.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	outagetest.Expect(t, b, "outbox not published", "outbox published again", func() { rename("elsewhere", "outbox") })
}
