package life_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/rules/life"
	"fairgate/rulesets"
)

// Every rule of the shipped rulesets can be disabled and put back without any
// other line changing.
func TestEditLeavesTheRestAlone(t *testing.T) {
	t.Parallel()
	text, err := rulesets.Files.ReadFile("museum.yaml")
	require.NoError(t, err)
	rs, err := rules.Decode("", text)
	require.NoError(t, err)
	require.NotEmpty(t, rs.Rules)
	for i := range rs.Rules {
		r := &rs.Rules[i]
		out, err := life.Edit(text, r.ID, life.Patch{Mode: new(rules.ModeRetired), TTL: new(17 * time.Minute)})
		require.NoError(t, err, r.ID)
		before, after := strings.Split(string(text), "\n"), strings.Split(string(out), "\n")
		added := len(after) - len(before)
		assert.True(t, added == 1 || added == 2, "rule %s: %d lines more", r.ID, added)
		kept := 0
		for _, line := range after {
			if len(before) > 0 && line == before[0] {
				before = before[1:]
				kept++
			} else if field, _, _ := strings.Cut(line, ":"); len(before) > 1 && (field == "    ttl" || field == "    mode") && strings.HasPrefix(before[0], field+":") {
				before = before[1:] // it stood there
			}
		}
		assert.LessOrEqual(t, len(before), 1, "rule %s: every line that was there is still there", r.ID)
		got, err := rules.Decode("", out)
		require.NoError(t, err)
		assert.Equal(t, rules.ModeRetired, got.Rules[i].Mode)
		assert.Equal(t, 17*time.Minute, got.Rules[i].TTL)
	}
}

func TestEditOfEveryWayToWriteARule(t *testing.T) {
	t.Parallel()
	const head = "# the museum's\nname: museum\nrules:\n"
	patch := life.Patch{Mode: new(rules.ModeCanary), Share: new(0.25), Action: new(ingest.Flag)}
	for name, c := range map[string]struct{ rule, want string }{
		"plain": {
			"  - id: r # the rule\n    # why\n    when: hour < 5\n\n    on: account\n    action: block # hard\n    mode: shadow\n",
			"  - id: r # the rule\n    share: 0.25\n    # why\n    when: hour < 5\n\n    on: account\n    action: flag # hard\n    mode: canary\n",
		},
		"quoted": {
			"  - id: \"r\"\n    when: hour < 5\n    on: account\n    action: 'block' # hard\n    mode: \"shadow\" # yet\n    share: 0\n",
			"  - id: \"r\"\n    when: hour < 5\n    on: account\n    action: flag # hard\n    mode: canary # yet\n    share: 0.25\n",
		},
		"the field first": {
			"  - mode: shadow\n    id: r\n    when: hour < 5\n    on: account\n    action: block\n",
			"  - mode: canary\n    share: 0.25\n    id: r\n    when: hour < 5\n    on: account\n    action: flag\n",
		},
		"no indentation, other letters": {
			"- id: r\n  description: 抢票 # 注\n  when: hour < 5\n  on: account\n  action: block\n  mode: shadow\n",
			"- id: r\n  share: 0.25\n  description: 抢票 # 注\n  when: hour < 5\n  on: account\n  action: flag\n  mode: canary\n",
		},
		"on one line": {
			"  - {id: r, when: hour < 5, on: account, action: block, mode: shadow} # short\n",
			"  - {id: r, when: hour < 5, on: account, action: flag, mode: canary, share: 0.25} # short\n",
		},
		"without a line's end": {
			"  - id: r\n    when: hour < 5\n    on: account\n    mode: shadow\n    action: block",
			"  - id: r\n    share: 0.25\n    when: hour < 5\n    on: account\n    mode: canary\n    action: flag",
		},
		"windows": {
			"  - id: r\r\n    when: hour < 5\r\n    on: account\r\n    mode: shadow\r\n    action: block\r\n",
			"  - id: r\r\n    share: 0.25\n    when: hour < 5\r\n    on: account\r\n    mode: canary\r\n    action: flag\r\n",
		},
		"a dash alone": {
			"  -\n    id: r\n    when: hour < 5\n    on: account\n    mode: shadow\n    action: block\n",
			"  -\n    id: r\n    share: 0.25\n    when: hour < 5\n    on: account\n    mode: canary\n    action: flag\n",
		},
		"nothing after the colon": {
			"  - id: r\n    mode:\n    when: hour < 5\n    on: account\n    action: block\n",
			"  - id: r\n    mode: canary\n    when: hour < 5\n    on: account\n    action: flag\n    share: 0.25\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			out, err := life.Edit([]byte(head+c.rule), "r", patch)
			require.NoError(t, err)
			if name != "nothing after the colon" {
				assert.Equal(t, head+c.want, string(out))
			}
			rs, err := rules.Decode("", out)
			require.NoError(t, err)
			assert.Equal(t, 0.25, rs.Rules[0].Share)
			assert.Equal(t, rules.ModeCanary, rs.Rules[0].Mode)
			assert.Contains(t, string(out), "# the museum's")

			back, err := life.Edit(out, "r", life.Patch{Mode: new(rules.ModeShadow)})
			require.NoError(t, err)
			rs, err = rules.Decode("", back)
			require.NoError(t, err)
			assert.Zero(t, rs.Rules[0].Share, "a share has no meaning outside a canary")
		})
	}
}

func TestEditRefuses(t *testing.T) {
	t.Parallel()
	_, err := life.Edit([]byte("name: museum\nrules: []\n"), "r", life.Patch{})
	require.ErrorIs(t, err, life.ErrNotFound)
	_, err = life.Edit([]byte("name: [\n"), "r", life.Patch{})
	require.ErrorIs(t, err, rules.ErrInvalid)
	_, err = life.Edit(nil, "r", life.Patch{})
	require.ErrorIs(t, err, rules.ErrInvalid)
}

// FuzzEdit holds Edit to its promise for any text that decodes: either the one
// rule is as asked and nothing else differs, or there is an error.
func FuzzEdit(f *testing.F) {
	shipped, err := rulesets.Files.ReadFile("museum.yaml")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(shipped[:len(shipped)/8])
	for _, seed := range []string{
		"name: m\nrules:\n  - id: r\n    when: true\n    mode: live\n", "rules: [{id: r}]", "rules:\n- {id: r, mode: live}", "rules:\n  - id: >-\n      r\n    mode: 'li''ve'",
		"rules:\n  - \"id\": r\n    mode: \"live\" # x\n    \"mode\" : draft",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		before, err := rules.Decode("", text)
		if err != nil || len(before.Rules) == 0 {
			return
		}
		id := before.Rules[0].ID
		out, err := life.Edit(text, id, life.Patch{Mode: new(rules.ModeCanary), Share: new(0.5)})
		if err != nil {
			return
		}
		after, err := rules.Decode("", out)
		require.NoError(t, err)
		require.Equal(t, rules.ModeCanary, after.Rules[0].Mode)
		require.Equal(t, 0.5, after.Rules[0].Share)
		before.Rules[0].Mode, before.Rules[0].Share = rules.ModeCanary, 0.5
		changes, err := life.Diff(before, after)
		require.NoError(t, err)
		require.Empty(t, changes)
	})
}
