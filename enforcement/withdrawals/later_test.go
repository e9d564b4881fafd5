package withdrawals_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/withdrawals"
)

func TestASweepWaitsAndIsForgotten(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		require.NoError(t, f.RequestAfter(t.Context(), sweep("case 1"), 30*time.Second))
		require.NoError(t, f.RequestAfter(t.Context(), sweep("case 1"), 0), "asked twice is asked once")
		f.now = f.now.Add(29 * time.Second)
		f.work(t)
		list, err := f.Of(t.Context(), "museum", "a")
		require.NoError(t, err)
		assert.Empty(t, list, "not yet")

		forgot, err := f.Forget(t.Context(), "museum", "a", "case 1")
		require.NoError(t, err)
		assert.True(t, forgot)
		f.now = f.now.Add(time.Hour)
		f.work(t)
		list, err = f.Of(t.Context(), "museum", "a")
		require.NoError(t, err)
		assert.Empty(t, list, "never")

		require.NoError(t, f.RequestAfter(t.Context(), sweep("case 2"), 30*time.Second))
		f.now = f.now.Add(30 * time.Second)
		forgot, err = f.Forget(t.Context(), "museum", "a", "case 2")
		require.NoError(t, err)
		assert.False(t, forgot, "it is due")
		f.work(t)
		assert.Equal(t, withdrawals.Withdrawn, f.state(t))
		forgot, err = f.Forget(t.Context(), "museum", "a", "nothing")
		require.NoError(t, err)
		assert.False(t, forgot)
	})
}
