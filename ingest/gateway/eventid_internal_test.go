package gateway

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

func TestEventIDsOfOneMillisecondSortAsTheyCame(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 30, 0, int(999*time.Millisecond), time.UTC)
	last := newEventID(at.Add(-time.Millisecond), 1<<26-1)
	for seq := range uint64(1 << 16) {
		id := newEventID(at, seq*1023)
		require.Greater(t, id, last, "event %d", seq)
		last = id
	}
	parsed, err := uuid.Parse(last)
	require.NoError(t, err)
	require.Equal(t, uuid.Version(7), parsed.Version())
	require.Equal(t, uuid.RFC4122, parsed.Variant())
	sec, nsec := parsed.Time().UnixTime()
	require.Equal(t, at.UnixMilli(), time.Unix(sec, nsec).UnixMilli())
}
