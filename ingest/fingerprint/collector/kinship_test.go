package collector_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/fingerprint/collector"
)

func TestMeasureKinship(t *testing.T) {
	g := newGate(t, collector.NewMemory(nil))
	one := newHandset(t, g).traits
	sibling, stranger, silent := one, one, collector.Traits{Agent: "x"}
	sibling.Fonts = "ff"
	stranger.Renderer, stranger.Fonts, stranger.Screen.Width = "Adreno 740", "ee", 412
	k, err := collector.MeasureKinship(t.Context(), []collector.Traits{one, one, sibling, stranger, silent}, 0)
	require.NoError(t, err)
	assert.Equal(t, []int{5, 1, 2, 3}, []int{k.Devices, k.Without, k.Families, k.Largest})
	assert.InDelta(t, 6.0/20, k.Shared, 1e-12, "three of ten pairs")
	assert.InDelta(t, 2.0/20, k.Equal, 1e-12, "one of ten")
	assert.Greater(t, k.SharedError, 0.0)
	_, err = collector.MeasureKinship(t.Context(), []collector.Traits{one}, 0)
	require.Error(t, err)
}
