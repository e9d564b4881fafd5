package rulesets_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/rules/source"
	"fairgate/rulesets"
)

// TestAbsentTelemetryAloneNeverBlocks takes every person that the rules must
// not touch, takes the collector away, and asks every rule that blocks (H6).
func TestAbsentTelemetryAloneNeverBlocks(t *testing.T) {
	t.Parallel()
	docs, err := source.NewFiles(rulesets.Files).Load(t.Context())
	require.NoError(t, err)
	asked := 0
	for _, doc := range docs {
		rs, err := rules.Decode(doc.Origin, doc.Data)
		require.NoError(t, err)
		people := []rules.Case{
			{Name: "H6 nothing but an account", Kind: ingest.KindOrderSubmit, Event: map[string]any{"account": "a1"}},
			{Name: "H6 a known device", Kind: ingest.KindOrderSubmit, Event: map[string]any{"account": "a1", "device": "d1", "device_age_seconds": 90.0}},
		}
		for i := range rs.Rules {
			r := &rs.Rules[i]
			if r.Action != ingest.Block {
				r.Cases = rules.Cases{}
				continue
			}
			own := r.Cases.MustNotFire
			r.Cases.MustFire = nil
			r.Cases.MustNotFire = nil
			for _, c := range append(slices.Clip(people), own...) {
				c.Event = maps.Clone(c.Event)
				for _, name := range telemetryFields() {
					delete(c.Event, name)
				}
				if c.Event == nil {
					c.Event = map[string]any{}
				}
				c.Event["collector"] = false
				r.Cases.MustNotFire = append(r.Cases.MustNotFire, c)
				asked++
			}
		}
		p, err := rules.Compile(rs, rules.Options{})
		require.NoError(t, err)
		for _, result := range rules.RunCases(p) {
			assert.True(t, result.OK(), "%s: %s without telemetry, case %q: %s", doc.Name, result.Rule, result.Case, result.Detail)
		}
	}
	assert.Greater(t, asked, 20)
}

// telemetryFields are the words that only the collector fills.
func telemetryFields() []string {
	return []string{
		"collector", "collector_source", "collector_age_seconds", "beacon_refused", "family", "imprint", "key_proven", "key_changed",
		"clock_skew_seconds", "order_proof", "automation_traces", "traces", "pointer_moves", "pointer_score", "key_presses", "key_gap_ms",
		"key_spread_ms", "pastes",
	}
}
