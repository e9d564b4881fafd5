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
	events[1].Subject.Payee, events[1].Subject.PhoneBlock, events[1].Order.Channel = "0123", "4567", "agency"
	events[1].Pass = ingest.Pass{Solve: 2100, Gap: 15_000, Moved: true}
	events[1].Proof, events[2].Proof = ingest.ProofValid, ingest.ProofReplayed
	write(t, a, events)
	got := read(t, r, backtest.Needs{})
	require.Len(t, got, 3)
	for i, e := range events {
		assert.Equal(t, e.Telemetry, got[i].Telemetry)
		assert.Equal(t, e.Client, got[i].Client)
		assert.Equal(t, e.Pass, got[i].Pass)
		assert.Equal(t, e.Proof, got[i].Proof)
		assert.Equal(t, e.Order.Channel, got[i].Order.Channel)
		assert.Equal(t, e.Subject.Payee, got[i].Subject.Payee)
		assert.Equal(t, e.Subject.PhoneBlock, got[i].Subject.PhoneBlock)
		assert.Equal(t, e.Subject.PhoneClass, got[i].Subject.PhoneClass)
	}
}
