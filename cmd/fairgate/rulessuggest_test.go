package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/ledger/metrics"
	"fairgate/enforcement/ledger/normal"
)

func TestShare(t *testing.T) {
	for text, want := range map[string]float64{"0.1%": 0.001, "0.001": 0.001, " 2 % ": 0.02, "50%": 0.5} {
		got, err := share(text)
		require.NoError(t, err, text)
		assert.InDelta(t, want, got, 1e-12, text)
	}
	for _, text := range []string{"", "%", "none", "0", "-1%", "51%", "0.6", "NaN"} {
		_, err := share(text)
		assert.Error(t, err, text)
	}
}

func TestSuggestionsAreReadable(t *testing.T) {
	day := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	f := normal.Suggestions{
		Period: metrics.Period{From: day, To: day.Add(24 * time.Hour)}, Kind: "order.submit", Budget: 0.001,
		Population: normal.Population{Ordinary: 2000, Human: 500, Clean: 1500, Suspect: 40, Scalper: 50, Share: 0.5, BuiltUntil: day},
		Suggestions: []normal.Suggestion{
			{
				Feature: "looks", Direction: normal.Above, Enough: true, Threshold: 12, When: "looks > 12", Expected: 0.001,
				FalsePositive: metrics.NewFigure(1, 2000, 2000), Human: metrics.NewFigure(0, 500, 500), Caught: metrics.NewFigure(45, 50, 50), Suspects: metrics.NewFigure(4, 40, 40),
			},
			{Feature: "looks", Direction: normal.Below, Why: "not enough data: because"},
		},
	}
	var out bytes.Buffer
	require.NoError(t, suggestTable(&out, f))
	for _, want := range []string{
		"2026-03-02 08:00 +08:00", "of kind order.submit", "2000 = 500 labelled human", "a sample of 50 %", "at most 0.1 %",
		"looks > 12", "1/2000", "0.009–0.283 %", "45/50", "1 thresholds: not enough data: because",
	} {
		assert.Contains(t, out.String(), want)
	}
	out.Reset()
	usual := normal.Behaviour{Rows: []normal.Row{
		{Of: "looks", Accounts: 2000, Enough: true, High: []normal.Percentile{{Level: 99.9, Value: 11}}},
		{Of: "rare", Accounts: 3},
	}}
	require.NoError(t, suggestOne(&out, f, usual))
	for _, want := range []string{"p99.9 11", "the interval reaches beyond the budget", "45/50 (78.64–95.652 %)", "looks below: not enough data", "fewer than 30"} {
		assert.Contains(t, out.String(), want)
	}
}
