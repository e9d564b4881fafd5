package rules

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestDurationsAreWrittenAsAuthorsWriteThem: what a message says can be pasted
// into the document.
func TestDurationsAreWrittenAsAuthorsWriteThem(t *testing.T) {
	t.Parallel()
	for want, d := range map[string]time.Duration{
		"0s": 0, "1s": time.Second, "1m30s": 90 * time.Second, "10m": 10 * time.Minute, "1h": time.Hour, "1h30m": 90 * time.Minute,
		"1h0m5s": time.Hour + 5*time.Second, "10h": 10 * time.Hour, "24h": 24 * time.Hour, "30d": 720 * time.Hour, "49h": 49 * time.Hour,
		"250ms": 250 * time.Millisecond,
	} {
		assert.Equal(t, want, FormatDuration(d))
		read, err := ParseDuration(want)
		require.NoError(t, err, want)
		assert.Equal(t, d, read)
	}
}
