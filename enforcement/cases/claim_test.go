package cases_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/cases"
	"fairgate/ingest"
)

func TestAClaimIsForAWhile(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		require.NoError(t, f.Record(t.Context(), []enforcement.Finding{finding(1, "a1", ingest.Flag, "fast")}))
		id := f.open(t, "a1").ID
		assert.Nil(t, f.queue(t, "ann")[0].Claim)
		c, mine, err := f.Claim(t.Context(), "museum", id, "ann")
		require.NoError(t, err)
		assert.True(t, mine)
		assert.Equal(t, cases.Claim{Reviewer: "ann", Until: f.now.Add(cases.ClaimLife)}, c)

		f.now = f.now.Add(5 * time.Minute)
		c, mine, err = f.Claim(t.Context(), "museum", id, "bea")
		require.NoError(t, err)
		assert.False(t, mine)
		assert.Equal(t, "ann", c.Reviewer)
		require.NotNil(t, f.queue(t, "bea")[0].Claim)
		assert.Equal(t, c, *f.queue(t, "bea")[0].Claim)

		f.now = f.now.Add(cases.ClaimLife)
		assert.Nil(t, f.queue(t, "bea")[0].Claim, "it is over")
		_, mine, err = f.Claim(t.Context(), "museum", id, "bea")
		require.NoError(t, err)
		assert.True(t, mine)

		_, _, err = f.Claim(t.Context(), "theatre", id, "ann")
		require.ErrorIs(t, err, cases.ErrNotFound)
		_, _, err = f.Claim(t.Context(), "museum", "nothing", "ann")
		require.ErrorIs(t, err, cases.ErrNotFound)
		_, _, err = f.Claim(t.Context(), "museum", id, "")
		require.ErrorIs(t, err, cases.ErrBadInput)

		f.now = f.now.Add(2 * cases.ClaimLife)
		require.NoError(t, f.Prune(t.Context()))
	})
}

func TestAClustersAccountsAreThoseThatCasesName(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		for i := range 4 { // the third opens a case of the cluster
			flagged := finding(i, fmt.Sprintf("a%d", i), ingest.Flag, "fast")
			flagged.Cluster = "c1"
			require.NoError(t, f.Record(t.Context(), []enforcement.Finding{flagged}))
			list, err := f.InCluster(t.Context(), "museum", "c1", 10)
			require.NoError(t, err)
			assert.Len(t, list, i+1)
		}
		list, err := f.InCluster(t.Context(), "museum", "c1", 2)
		require.NoError(t, err)
		assert.Equal(t, []string{"a0", "a1"}, list)
		list, err = f.InCluster(t.Context(), "theatre", "c1", 10)
		require.NoError(t, err)
		assert.Empty(t, list)
	})
}
