package cases_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/cases"
	"fairgate/ingest"
)

func TestOpenGroups(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		require.NoError(t, f.Record(t.Context(), []enforcement.Finding{finding(1, "bad", ingest.Block, "odd")}))
		_, err := f.Decide(t.Context(), f.open(t, "bad").ID, cases.Decision{Verb: cases.DecideConfirm, Reason: "a farm", Actor: "ann"})
		require.NoError(t, err)
		_, err = f.Raise(t.Context(), groups{size: 3, members: []string{"bad", "one", "two"}})
		require.NoError(t, err)
		reader := cases.NewGroups(f.db)
		open, err := reader.Open(t.Context(), "museum", start.Add(-time.Hour))
		require.NoError(t, err)
		require.Len(t, open, 1)
		assert.Equal(t, "c1", open[0].Cluster)
		assert.Equal(t, 3, open[0].Accounts)
		for name, of := range map[string]struct {
			site  string
			since time.Time
		}{"another site": {"theatre", start.Add(-time.Hour)}, "opened before": {"museum", start.Add(48 * time.Hour)}} {
			none, err := reader.Open(t.Context(), of.site, of.since)
			require.NoError(t, err)
			assert.Empty(t, none, name)
		}
		_, err = f.Decide(t.Context(), open[0].Case, cases.Decision{Verb: cases.DecideClear, Reason: "a family", Actor: "bob"})
		require.NoError(t, err)
		open, err = reader.Open(t.Context(), "museum", start.Add(-time.Hour))
		require.NoError(t, err)
		assert.Empty(t, open, "somebody has decided")
	})
}
