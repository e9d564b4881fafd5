package sqlstore_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
	"fairgate/scoring/warmup"
	"fairgate/scoring/warmup/sqlstore"
)

func TestStore(t *testing.T) {
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		s, err := sqlstore.Open(t.Context(), db)
		require.NoError(t, err)
		noon := time.Date(2026, 3, 2, 4, 0, 0, 0, time.UTC)
		report := func(at time.Time, counted map[string]time.Time) map[string]warmup.Record {
			t.Helper()
			require.NoError(t, s.Report(t.Context(), at, counted))
			all, err := s.Records(t.Context())
			require.NoError(t, err)
			return all
		}
		all, err := s.Records(t.Context())
		require.NoError(t, err)
		assert.Empty(t, all)

		all = report(noon, map[string]time.Time{"a": noon, "b": noon})
		assert.Equal(t, warmup.Record{Definition: "a", Counted: noon, Seen: noon}, all["a"])
		later := noon.Add(time.Minute)
		all = report(later, map[string]time.Time{"a": noon, "c": later})
		assert.Equal(t, later, all["a"].Seen)
		assert.Equal(t, noon, all["b"].Seen)
		assert.Equal(t, later.Add(warmup.Settle), all["c"].Since)

		require.NoError(t, s.Covered(t.Context(), "c", noon.Add(-time.Hour)))
		require.NoError(t, s.Covered(t.Context(), "c", noon), "never forward")
		require.NoError(t, s.Covered(t.Context(), "none", noon))
		all = report(later, map[string]time.Time{"c": later})
		assert.Equal(t, noon.Add(-time.Hour), all["c"].Since)

		// b was left out while others were counted.
		hour := noon.Add(time.Hour)
		report(hour, map[string]time.Time{"a": noon})
		all = report(hour, map[string]time.Time{"a": noon, "b": hour})
		assert.Equal(t, warmup.Record{Definition: "b", Since: hour.Add(warmup.Settle), Counted: hour, Seen: hour, Before: noon}, all["b"])
		assert.True(t, all["a"].Since.IsZero())
	})
}
