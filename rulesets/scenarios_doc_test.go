package rulesets_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestScenariosAreDocumented holds SCENARIOS.md to the ruleset: under each
// scenario the rules that answer it, each with its action and family, and no
// others.
func TestScenariosAreDocumented(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("SCENARIOS.md")
	require.NoError(t, err)
	sections := map[string][]string{}
	for _, part := range strings.Split(string(text), "\n## ")[1:] {
		id, body, _ := strings.Cut(part, " ")
		for line := range strings.SplitSeq(body, "\n") {
			if strings.HasPrefix(line, "| `") {
				sections[id] = append(sections[id], line)
			}
		}
		assert.Contains(t, body, "Not seen:", id)
	}
	rs := museum(t).Ruleset()
	want := map[string][]string{}
	add := func(id, action, stage, mode string, tags []string) {
		family := ""
		for _, f := range families() {
			for _, tag := range tags {
				if tag == f {
					family = f
				}
			}
		}
		if stage == "async" {
			action += " (async)"
		}
		if mode == "shadow" {
			action += " (shadow)"
		}
		for _, tag := range tags {
			if strings.HasPrefix(tag, "S") {
				want[tag] = append(want[tag], fmt.Sprintf("| `%s` | %s | %s |", id, action, family))
			}
		}
	}
	for _, r := range rs.Rules {
		add(r.ID, string(r.Action), string(r.Stage), string(r.Mode), r.Tags)
	}
	for _, b := range rs.Bands {
		add(b.ID, string(b.Action), string(b.Stage), string(b.Mode), b.Tags)
	}
	assert.Len(t, sections, 20)
	for id, lines := range want {
		assert.Equal(t, lines, sections[id], id)
	}
}
