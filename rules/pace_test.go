package rules

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestLoadingPauses has a document large enough for several pauses on any
// machine, and says that they change nothing.
func TestLoadingPauses(t *testing.T) {
	var b strings.Builder
	b.WriteString("name: many\nfeatures:\n  - {name: orders, entity: account, events: [order.submit], window: 1m, aggregate: count}\nrules:\n")
	for i := range 500 {
		fmt.Fprintf(&b, "  - {id: r%d, when: orders > %d, on: account, action: flag, reason: pace}\n", i, i)
	}
	pauses := 0
	paced, err := Load("many.yaml", []byte(b.String()), Options{Pause: func() { pauses++ }})
	require.NoError(t, err)
	assert.Greater(t, pauses, 10)
	plain, err := Load("many.yaml", []byte(b.String()), Options{})
	require.NoError(t, err)
	assert.Equal(t, plain.Version(), paced.Version())
}

// TestCanonicalFormIsTheRulesetsJSON keeps versions what they were: a field
// that Ruleset gains must be in pacedRuleset, too.
func TestCanonicalFormIsTheRulesetsJSON(t *testing.T) {
	for name, rs := range map[string]*Ruleset{
		"empty": {},
		"full": {
			Name: "n", Description: "<d>",
			Features: []Feature{{Name: "f", Where: "a < b && c"}},
			Rules:    []Rule{{ID: "one", When: "x < 1 && y > 2", Messages: Messages{ZH: "规则"}}, {ID: "two"}},
			Bands:    []Band{{ID: "b"}},
		},
	} {
		want, err := json.Marshal(rs)
		require.NoError(t, err)
		got, err := new(pace).canonical(rs)
		require.NoError(t, err)
		assert.Equal(t, string(want), string(got), name)
	}
}
