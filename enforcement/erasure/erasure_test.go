package erasure_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/erasure"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
)

// book is a store that fails as often as it is told to.
type book struct {
	fails int
	calls []enforcement.Erasure
}

func (b *book) Erase(_ context.Context, e enforcement.Erasure) error {
	if b.fails > 0 {
		b.fails--
		return errors.New("away")
	}
	b.calls = append(b.calls, e)
	return nil
}

type feed []erasure.Erased

func (f feed) Erased(_ context.Context, after int64, limit int) (page []erasure.Erased, err error) {
	for _, e := range f {
		if e.Seq > after && len(page) < limit {
			page = append(page, e)
		}
	}
	return page, nil
}

const secret = "a secret of at least thirty-two bytes"

func TestAccountsAreTakenOutOfEveryStoreTwice(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		now := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
		registry := prometheus.NewRegistry()
		s, err := erasure.New(t.Context(), db, "museum", erasure.Options{Now: func() time.Time { return now }, Registry: registry})
		require.NoError(t, err)
		pseudonym, err := erasure.Pseudonyms(secret, "museum")
		require.NoError(t, err)
		one, other := &book{}, &book{fails: 2}
		work := func() (bool, error) {
			return s.Work(t.Context(), pseudonym, erasure.Store{Name: "one", Eraser: one}, erasure.Store{Name: "other", Eraser: other})
		}
		worked, err := work()
		require.NoError(t, err)
		require.False(t, worked)
		asked, err := s.Request(t.Context(), "anna-7", "root", "anna-7 asked for it")
		require.NoError(t, err)
		assert.NotContains(t, asked.Reason, "anna-7")

		worked, err = work()
		require.ErrorContains(t, err, "other: away")
		assert.NotContains(t, err.Error(), "anna-7", "errors name no account")
		assert.True(t, worked)
		worked, err = work()
		require.NoError(t, err)
		assert.False(t, worked, "it waits before it is tried again")
		now = now.Add(6 * time.Second)
		_, err = work()
		require.Error(t, err)
		now = now.Add(6 * time.Second)
		worked, err = work()
		require.NoError(t, err)
		assert.False(t, worked, "longer each time")
		now = now.Add(6 * time.Second)
		_, err = work()
		require.NoError(t, err)
		require.Len(t, other.calls, 1)
		assert.False(t, other.calls[0].Last)
		assert.InDelta(t, 2, value(t, registry, "fairgate_erasure_failures_total"), 0)
		assert.InDelta(t, 1, value(t, registry, "fairgate_erasure_pending_accounts"), 0)

		now = now.Add(time.Hour)
		_, err = work()
		require.NoError(t, err)
		require.Len(t, other.calls, 2)
		last := other.calls[1]
		assert.True(t, last.Last)
		assert.Equal(t, pseudonym("anna-7"), last.Pseudonym)
		assert.Regexp(t, `^erased-[0-9a-f]{32}$`, last.Pseudonym)
		j, err := s.Get(t.Context(), asked.ID)
		require.NoError(t, err)
		assert.Equal(t, erasure.Done, j.Step)
		var names int
		require.NoError(t, db.Read.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM erasures WHERE account <> '' OR reason LIKE '%anna%'`).Scan(&names))
		assert.Zero(t, names, "the queue forgets, too")
		worked, err = work()
		require.NoError(t, err)
		assert.False(t, worked)
		assert.Zero(t, value(t, registry, "fairgate_erasure_pending_accounts"))
		assert.InDelta(t, 1, value(t, registry, "fairgate_erasure_accounts_total"), 0)
	})
}

// value adds up a metric's samples.
func value(t *testing.T, registry *prometheus.Registry, name string) (sum float64) {
	t.Helper()
	families, err := registry.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() == name {
			for _, m := range f.GetMetric() {
				sum += m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
		}
	}
	return sum
}

// TestTheBookingSystemIsFollowed: every account of its record is queued once,
// by whichever process reads it, also over more than one page.
func TestTheBookingSystemIsFollowed(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		record := feed{{Seq: 1, Account: "a1"}, {Seq: 2}}
		for n := range int64(300) {
			record = append(record, erasure.Erased{Seq: 3 + n, Account: "b" + string(rune('a'+n%26))})
		}
		follow := func(s *erasure.Service, want int) {
			ctx, stop := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- s.Follow(ctx, record) }()
			require.Eventually(t, func() bool {
				var n int
				require.NoError(t, db.Read.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM erasures WHERE step = 'first'`).Scan(&n))
				return n == want
			}, 10*time.Second, 5*time.Millisecond)
			stop()
			require.NoError(t, <-ended)
		}
		o := erasure.Options{FeedPoll: time.Millisecond}
		first, err := erasure.New(t.Context(), db, "museum", o)
		require.NoError(t, err)
		follow(first, 301)
		second, err := erasure.New(t.Context(), db, "museum", o)
		require.NoError(t, err)
		follow(second, 301)
		record = append(record, erasure.Erased{Seq: 999, Account: "late"})
		follow(second, 302)
	})
}

func TestBadErasuresAreRefused(t *testing.T) {
	s, err := erasure.New(t.Context(), sqldbtest.SQLite(t), "museum", erasure.Options{})
	require.NoError(t, err)
	for name, bad := range map[string][3]string{
		"no account": {"", "root", "why"}, "nobody asks": {"a", "", "why"}, "no reason": {"a", "root", ""},
		"too long": {strings.Repeat("a", enforcement.MaxKey+1), "root", "why"}, "a zero byte": {"a\x00", "root", "why"},
		"an essay": {"a", "root", strings.Repeat("w", 501)},
	} {
		_, err := s.Request(t.Context(), bad[0], bad[1], bad[2])
		require.ErrorIs(t, err, erasure.ErrBadInput, name)
	}
	list, err := s.List(t.Context())
	require.NoError(t, err)
	assert.Empty(t, list)
	_, err = s.Get(t.Context(), "nothing")
	require.ErrorIs(t, err, erasure.ErrNotFound)
}
