package rules

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLintSeesWhatEveryValueSatisfies(t *testing.T) {
	t.Parallel()
	features := []Feature{count("c", EntityAccount), count("d", EntityAccount)}
	for when, want := range map[string]FindingKind{
		"c >= 0":                      FindingAlwaysTrue,
		"0 <= c":                      FindingAlwaysTrue,
		"c > -1":                      FindingAlwaysTrue,
		"not (c < 0)":                 FindingAlwaysTrue,
		"c >= 0 or d > 5":             FindingAlwaysTrue,
		"c < 0":                       FindingNeverTrue,
		"0 > c":                       FindingNeverTrue,
		"c <= -0.5":                   FindingNeverTrue,
		"c < 0 and d > 5":             FindingNeverTrue,
		"known(c)":                    "",
		"not known(c)":                "",
		"c == -1":                     "",
		"c != -1":                     "",
		"c >= 0 and c < 5":            "",
		"c > 0":                       "",
		"c >= 0 and d > 5":            "",
		"c < 0 or d > 5":              "",
		"known(c) and c < 5 or d > 7": "",
	} {
		var got FindingKind
		for _, f := range linted(t, compiledRules(t, features, rule("r", when))) {
			if f.Kind == FindingAlwaysTrue || f.Kind == FindingNeverTrue {
				assert.Empty(t, got, "%s: one finding", when)
				got = f.Kind
			}
		}
		assert.Equal(t, want, got, when)
	}
	for _, f := range linted(t, compiledRules(t, features, rule("r", "c >= 0"))) {
		if f.Kind == FindingAlwaysTrue {
			require.Contains(t, f.Text, "every value of c; if only those who have a value are meant, write known(c)")
		}
	}
}
