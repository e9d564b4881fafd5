package gatewaybench

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/alicebob/miniredis/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
)

// bucketed counts in whole minutes, as a naive counter would.
func bucketed() fires {
	var mu sync.Mutex
	counts := map[string]map[int64]int{}
	return func(_ context.Context, e *ingest.Event) (bool, error) {
		mu.Lock()
		defer mu.Unlock()
		of := counts[e.Subject.Account]
		if of == nil {
			of = map[int64]int{}
			counts[e.Subject.Account] = of
		}
		minute := e.Time.Unix() / 60
		of[minute]++
		return of[minute] > edgeThreshold, nil
	}
}

func TestEscapesFindsACounterThatHasEdges(t *testing.T) {
	escaped, tries, err := escapes(t.Context(), bucketed(), 60)
	require.NoError(t, err)
	assert.Equal(t, 240, tries)
	// All at once never crosses an edge; over 3 s from 57 of 60 places on, over
	// half a minute from 30 on, over nearly a minute from all but the first.
	assert.Equal(t, 0+3+30+59, escaped)
}

func TestEscapesPassesFailuresOn(t *testing.T) {
	away := errors.New("away")
	_, _, err := escapes(t.Context(), func(context.Context, *ingest.Event) (bool, error) { return false, away }, 2)
	require.ErrorIs(t, err, away)
}

func TestNothingEscapesTheRealCounters(t *testing.T) {
	client := newRedis(miniredis.RunT(t).Addr())
	defer func() { require.NoError(t, client.Close()) }()
	screen, err := edgeEngine(client)
	require.NoError(t, err)
	escaped, tries, err := escapes(t.Context(), screen, 6)
	require.NoError(t, err)
	assert.Zero(t, escaped)
	assert.Equal(t, 24, tries)
}
