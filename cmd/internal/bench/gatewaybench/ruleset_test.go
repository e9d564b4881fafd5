package gatewaybench

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/rules"
)

func TestGeneratedRulesetsAreGoodRulesets(t *testing.T) {
	for _, n := range []int{1, 10, 100, 1000} {
		document, err := Ruleset(n, 7)
		require.NoError(t, err)
		p, err := rules.Load("bench.yaml", document, rules.Options{})
		require.NoError(t, err)
		assert.Len(t, p.Ruleset().Rules, n)
		for _, r := range rules.RunCases(p) {
			require.True(t, r.OK(), "%s, %s: %s", r.Rule, r.Case, r.Detail)
		}
		again, err := Ruleset(n, 7)
		require.NoError(t, err)
		assert.Equal(t, document, again)
		if n == 100 {
			assert.Len(t, p.Features(), 15)
			found, err := rules.Lint(t.Context(), p, rules.LintOptions{})
			require.NoError(t, err)
			assert.Empty(t, found)
		}
		if n == 1000 {
			assert.LessOrEqual(t, len(document), rules.MaxSize)
		}
	}
	one, err := Ruleset(1000, 1)
	require.NoError(t, err)
	other, err := Ruleset(1000, 2)
	require.NoError(t, err)
	assert.NotEqual(t, one, other)
	for _, n := range []int{0, -1, mostRules + 1} {
		_, err := Ruleset(n, 1)
		require.ErrorContains(t, err, "from 1 to 1015")
	}
}

func TestRuleCost(t *testing.T) {
	document, err := Ruleset(100, 1)
	require.NoError(t, err)
	ns, allocs, err := ruleCost(document, 20*time.Millisecond)
	require.NoError(t, err)
	assert.Positive(t, ns)
	assert.Less(t, allocs, 0.01, "rules do not allocate")
	_, _, err = ruleCost([]byte("rules: nonsense"), time.Millisecond)
	require.Error(t, err)
}
