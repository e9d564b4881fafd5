package outage_test

import (
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"fairgate/ticketing/outage"
	"fairgate/ticketing/outage/outagetest"
)

var errAway = errors.New("away")

func TestAnOutageIsAFewLines(t *testing.T) {
	b := outagetest.New()
	l := outage.New(b.Logger(), b.Now, slog.LevelWarn, "marks not checked", "marks checked again")
	l.Report(t.Context(), nil)
	assert.Zero(t, b.Count("marks checked again"), "nothing failed")

	for range 301 { // 150 s
		l.Report(t.Context(), errAway, slog.Int("shard", 3))
		b.Add(500 * time.Millisecond)
	}
	assert.Equal(t, 3, b.Count("marks not checked"), "at once, after a minute and after two")
	assert.Equal(t, map[string]any{"error": errAway, "shard": int64(3), "lasting": 2 * time.Minute, "failures_since": int64(120)}, b.Last("marks not checked"))

	l.Report(t.Context(), nil)
	b.Add(outage.Settle)
	for range 100 {
		l.Report(t.Context(), nil, slog.Int("shard", 3))
	}
	assert.Equal(t, 1, b.Count("marks checked again"))
	assert.Equal(t, map[string]any{"shard": int64(3), "lasted": 150*time.Second + 500*time.Millisecond, "failures": int64(301)}, b.Last("marks checked again"))

	l.Report(t.Context(), errAway)
	assert.Equal(t, 4, b.Count("marks not checked"), "the next one begins")
	assert.Equal(t, map[string]any{"error": errAway}, b.Last("marks not checked"))
}

func TestWhatFailsEveryOtherTimeIsOneOutage(t *testing.T) {
	b := outagetest.New()
	l := outage.New(b.Logger(), b.Now, slog.LevelError, "request failed", "requests are answered again")
	for range 50 {
		l.Report(t.Context(), errAway)
		b.Add(outage.Settle / 2)
		l.Report(t.Context(), nil)
		b.Add(time.Second)
	}
	assert.Equal(t, 5, b.Count("request failed"), "300 s")
	assert.Zero(t, b.Count("requests are answered again"))
}
