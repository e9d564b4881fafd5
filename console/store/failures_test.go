package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/console"
	"fairgate/console/store"
	"fairgate/ingest/sqldb"
)

// told are the entries about sign-ins that failed, the oldest first.
func told(t *testing.T, s *store.Store) (list []string) {
	t.Helper()
	entries, err := s.EntriesAfter(t.Context(), console.AuditFilter{Actor: "nobody"}, 0, 100)
	require.NoError(t, err)
	for _, e := range entries {
		list = append(list, e.Action+" "+e.Object+" "+e.After)
	}
	return list
}

func TestFailedSignInsAreAuditedAndFloodNothing(t *testing.T) {
	begin := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	var now time.Time
	each(t, store.Options{Tries: 5, AddressTries: 1_000, Now: func() time.Time { return now }}, func(t *testing.T, _ *sqldb.DB, s *store.Store) {
		now = begin
		password, err := first(t, s)
		require.NoError(t, err)
		for range 12 {
			_, err := s.SignIn(t.Context(), by("admin", "not the password"))
			require.Error(t, err)
		}
		for i := range 30 {
			_, err := s.SignIn(t.Context(), by(fmt.Sprintf("my-secret-%d", i), "x"))
			require.ErrorIs(t, err, console.ErrBadCredentials)
		}
		assert.Equal(t, []string{
			`session.fail user:admin {"failures":1}`,
			`session.lock user:admin {"failures":6,"locked_for_seconds":300}`,
			`session.fail user:? {"failures":1}`,
		}, told(t, s), "and no name that nobody has")

		now = begin.Add(16 * time.Minute)
		_, err = s.SignIn(t.Context(), by("admin", password))
		require.NoError(t, err)
		_, err = s.Entries(t.Context(), console.AuditFilter{}, 0, 10)
		require.NoError(t, err)
		assert.ElementsMatch(t, []string{
			`session.fail user:admin {"failures":12,"since":"2026-03-01T09:00:00Z"}`,
			`session.fail user:? {"failures":30,"since":"2026-03-01T09:00:00Z"}`,
		}, told(t, s)[3:], "how many there were")
		_, err = s.SignIn(t.Context(), by("admin", "not the password"))
		require.ErrorIs(t, err, console.ErrBadCredentials)
		assert.Len(t, told(t, s), 6, "a new interval")
		for _, line := range told(t, s) {
			assert.False(t, strings.Contains(line, "secret"), line) //nolint:testifylint // the line is named
		}
		_, err = s.Verify(t.Context())
		require.NoError(t, err)
	})
}
