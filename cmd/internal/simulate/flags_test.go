package simulate

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
)

// TestDetection counts operators, not accounts: two of three operators of S13
// were flagged, one other attacker and one helper, too.
func TestDetection(t *testing.T) {
	t.Parallel()
	flags := NewFlags(&rules.Ruleset{Rules: []rules.Rule{
		{ID: "strangers", Scenarios: []string{"S13", "H7"}}, {ID: "other", Scenarios: []string{"S2"}},
	}})
	verdict := func(account, rule string, action ingest.Action, shadow bool) {
		value, err := json.Marshal(scoring.Verdict{
			Subject: ingest.Subject{Account: account}, Hits: []ingest.Hit{{Rule: rule, Action: action, Shadow: shadow}},
		})
		require.NoError(t, err)
		flags.Take(value)
	}
	verdict("a1", "strangers", ingest.Flag, false)
	verdict("a2", "strangers", ingest.Flag, false) // the same operator
	verdict("b1", "strangers", ingest.Block, false)
	verdict("c1", "strangers", ingest.Flag, true) // only in shadow
	verdict("c1", "other", ingest.Block, false)   // not against S13
	verdict("s7", "strangers", ingest.Flag, false)
	verdict("h7", "strangers", ingest.Flag, false)
	verdict("", "strangers", ingest.Flag, false)
	flags.Take([]byte("no verdict"))
	actor := func(scenario, operator, account string, hostile bool) *Actor {
		return &Actor{Scenario: scenario, Operator: operator, Hostile: hostile, account: account, seen: Seen{Requests: 1}}
	}
	actors := []*Actor{
		actor("S13", "A", "a1", true), actor("S13", "A", "a2", true), actor("S13", "B", "b1", true), actor("S13", "C", "c1", true),
		actor("S7", "D", "s7", true), actor("H7", "E", "h7", false), actor("H1", "F", "h1", false), actor("S13", "G", "", true),
	}
	truth := Judge(Scenarios(), actors, Orders{})
	truth.Detect(Scenarios(), actors, flags)
	d := truth.Scenarios["S13"].Detection
	require.NotNil(t, d)
	assert.Equal(t, rate(2, 3), d.Detected)
	assert.Equal(t, rate(3, 4), d.Precision)
	assert.Equal(t, rate(2, 4), d.Own)
	assert.Equal(t, map[string]int{"H7": 1}, d.People)
	assert.Equal(t, []string{"other"}, flags.Rules("c1"))
}

func TestJudgeLeavesAlertsOut(t *testing.T) {
	t.Parallel()
	kept := Attempt{Day: "2026-03-01", Result: ResultAccepted, OrderID: "kept"}
	actors := []*Actor{
		{Scenario: "S13", Hostile: true, Books: true, Operator: "a", seen: Seen{Attempts: []Attempt{kept}}},
		{Scenario: "S2", Hostile: true, Books: true, Operator: "b", seen: Seen{Attempts: []Attempt{{Day: "2026-03-01", Result: ResultRefused}}}},
	}
	truth := Judge(Scenarios(), actors, Orders{"kept": {State: "confirmed", Positions: 1}})
	assert.Equal(t, rate(1, 1), truth.IntentsIntercepted)
	assert.Equal(t, rate(0, 1), truth.ScalpersKept)
	assert.True(t, truth.Scenarios["S13"].AlertOnly)
	assert.Equal(t, rate(1, 1), truth.Scenarios["S13"].Miss)
}
