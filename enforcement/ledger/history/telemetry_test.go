package history_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/backtest"
	"fairgate/enforcement/ledger/history"
	"fairgate/ingest"
)

func TestTelemetryComesBack(t *testing.T) {
	_, a, r := start(t, history.Options{})
	events := traffic(3)
	events[1].Subject.PhoneClass = ingest.PhoneVirtual
	events[1].Client.Mobile, events[1].Client.Mismatch = true, []string{"hints", "tls"}
	events[1].Telemetry = ingest.Telemetry{
		Source: ingest.SourceMiniProgram, At: events[1].Time.Add(-time.Minute), Family: "0123456789abcdef", Print: "fedcba9876543210",
		Traces: []ingest.Trace{ingest.TraceWebdriver, ingest.TraceDevtools}, Moves: 400, Pointer: 0.1234, Keys: 12, KeyGap: 180,
		KeySpread: 70, Pastes: 2, Proven: true, KeyChanged: true, Skew: -7200,
	}
	events[2].Telemetry = ingest.Telemetry{Refused: "replayed"}
	write(t, a, events)
	got := read(t, r, backtest.Needs{})
	require.Len(t, got, 3)
	for i, e := range events {
		assert.Equal(t, e.Telemetry, got[i].Telemetry)
		assert.Equal(t, e.Client, got[i].Client)
		assert.Equal(t, e.Subject.PhoneClass, got[i].Subject.PhoneClass)
	}
}
