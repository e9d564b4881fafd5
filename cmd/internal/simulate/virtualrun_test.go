package simulate

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func playVirtual(t *testing.T, r VirtualRun) *Report {
	t.Helper()
	report, err := r.Play(t.Context())
	require.NoError(t, err)
	return report
}

// TestVirtualRunsRepeat plays one seed twice and another one: the first two
// reports are the same to the byte, the third is not.
func TestVirtualRunsRepeat(t *testing.T) {
	t.Parallel()
	var texts []string
	for _, seed := range []uint64{7, 7, 8} {
		run := VirtualRun{Plan: Plan{Seed: seed, Duration: 20 * time.Second, People: 40, HostileShare: 0.8}}
		text, err := json.Marshal(playVirtual(t, run))
		require.NoError(t, err)
		texts = append(texts, string(text))
	}
	assert.Equal(t, texts[0], texts[1])
	assert.NotEqual(t, texts[0], texts[2])
}

// BenchmarkVirtualRun plays a minute of a sale and says how many requests of it
// the machine got through in a second of its own.
func BenchmarkVirtualRun(b *testing.B) {
	for b.Loop() {
		began := time.Now()
		report, err := VirtualRun{Plan: Plan{Seed: 7, Duration: time.Minute, People: 120, HostileShare: 0.97}}.Play(b.Context())
		require.NoError(b, err)
		b.ReportMetric(float64(report.Requests)/time.Since(began).Seconds(), "requests/s")
	}
}
