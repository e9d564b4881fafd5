package life_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"fairgate/rules/life"
)

func TestARuleIsFoundInWhatIsOrWasInForceOrWaits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, id := range []string{"pace", "tenth", "seen", "idea", "gone"} {
		require.NoError(t, b.HasRule(t.Context(), "museum", id), "%s of the shipped document", id)
	}
	err := b.HasRule(t.Context(), "museum", "pase")
	require.ErrorIs(t, err, life.ErrNotFound)
	require.ErrorContains(t, err, `"pase" is no rule or score band of museum, did you mean "pace"?`)

	bands := "bands: [{id: high, from: 70, on: account, action: flag, mode: shadow, owner: risk}]\n"
	draft := b.with(t, "rules:\n", bands+"rules:\n")
	draft.YAML = strings.Replace(draft.YAML, "id: mild", "id: gentle", 1)
	v, err := b.Create(t.Context(), "museum", draft, ana)
	require.NoError(t, err)
	require.NoError(t, b.HasRule(t.Context(), "museum", "high"), "a band that waits")
	require.NoError(t, b.HasRule(t.Context(), "museum", "gentle"), "a rule that waits")
	require.NoError(t, b.HasRule(t.Context(), "museum", "mild"))
	v, err = b.Reject(t.Context(), "museum", v.Number, v.Hash, sec)
	require.NoError(t, err)
	require.Equal(t, life.Rejected, v.State)
	for _, id := range []string{"high", "gentle"} {
		require.ErrorIs(t, b.HasRule(t.Context(), "museum", id), life.ErrNotFound, "%s of a rejected version", id)
	}

	whole := b.with(t, "", "")
	without := life.Text{Base: whole.Base, YAML: whole.YAML[:strings.Index(whole.YAML, "  - {id: tenth")] + whole.YAML[strings.Index(whole.YAML, "  - {id: seen"):]}
	v, err = b.Create(t.Context(), "museum", without, ana)
	require.NoError(t, err)
	v, err = b.Propose(t.Context(), "museum", v.Number, v.Hash, ana)
	require.NoError(t, err)
	_, err = b.Publish(t.Context(), "museum", v.Number, whole.Base, ana)
	require.NoError(t, err, "removing a canary is weaker")
	require.NoError(t, b.HasRule(t.Context(), "museum", "tenth"), "it was a canary once, and may return")
	require.NoError(t, b.HasRule(t.Context(), "museum", "pace"))
	require.ErrorIs(t, b.HasRule(t.Context(), "", "pace"), life.ErrBadInput)
	require.ErrorIs(t, b.HasRule(t.Context(), "zoo", "pace"), life.ErrNotFound)
}
