package scoring

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/rules"
)

func compile(t *testing.T, features []rules.Feature, list ...rules.Rule) *rules.Program {
	t.Helper()
	for i := range list {
		list[i].On, list[i].Action = rules.EntityAccount, ingest.Flag
	}
	p, err := rules.Compile(&rules.Ruleset{Name: "test", Features: features, Rules: list}, rules.Options{})
	require.NoError(t, err)
	return p
}

func feature(name string, change func(*rules.Feature)) rules.Feature {
	f := rules.Feature{
		Name: name, Entity: rules.EntityAccount, Window: time.Minute,
		Aggregate: rules.AggCount, Stage: rules.StageInline,
	}
	if change != nil {
		change(&f)
	}
	return f
}

func TestFeaturesOfOneDefinitionShareASeries(t *testing.T) {
	orders := []ingest.Kind{ingest.KindOrderSubmit, ingest.KindOrderPay}
	p := compile(t, []rules.Feature{
		feature("per_minute", func(f *rules.Feature) { f.Events = orders }),
		feature("per_hour", func(f *rules.Feature) {
			f.Window, f.Events = time.Hour, []ingest.Kind{ingest.KindOrderPay, ingest.KindOrderSubmit}
		}),
		feature("per_hour_again", func(f *rules.Feature) { f.Window, f.Events = time.Hour, orders }),
		feature("rhythm", func(f *rules.Feature) { f.Aggregate, f.Events = rules.AggRegularity, orders }),
		feature("narrow", func(f *rules.Feature) { f.Events, f.Where = orders, "positions > 2" }),
		feature("all", nil),
		feature("devices", func(f *rules.Feature) { f.Aggregate, f.Of = rules.AggDistinct, rules.FieldDevice }),
		feature("async", func(f *rules.Feature) { f.Events, f.Stage = orders, rules.StageAsync }),
		feature("unused", func(f *rules.Feature) { f.Entity = rules.EntityIP }),
	}, rules.Rule{ID: "r", When: "per_minute > 3 or per_hour > 400 or per_hour_again > 1 or rhythm > 0.1 or narrow > 1 or all > 1 or devices > 1 or async > 1"})
	all := seriesOf(p)
	require.Len(t, all, 5)
	var features []int
	for _, one := range all[0].parts {
		features = append(features, one.feature)
	}
	assert.Equal(t, []int{0, 1, 2, 3}, features)
	assert.Equal(t, time.Hour, all[0].series.Keep)
	assert.Equal(t, 800, all[0].series.Limit, "twice the largest threshold")
	assert.Equal(t, minLimit, all[1].series.Limit)
	ids := map[string]bool{}
	for _, s := range all {
		ids[s.series.ID] = true
	}
	assert.Len(t, ids, 5, "every definition has an id of its own")

	u := useOf(all[0], []int{0, 1, 2})
	assert.Equal(t, []Read{{Window: time.Minute, Aggregate: rules.AggCount}, {Window: time.Hour, Aggregate: rules.AggCount}}, u.series.Reads)
	assert.Equal(t, []slot{{0, 0}, {1, 1}, {1, 2}}, u.slots, "the same window is read once")
}

func TestSeriesKeepTheirIDAcrossPrograms(t *testing.T) {
	rule := rules.Rule{ID: "r", When: "f > 3"}
	a := seriesOf(compile(t, []rules.Feature{feature("f", nil)}, rule))[0].series
	b := seriesOf(compile(t, []rules.Feature{feature("f", func(f *rules.Feature) { f.Window = time.Hour })}, rule))[0].series
	c := seriesOf(compile(t, []rules.Feature{feature("f", func(f *rules.Feature) { f.Where = "hosting" })}, rule))[0].series
	assert.Equal(t, a.ID, b.ID, "a longer window goes on with the same events")
	assert.NotEqual(t, a.ID, c.ID, "other events begin anew")
}

func TestStagesWriteTheirOwnAndReadTheOthers(t *testing.T) {
	submit := []ingest.Kind{ingest.KindOrderSubmit}
	p := compile(t,
		[]rules.Feature{
			feature("inl", func(f *rules.Feature) { f.Events = submit }),
			feature("out", func(f *rules.Feature) { f.Events, f.Stage = submit, rules.StageOutcome }),
			feature("asy", func(f *rules.Feature) { f.Events, f.Stage = submit, rules.StageAsync }),
		},
		rules.Rule{ID: "quick", Events: []ingest.Kind{ingest.KindOrderPay}, When: "out > 1"},
		rules.Rule{ID: "slow", Stage: rules.StageAsync, Events: []ingest.Kind{ingest.KindOrderPay}, When: "inl + out + asy > 9"})
	type want struct {
		write bool
		reads int
	}
	// uses maps the filter's feature to what a stage does with its series.
	uses := func(groups []group) map[string]want {
		out := map[string]want{}
		for _, g := range groups {
			for _, u := range g.uses {
				out[p.Names()[u.filter]] = want{u.write, len(u.slots)}
			}
		}
		return out
	}
	plan := newPlan(p)
	submits, pays := plan.kind(ingest.KindOrderSubmit), plan.kind(ingest.KindOrderPay)
	assert.Equal(t, map[string]want{"inl": {true, 0}}, uses(submits.inline), "counted here, read elsewhere")
	assert.Equal(t, map[string]want{"out": {true, 0}}, uses(submits.outcome))
	assert.Equal(t, map[string]want{"asy": {true, 0}}, uses(submits.async))
	assert.Equal(t, map[string]want{"inl": {false, 1}, "out": {false, 1}}, uses(pays.inline))
	assert.Empty(t, uses(pays.outcome))
	assert.Equal(t, map[string]want{"out": {false, 1}, "asy": {false, 1}}, uses(pays.async))
	assert.Empty(t, uses(plan.kind("unheard.of").inline))
	for _, g := range submits.inline {
		assert.Equal(t, g.entity != rules.EntityPool, g.mark, "%s", g.entity)
	}
	for _, c := range []struct {
		stage  string
		groups []group
		mark   bool
	}{
		{"an asynchronous stage that reads", pays.async, true},
		{"an asynchronous stage that only counts", submits.async, false},
		{"the outcome stage, which only counts", submits.outcome, false},
	} {
		require.Len(t, c.groups, 1, c.stage)
		assert.Equal(t, c.mark, c.groups[0].mark, "%s needs the mark: %t", c.stage, c.mark)
	}
}

func TestEntitiesAreKeptForTheLongestOfAllStages(t *testing.T) {
	order := []ingest.Kind{ingest.KindOrderSubmit}
	p := newPlan(compile(t, []rules.Feature{
		feature("per_minute", func(f *rules.Feature) { f.Events = order }),
		feature("per_day", func(f *rules.Feature) { f.Window, f.Stage, f.Events = 24*time.Hour, rules.StageAsync, order }),
		feature("elsewhere", func(f *rules.Feature) { f.Entity, f.Window = rules.EntityIP, 30*24*time.Hour }),
	}, rules.Rule{ID: "r", When: "per_minute > 3 or per_day > 3 or elsewhere > 3"}))
	kp := p.kind(ingest.KindOrderSubmit)
	for _, groups := range [][]group{kp.inline, kp.async} {
		for _, g := range groups {
			want := map[rules.Entity]time.Duration{rules.EntityAccount: 24 * time.Hour, rules.EntityIP: 30 * 24 * time.Hour}[g.entity]
			assert.Equal(t, want, g.keep, "%s", g.entity)
		}
	}
}
