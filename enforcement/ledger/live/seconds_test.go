package live_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/ledger/live"
	"fairgate/ingest"
)

func TestSeconds(t *testing.T) {
	w := newWorld(t)
	w.see("a", 5*time.Second)
	w.see("b", 5*time.Second, refused(ingest.Block, "r"))
	w.see("c", 4*time.Second, refused(ingest.Challenge, "r"))
	w.see("d", 4*time.Second, refused(ingest.Challenge, "r"))
	w.see("e", time.Hour)
	w.see("f", 4*time.Second, func(e *ingest.Event) { e.Site = "theatre" })
	w.write()
	got, err := w.Seconds(t.Context(), site, live.Last(now, time.Minute))
	require.NoError(t, err)
	assert.Equal(t, []live.Second{
		{Time: now.Add(-5 * time.Second), Allow: 1, Block: 1}, {Time: now.Add(-4 * time.Second), Challenge: 2},
	}, got, "exact for what comes again")
	_, err = w.Seconds(t.Context(), site, live.Last(now, time.Hour))
	require.ErrorIs(t, err, live.ErrInvalidStretch)
}
