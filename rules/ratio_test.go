package rules

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
)

// ratios is a ruleset whose one rule reads a ratio of a ratio.
func ratios(t *testing.T) *Program {
	t.Helper()
	count := func(name string, e Entity, w time.Duration) Feature {
		return Feature{Name: name, Entity: e, Window: w, Aggregate: AggCount}
	}
	r := rule("r", "twice > 1")
	r.Events = []ingest.Kind{ingest.KindOrderSubmit}
	p, err := Compile(&Ruleset{
		Name: "t",
		Features: []Feature{
			{Name: "twice", Aggregate: AggRatio, Of: "once", Over: "c"},
			{Name: "once", Aggregate: AggRatio, Of: "a", Over: "b"},
			count("a", EntityDevice, time.Hour), count("b", EntityDevice, 2*time.Hour), count("c", EntityIP, time.Minute),
			count("unused", EntityIP, time.Minute),
		},
		Rules: []Rule{r},
	}, Options{})
	require.NoError(t, err)
	return p
}

func TestRatiosAreWorkedOutOfTheirParts(t *testing.T) {
	t.Parallel()
	p := ratios(t)
	require.Equal(t, []string{"twice", "once", "a", "b", "c"}, p.Names())
	for _, c := range []struct {
		name string
		in   []float64
		want []float64
	}{
		{"all known", []float64{0, 0, 12, 3, 2}, []float64{2, 4, 12, 3, 2}},
		{"nothing of it", []float64{0, 0, 0, 3, 2}, []float64{0, 0, 0, 3, 2}},
		{"nothing by nothing", []float64{0, 0, 0, 0, 2}, []float64{NoValue, NoValue, 0, 0, 2}},
		{"something by nothing", []float64{0, 0, 5, 0, 2}, []float64{NoValue, NoValue, 5, 0, 2}},
		{"a part without a value", []float64{0, 0, NoValue, 3, 2}, []float64{NoValue, NoValue, NoValue, 3, 2}},
		{"the outer part without a value", []float64{0, 0, 12, 3, NoValue}, []float64{NoValue, 4, 12, 3, NoValue}},
	} {
		p.Derive(c.in)
		assert.Equal(t, c.want, c.in, c.name)
	}
}

func TestRatiosBringTheirPartsAlong(t *testing.T) {
	t.Parallel()
	p := ratios(t)
	assert.Equal(t, []int{0, 1, 2, 3, 4}, p.Reads(StageInline, ingest.KindOrderSubmit))
	assert.Empty(t, p.Reads(StageInline, ingest.KindOrderPay))
	f := p.Features()[0]
	assert.Equal(t, EntityDevice, f.Entity, "whose number it is")
	assert.Equal(t, 2*time.Hour, f.Window)
	assert.Empty(t, p.Ruleset().Features[0].Entity, "the document stays as it was written")

	x, err := Explain(p, "r", &ingest.Event{Kind: ingest.KindOrderSubmit}, ingest.Snapshot{
		Names: p.Names(), Values: []float64{2, 4, 12, 3, 2},
	})
	require.NoError(t, err)
	var names []string
	for _, f := range x.Features {
		names = append(names, f.Name)
	}
	assert.Equal(t, []string{"twice", "once", "c", "a", "b"}, names, "what it is made of is shown, too")
}
