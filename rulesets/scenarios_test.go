package rulesets_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/rules"
)

// families are what a rule can draw on. Each rule names one, so that it can be
// measured what the rules find without it.
func families() []string {
	return []string{"rates", "path", "device", "identity", "network", "cluster", "challenge", "telemetry"}
}

// TestEveryRuleHasOneFamily holds rules and bands to their tags: one family, and
// the scenarios that they answer.
func TestEveryRuleHasOneFamily(t *testing.T) {
	t.Parallel()
	rs := museum(t).Ruleset()
	held := func(id string, tags, scenarios []string) {
		var own []string
		for _, tag := range tags {
			if slices.Contains(families(), tag) {
				own = append(own, tag)
			}
		}
		assert.Len(t, own, 1, "%s draws on one family: %v", id, tags)
		for _, s := range scenarios {
			if strings.HasPrefix(s, "S") {
				assert.Contains(t, tags, s, id)
			}
		}
	}
	for _, r := range rs.Rules {
		held(r.ID, r.Tags, r.Scenarios)
	}
	for _, b := range rs.Bands {
		held(b.ID, b.Tags, b.Scenarios)
	}
}

// TestEveryScenarioIsAnswered asks for a live rule for each scenario, of the
// action that it calls for, from two families where something is to be stopped.
func TestEveryScenarioIsAnswered(t *testing.T) {
	t.Parallel()
	acts, draws := map[string]ingest.Action{}, map[string]map[string]bool{}
	for _, r := range museum(t).Ruleset().Rules {
		if r.Mode != rules.ModeLive {
			continue
		}
		for _, tag := range r.Tags {
			if r.Action.Severity() > acts[tag].Severity() {
				acts[tag] = r.Action
			}
			for _, family := range families() {
				if slices.Contains(r.Tags, family) {
					if draws[tag] == nil {
						draws[tag] = map[string]bool{}
					}
					draws[tag][family] = true
				}
			}
		}
	}
	oneFamily := []string{"S1", "S10", "S5"} // what else gives them away is their other tactics
	for n := range 20 {
		s := fmt.Sprintf("S%d", n+1)
		switch s {
		case "S1", "S13", "S17": // challenge; alert only
		default:
			assert.Equal(t, ingest.Block, acts[s], s)
		}
		require.NotEmpty(t, draws[s], "%s has a rule", s)
		if !slices.Contains(oneFamily, s) {
			assert.GreaterOrEqual(t, len(draws[s]), 2, "%s is seen from two sides: %v", s, draws[s])
		}
	}
}

// TestEveryCohortIsMeant finds, for each cohort of people, examples that must
// not fire.
func TestEveryCohortIsMeant(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for _, r := range museum(t).Ruleset().Rules {
		own := 0
		for _, c := range r.Cases.MustNotFire {
			name, _, _ := strings.Cut(c.Name, " ")
			seen[name]++
			if strings.HasPrefix(name, "H") {
				own++
			}
		}
		assert.Positive(t, own, "%s says which people look alike", r.ID)
	}
	for n := range 10 {
		assert.Positive(t, seen[fmt.Sprintf("H%d", n+1)], "H%d", n+1)
	}
}

// TestAddressesOnlyChallenge holds what strangers share to challenges.
func TestAddressesOnlyChallenge(t *testing.T) {
	t.Parallel()
	for _, r := range museum(t).Ruleset().Rules {
		if r.On == rules.EntityIP || r.On == rules.EntitySubnet || r.On == rules.EntityASN {
			assert.NotEqual(t, ingest.Block, r.Action, r.ID)
		}
	}
}
