package rules_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/rules"
)

const partsRuleset = `name: small
features:
  - {name: account_reads_1m, entity: account, events: [stock.read], window: 1m, aggregate: count}
  - {name: account_gap, entity: account, events: [stock.read], window: 1m, aggregate: since_last}
rules:
  - {id: fast, events: [stock.read], when: "(account_reads_1m > 75 or automation) and known(account_gap)", on: account, action: flag, score: 1, mode: draft, messages: {zh: "{account_reads_1m} 次", en: "{account_reads_1m} reads"}}
`

func TestTryTellsEverySubExpression(t *testing.T) {
	p, err := rules.Load("small", []byte(partsRuleset), rules.Options{})
	require.NoError(t, err)
	e, s, err := rules.Example(p, rules.Case{Kind: "stock.read", Event: map[string]any{"account": "a"}, Features: map[string]float64{"account_reads_1m": 80}})
	require.NoError(t, err)
	trial, err := rules.Try(p, "fast", e, s)
	require.NoError(t, err)
	assert.False(t, trial.Holds)
	assert.False(t, trial.Fires)
	assert.True(t, trial.Kind)
	assert.Equal(t, "a", trial.Key)
	assert.Equal(t, "80 reads", trial.Messages.EN)
	type seen struct{ text, value string }
	var got []seen
	source := []rune(p.Ruleset().Rules[0].When)
	for _, part := range trial.Parts {
		got = append(got, seen{string(source[part.From:part.To]), part.Value})
	}
	assert.Equal(t, []seen{
		{"(account_reads_1m > 75 or automation) and known(account_gap)", "false"},
		{"account_reads_1m > 75 or automation", "true"},
		{"account_reads_1m > 75", "true"},
		{"account_reads_1m", "80"},
		{"automation", "false"},
		{"known(account_gap)", "false"},
		{"account_gap", "-1"},
	}, got)
	assert.True(t, trial.Parts[6].Unknown)

	_, err = rules.Try(p, "slow", e, s)
	require.ErrorIs(t, err, rules.ErrUnknownRule)
	_, _, err = rules.Example(p, rules.Case{Kind: "stock.read", Features: map[string]float64{"account_reads": 1}, Event: map[string]any{"hour": "noon"}})
	require.ErrorIs(t, err, rules.ErrInvalid)
	assert.Len(t, rules.Problems(err), 2)
	trial, err = rules.Try(p, "fast", &ingest.Event{Kind: "order.submit"}, ingest.Snapshot{})
	require.NoError(t, err)
	assert.False(t, trial.Kind)
}

func TestFaultsNameTheirPlace(t *testing.T) {
	p, err := rules.Load("small", []byte(partsRuleset), rules.Options{})
	require.NoError(t, err)
	for name, tt := range map[string]struct {
		source, at, suggestion string
	}{
		"a misspelt feature":    {"account_read_1m > 3 and has_account", "account_read_1m", "account_reads_1m"},
		"a misspelt function":   {"knwn(account_gap)", "knwn", "known"},
		"a known one":           {"account_reads_1m > and has_account", "and", ""},
		"another type":          {"has_account > 3", ">", ""},
		"a number alone":        {"account_gap", "account_gap", ""},
		"after the response":    {"has_account and accepted", "accepted", ""},
		"nothing":               {"", "", ""},
		"characters, not bytes": {`path == "余票" and acount == "a"`, "acount", "account"},
	} {
		t.Run(name, func(t *testing.T) {
			faults := rules.Faults(p.Ruleset(), rules.StageInline, tt.source)
			require.Len(t, faults, 1)
			assert.Equal(t, tt.at, string([]rune(tt.source)[faults[0].From:faults[0].To]), faults[0].Detail)
			assert.Equal(t, tt.suggestion, faults[0].Suggestion)
			assert.NotEmpty(t, faults[0].Detail)
		})
	}
	assert.Len(t, rules.Faults(p.Ruleset(), rules.StageInline, "foo > 1 and bar > 2"), 2)
	assert.Empty(t, rules.Faults(p.Ruleset(), rules.StageAsync, "has_account and accepted"))
}
