package life_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/rules"
	"fairgate/rules/life"
)

func TestShippedRulesAreWrittenAndPutBackUnchanged(t *testing.T) {
	text, err := os.ReadFile("../../rulesets/museum.yaml")
	require.NoError(t, err)
	rs, err := rules.Decode("", text)
	require.NoError(t, err)
	require.NotEmpty(t, rs.Rules)
	for i := 0; i < len(rs.Rules); i += 4 { // reading it all for each takes its time
		id := rs.Rules[i].ID
		written, err := life.Write(text, id)
		require.NoError(t, err, id)
		assert.True(t, strings.HasPrefix(written.Declaration, "id: "+id+"\n"), id)
		assert.NotContains(t, written.Declaration, "\nwhen:", id)
		spliced, err := life.Splice(text, id, written)
		require.NoError(t, err, id)
		after, err := rules.Decode("", []byte(spliced.Text))
		require.NoError(t, err, id)
		changes, err := life.Diff(rs, after)
		require.NoError(t, err)
		assert.Empty(t, changes, id)
		assert.InDelta(t, strings.Count(string(text), "\n"), strings.Count(spliced.Text, "\n"), 1, id)
	}
}

const written = `name: small
features: []
rules:
  # First of all.
  - id: first
    when: has_account # why
    on: account
    action: flag
    score: 1
  - id: second
    when: >-
      has_account
      and automation
    # Whom it is about.
    on: account
    action: flag
    score: 1

bands: []
`

func TestSplice(t *testing.T) {
	w, err := life.Write([]byte(written), "second")
	require.NoError(t, err)
	assert.Equal(t, "has_account\nand automation", w.When)
	assert.Equal(t, "id: second\n# Whom it is about.\non: account\naction: flag\nscore: 1\n", w.Declaration)

	w.When = "has_account\nand not automation"
	s, err := life.Splice([]byte(written), "second", w)
	require.NoError(t, err)
	assert.Contains(t, s.Text, "      and not automation\n    on: account")
	assert.Contains(t, s.Text, "score: 1\n\nbands: []", "what follows stays")
	assert.Equal(t, 10, s.From)
	assert.Equal(t, 1, s.Line(10))
	assert.Equal(t, 0, s.Line(13), "the condition")
	assert.Equal(t, 3, s.Line(15))
	assert.Equal(t, -1, s.Line(9))

	s, err = life.Splice([]byte(written), "", life.Written{When: `path == "a: b"`, Declaration: "id: third\non: ip\naction: flag\nscore: 1"})
	require.NoError(t, err)
	rs, err := rules.Decode("", []byte(s.Text))
	require.NoError(t, err)
	require.Len(t, rs.Rules, 3)
	assert.Equal(t, `path == "a: b"`, rs.Rules[2].When)
	assert.Contains(t, s.Text, "# First of all.")
}

func TestSpliceRefuses(t *testing.T) {
	fine := life.Written{When: "has_account", Declaration: "id: a"}
	for name, tt := range map[string]struct {
		text, id string
		w        life.Written
		err      error
	}{
		"another rule":   {written, "third", fine, life.ErrNotFound},
		"too much":       {written, "first", life.Written{When: strings.Repeat("a", life.MaxWritten+1), Declaration: "id: a"}, life.ErrBadInput},
		"nothing":        {written, "first", life.Written{When: "a"}, life.ErrBadInput},
		"control":        {written, "first", life.Written{When: "a\x00", Declaration: "id: a"}, life.ErrBadInput},
		"no YAML":        {"a: [", "first", fine, life.ErrBadInput},
		"one line":       {"rules: [{id: first, when: a}]", "first", fine, life.ErrBadInput},
		"no rule at all": {"name: x", "", fine, life.ErrBadInput},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := life.Splice([]byte(tt.text), tt.id, tt.w)
			assert.ErrorIs(t, err, tt.err)
		})
	}
}
