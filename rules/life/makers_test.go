package life_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/rules/life"
)

// publish puts a changed text in force, written by one person on the word of
// another, an hour later.
func (b *bench) publish(t *testing.T, who life.Word, text life.Text) (program string) {
	t.Helper()
	v, err := b.Create(t.Context(), "museum", text, who)
	require.NoError(t, err)
	v, err = b.Propose(t.Context(), "museum", v.Number, v.Hash, who)
	require.NoError(t, err)
	v, err = b.Approve(t.Context(), "museum", v.Number, v.Hash, "as agreed", sec)
	require.NoError(t, err)
	b.now = b.now.Add(time.Hour)
	v, err = b.Publish(t.Context(), "museum", v.Number, text.Base, who)
	require.NoError(t, err)
	return v.Program
}

func TestWhoChangedAFeatureMadeTheRulesThatStandOnIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	shipped, err := b.InForce(t.Context(), "museum")
	require.NoError(t, err)
	feature := "{name: reads, entity: account, events: [stock.read], window: 1m, aggregate: count}"
	wider := b.publish(t, bea, b.with(t, feature, strings.Replace(feature, "1m", "2m", 1)))
	described := b.publish(t, root, b.with(t, "window: 2m", "description: what is read, window: 2m"))
	edited := b.publish(t, ana, b.with(t, "reads > 20", "reads > 25"))
	for _, tt := range []struct {
		name, program, rule string
		want                []string
	}{
		{"the shipped feature is nobody's", shipped.Program, "pace", []string{"risk"}},
		{"who changed the feature", wider, "pace", []string{"bea", "risk"}},
		{"every rule that stands on it", wider, "tenth", []string{"bea", "risk"}},
		{"a description is no change", described, "pace", []string{"bea", "risk"}},
		{"who changed the rule later, and the feature before", edited, "pace", []string{"ana", "bea", "risk"}},
	} {
		makers, err := b.Makers(t.Context(), "museum", tt.program, tt.rule)
		require.NoError(t, err, tt.name)
		assert.Equal(t, tt.want, makers, tt.name)
	}
	last := b.publish(t, root, b.with(t, "window: 2m", "window: 3m"))
	makers, err := b.Makers(t.Context(), "museum", last, "pace")
	require.NoError(t, err)
	assert.Equal(t, []string{"ana", "risk", "root"}, makers, "only who changed it last")
}
