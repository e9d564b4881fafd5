package rulesets_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/rules"
)

// TestFeatureExamples compiles every example of FEATURES.md, runs its cases,
// and finds one for each aggregate.
func TestFeatureExamples(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("FEATURES.md")
	require.NoError(t, err)
	used := map[rules.Aggregate]bool{}
	for n, part := range strings.Split(string(text), "\n```yaml\n")[1:] {
		example, _, closed := strings.Cut(part, "\n```\n")
		require.True(t, closed)
		name := fmt.Sprintf("example %d", n+1)
		p, err := rules.Load(name, []byte(fmt.Sprintf("name: example_%d\n%s", n+1, example)), rules.Options{})
		require.NoError(t, err, example)
		for _, f := range p.Features() {
			used[f.Aggregate] = true
		}
		cases := rules.RunCases(p)
		assert.GreaterOrEqual(t, len(cases), 2, name)
		for _, r := range cases {
			assert.True(t, r.OK(), "%s, %s, case %q: %s", name, r.Rule, r.Case, r.Detail)
		}
		found, err := rules.Lint(t.Context(), p, rules.LintOptions{})
		require.NoError(t, err)
		for _, f := range found {
			if f.Kind != rules.FindingIncomplete && f.Kind != rules.FindingBoundary { // examples have no messages and few cases
				assert.Fail(t, "lint", "%s: %s", name, f)
			}
		}
	}
	for _, a := range rules.Aggregates() {
		assert.True(t, used[a], "%s has an example", a)
	}
}
