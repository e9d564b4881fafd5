package fingerprint_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
)

func told(at time.Time) fingerprint.Sealed {
	return fingerprint.Sealed{Key: "00000000000000ff", Telemetry: ingest.Telemetry{
		Source: ingest.SourceMiniProgram, At: at, Family: "0123456789abcdef", Print: "fedcba9876543210",
		Traces: []ingest.Trace{ingest.TraceWebdriver, ingest.TraceSimulator}, Moves: 400, Pointer: 0.1234,
		Keys: 12, KeyGap: 180, KeySpread: 70, Pastes: 2, Proven: true, KeyChanged: true, Skew: -7200,
	}}
}

func TestSealedTelemetryIsTheDevicesOwn(t *testing.T) {
	now := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	issuer := func(key string) *fingerprint.Tokens {
		tokens, err := fingerprint.NewTokens([]byte(strings.Repeat(key, 32)), fingerprint.TokenOptions{Now: clock})
		require.NoError(t, err)
		return tokens
	}
	tokens := issuer("a")
	_, device := tokens.Issue(0)
	want := told(now)
	sealed := tokens.Seal(device.ID, want)
	assert.Less(t, len(sealed), 160)

	got, ok := tokens.Open(device.ID, sealed)
	require.True(t, ok)
	assert.Equal(t, want, got)

	little := fingerprint.Sealed{Telemetry: ingest.Telemetry{Source: ingest.SourceBrowser, At: now}}
	got, ok = tokens.Open(device.ID, tokens.Seal(device.ID, little))
	require.True(t, ok)
	assert.Equal(t, little, got, "what was not told stays so")

	_, other := tokens.Issue(0)
	_, foreign := issuer("b").Open(device.ID, sealed)
	assert.False(t, foreign, "another site's key")
	for name, text := range map[string]string{
		"nothing": "", "no mac": sealed[:strings.LastIndexByte(sealed, '.')], "changed": sealed[:8] + "A" + sealed[9:],
		"a device token": func() string { token, _ := tokens.Issue(0); return token }(), "long": sealed + strings.Repeat("A", 100),
	} {
		_, ok := tokens.Open(device.ID, text)
		assert.False(t, ok, name)
	}
	_, ok = tokens.Open(other.ID, sealed)
	assert.False(t, ok, "another device's")
	assert.Empty(t, tokens.Seal("no id", want))

	now = now.Add(fingerprint.TelemetryMaxAge + time.Second)
	_, ok = tokens.Open(device.ID, sealed)
	assert.False(t, ok, "a day later")
	now = now.Add(-fingerprint.TelemetryMaxAge - 2*time.Hour)
	_, ok = tokens.Open(device.ID, sealed)
	assert.False(t, ok, "from the future")
}
