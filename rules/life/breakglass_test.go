package life_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/rules/life"
)

// rule is what the fleet runs of one rule.
func (b *bench) rule(t *testing.T, id string) rules.Rule {
	t.Helper()
	f, err := b.InForce(t.Context(), "museum")
	require.NoError(t, err)
	for _, r := range f.Effective.Ruleset().Rules {
		if r.ID == id {
			return r
		}
	}
	t.Fatalf("no rule %q", id)
	return rules.Rule{}
}

func TestBreakGlassChallengesForAnHour(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, id := range []string{"seen", "idea", "tenth", "mild"} {
		before, err := b.InForce(t.Context(), "museum")
		require.NoError(t, err)
		original := b.rule(t, id)
		begun, err := b.Tighten(t.Context(), "museum", id, ana)
		require.NoError(t, err, id)
		assert.Equal(t, b.now.Add(time.Hour), begun.Ends)
		r := b.rule(t, id)
		assert.Equal(t, rules.ModeLive, r.Mode, id)
		assert.Equal(t, ingest.Challenge, r.Action, id)
		assert.Zero(t, r.TTL, "%s: it must not outlast the hour", id)
		during, err := b.InForce(t.Context(), "museum")
		require.NoError(t, err)
		assert.Equal(t, before.Hash, during.Hash, "the published text is as it was")
		assert.NotEqual(t, before.Program, during.Program, "verdicts can be told apart")
		origin, err := b.Origin(t.Context(), "museum", during.Program, id)
		require.NoError(t, err)
		assert.Zero(t, origin.Number)
		ended, err := b.RunOut(t.Context(), "museum")
		require.NoError(t, err)
		assert.Empty(t, ended)

		b.now = b.now.Add(time.Hour)
		assert.Equal(t, original, b.rule(t, id), "it ends by itself")
		ended, err = b.RunOut(t.Context(), "museum")
		require.NoError(t, err)
		require.Len(t, ended, 1)
		assert.Equal(t, begun.Ends, ended[0].Ended)
		assert.Empty(t, ended[0].EndedBy)
		ended, err = b.RunOut(t.Context(), "museum")
		require.NoError(t, err)
		assert.Empty(t, ended, "told once")
	}
}

func TestBreakGlassIsNotRenewedAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.Tighten(t.Context(), "museum", "seen", ana)
	require.NoError(t, err)
	_, err = b.Tighten(t.Context(), "museum", "seen", bea)
	require.ErrorIs(t, err, life.ErrState, "one at a time")
	b.now = b.now.Add(61 * time.Minute)
	_, err = b.Tighten(t.Context(), "museum", "seen", ana)
	require.ErrorIs(t, err, life.ErrSecondPerson)
	second, err := b.Tighten(t.Context(), "museum", "seen", bea)
	require.NoError(t, err, "another person may")
	_, err = b.Tighten(t.Context(), "museum", "idea", ana)
	require.NoError(t, err, "another rule is another matter")
	_, err = b.Loosen(t.Context(), "museum", second.ID, sec)
	require.NoError(t, err)
	assert.Equal(t, rules.ModeShadow, b.rule(t, "seen").Mode)
	_, err = b.Loosen(t.Context(), "museum", second.ID, sec)
	require.ErrorIs(t, err, life.ErrState)
	_, err = b.Loosen(t.Context(), "museum", "nothing", sec)
	require.ErrorIs(t, err, life.ErrNotFound)
	b.now = b.now.Add(25 * time.Hour)
	_, err = b.Tighten(t.Context(), "museum", "seen", bea)
	require.NoError(t, err, "a day later")
	all, err := b.Tightened(t.Context(), "museum", time.Time{})
	require.NoError(t, err)
	assert.Len(t, all, 4)
}

func TestBreakGlassOnlyTightens(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.Tighten(t.Context(), "museum", "pace", ana)
	require.ErrorIs(t, err, life.ErrState, "it blocks already")
	_, err = b.Tighten(t.Context(), "museum", "gone", ana)
	require.ErrorIs(t, err, life.ErrState, "retired rules return through shadow")
	_, err = b.Tighten(t.Context(), "museum", "nobody", ana)
	require.ErrorIs(t, err, life.ErrNotFound)
	_, err = b.Tighten(t.Context(), "museum", "seen", life.Word{By: "ana"})
	require.ErrorIs(t, err, life.ErrBadInput)
}

// Whatever somebody publishes about a rule holds: break-glass neither softens a
// rule that went live nor brings back one that was disabled.
func TestPublicationEndsBreakGlassOfItsRules(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, id := range []string{"seen", "mild"} {
		_, err := b.Tighten(t.Context(), "museum", id, ana)
		require.NoError(t, err)
	}
	_, err := b.ChangeRule(t.Context(), "museum", "seen", life.Patch{Mode: new(rules.ModeRetired)}, bea)
	require.NoError(t, err)
	assert.Equal(t, rules.ModeRetired, b.rule(t, "seen").Mode)
	assert.Equal(t, ingest.Challenge, b.rule(t, "mild").Action, "another rule's goes on over the new version")
	f, err := b.InForce(t.Context(), "museum")
	require.NoError(t, err)
	require.Len(t, f.Tightenings, 1)
	for program, at := range map[string]time.Duration{f.Program: 0, "": time.Hour} {
		b.now = b.now.Add(at)
		if program == "" {
			f, err = b.InForce(t.Context(), "museum")
			require.NoError(t, err)
			program = f.Program
		}
		origin, err := b.Origin(t.Context(), "museum", program, "mild")
		require.NoError(t, err)
		assert.EqualValues(t, 1, origin.Number, "with break-glass and after it the version is known")
	}
	all, err := b.Tightened(t.Context(), "museum", time.Time{})
	require.NoError(t, err)
	for _, x := range all {
		if x.Rule == "seen" {
			assert.Equal(t, "bea", x.EndedBy)
		}
	}
}
