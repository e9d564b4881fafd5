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

// sample is a small ruleset with a rule of every mode.
func sample() *rules.Ruleset {
	rule := func(id, when string, mode rules.Mode) rules.Rule {
		r := rules.Rule{
			ID: id, Stage: rules.StageInline, When: when, On: rules.EntityAccount, Action: ingest.Block,
			Score: 50, TTL: time.Hour, Mode: mode, Owner: "risk",
			Cases: rules.Cases{MustNotFire: []rules.Case{{Name: "nobody", Kind: ingest.KindStockRead}}},
		}
		if mode == rules.ModeCanary {
			r.Share = 0.1
		}
		return r
	}
	return &rules.Ruleset{
		Name: "museum",
		Features: []rules.Feature{
			{Name: "reads", Entity: rules.EntityAccount, Window: time.Minute, Aggregate: rules.AggCount, Stage: rules.StageInline},
			{Name: "tries", Entity: rules.EntityAccount, Window: time.Minute, Aggregate: rules.AggCount, Stage: rules.StageInline},
		},
		Rules: []rules.Rule{
			rule("live", "reads > 5", rules.ModeLive), rule("canary", "reads > 6", rules.ModeCanary),
			rule("shadow", "tries > 7", rules.ModeShadow), rule("draft", "tries > 8", rules.ModeDraft), rule("retired", "tries > 9", rules.ModeRetired),
		},
	}
}

func TestDiffJudgesEveryChange(t *testing.T) {
	t.Parallel()
	live, canary, shadow := 0, 1, 2
	for name, c := range map[string]struct {
		change func(*rules.Ruleset)
		want   life.Effect
	}{
		"action milder":              {func(rs *rules.Ruleset) { rs.Rules[live].Action = ingest.Challenge }, life.Weaker},
		"ttl shorter":                {func(rs *rules.Ruleset) { rs.Rules[live].TTL = time.Minute }, life.Weaker},
		"this request only":          {func(rs *rules.Ruleset) { rs.Rules[live].TTL = 0 }, life.Weaker},
		"score lower":                {func(rs *rules.Ruleset) { rs.Rules[live].Score = 10 }, life.Weaker},
		"live to shadow":             {func(rs *rules.Ruleset) { rs.Rules[live].Mode = rules.ModeShadow }, life.Weaker},
		"live to retired":            {func(rs *rules.Ruleset) { rs.Rules[live].Mode = rules.ModeRetired }, life.Weaker},
		"live to canary":             {func(rs *rules.Ruleset) { rs.Rules[live].Mode, rs.Rules[live].Share = rules.ModeCanary, 0.5 }, life.Weaker},
		"share down":                 {func(rs *rules.Ruleset) { rs.Rules[canary].Share = 0.05 }, life.Weaker},
		"live rule removed":          {func(rs *rules.Ruleset) { rs.Rules = rs.Rules[1:] }, life.Weaker},
		"disabled with another when": {func(rs *rules.Ruleset) { rs.Rules[live].Mode, rs.Rules[live].When = rules.ModeRetired, "true" }, life.Weaker},

		"action sharper":             {func(rs *rules.Ruleset) { rs.Rules[live].Action = ingest.Block; rs.Rules[canary].Share = 0.2 }, life.Stronger},
		"ttl longer":                 {func(rs *rules.Ruleset) { rs.Rules[live].TTL = 2 * time.Hour }, life.Stronger},
		"score higher":               {func(rs *rules.Ruleset) { rs.Rules[live].Score = 60 }, life.Stronger},
		"shadow to canary":           {func(rs *rules.Ruleset) { rs.Rules[shadow].Mode, rs.Rules[shadow].Share = rules.ModeCanary, 0.01 }, life.Stronger},
		"canary to live":             {func(rs *rules.Ruleset) { rs.Rules[canary].Mode, rs.Rules[canary].Share = rules.ModeLive, 0 }, life.Stronger},
		"share up":                   {func(rs *rules.Ruleset) { rs.Rules[canary].Share = 0.2 }, life.Stronger},
		"another condition":          {func(rs *rules.Ruleset) { rs.Rules[live].When = "reads > 50" }, life.Stronger},
		"fewer kinds, unjudged":      {func(rs *rules.Ruleset) { rs.Rules[live].Events = []ingest.Kind{ingest.KindStockRead} }, life.Stronger},
		"another entity":             {func(rs *rules.Ruleset) { rs.Rules[live].On = rules.EntityDevice }, life.Stronger},
		"example removed":            {func(rs *rules.Ruleset) { rs.Rules[live].Cases = rules.Cases{} }, life.Stronger},
		"another reason":             {func(rs *rules.Ruleset) { rs.Rules[live].Reason = ingest.ReasonPace }, life.Stronger},
		"new live rule":              {func(rs *rules.Ruleset) { r := rs.Rules[live]; r.ID = "new"; rs.Rules = append(rs.Rules, r) }, life.Stronger},
		"feature of a live rule":     {func(rs *rules.Ruleset) { rs.Features[0].Window = time.Hour }, life.Stronger},
		"milder here, sharper there": {func(rs *rules.Ruleset) { rs.Rules[live].Action, rs.Rules[live].TTL = ingest.Challenge, 2*time.Hour }, life.Stronger},

		"nothing":     {func(*rules.Ruleset) {}, life.Neutral},
		"description": {func(rs *rules.Ruleset) { rs.Rules[live].Description = "x" }, life.Neutral},
		"messages":    {func(rs *rules.Ruleset) { rs.Rules[live].Messages.ZH = "x" }, life.Neutral},
		"owner":       {func(rs *rules.Ruleset) { rs.Rules[live].Owner = "night" }, life.Neutral},
		"example added": {func(rs *rules.Ruleset) {
			rs.Rules[live].Cases.MustFire = []rules.Case{{Name: "bot", Kind: ingest.KindStockRead}}
		}, life.Neutral},
		"shadow condition":         {func(rs *rules.Ruleset) { rs.Rules[shadow].When = "tries > 1" }, life.Neutral},
		"shadow action":            {func(rs *rules.Ruleset) { rs.Rules[shadow].Action = ingest.Flag }, life.Neutral},
		"draft to shadow":          {func(rs *rules.Ruleset) { rs.Rules[3].Mode = rules.ModeShadow }, life.Neutral},
		"retired to shadow":        {func(rs *rules.Ruleset) { rs.Rules[4].Mode = rules.ModeShadow }, life.Neutral},
		"new shadow rule":          {func(rs *rules.Ruleset) { r := rs.Rules[shadow]; r.ID = "new"; rs.Rules = append(rs.Rules, r) }, life.Neutral},
		"shadow rule removed":      {func(rs *rules.Ruleset) { rs.Rules = append(rs.Rules[:2], rs.Rules[3:]...) }, life.Neutral},
		"canary of nobody":         {func(rs *rules.Ruleset) { rs.Rules[shadow].Mode = rules.ModeCanary }, life.Neutral},
		"feature of shadow rules":  {func(rs *rules.Ruleset) { rs.Features[1].Window = time.Hour }, life.Neutral},
		"feature's description":    {func(rs *rules.Ruleset) { rs.Features[0].Description = "x" }, life.Neutral},
		"feature added":            {func(rs *rules.Ruleset) { f := rs.Features[0]; f.Name = "new"; rs.Features = append(rs.Features, f) }, life.Neutral},
		"feature removed":          {func(rs *rules.Ruleset) { rs.Features = rs.Features[:1] }, life.Neutral},
		"order only":               {func(rs *rules.Ruleset) { rs.Rules[0], rs.Rules[1] = rs.Rules[1], rs.Rules[0] }, life.Neutral},
		"description of all rules": {func(rs *rules.Ruleset) { rs.Description = "x" }, life.Neutral},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			next := sample()
			c.change(next)
			changes, err := life.Diff(sample(), next)
			require.NoError(t, err)
			got := life.Neutral
			for _, change := range changes {
				assert.True(t, change.Effect.Valid())
				if change.Effect == life.Stronger || got == life.Neutral {
					got = change.Effect
				}
			}
			assert.Equal(t, c.want, got, "%+v", changes)
			assert.Equal(t, c.want != life.Stronger, life.Instant(changes))
		})
	}
}

func TestDiffSaysWhatChanged(t *testing.T) {
	t.Parallel()
	next := sample()
	next.Rules[0].Action, next.Rules[0].Description = ingest.Challenge, "milder"
	next.Rules = next.Rules[:4]
	next.Features = append(next.Features, rules.Feature{Name: "more"})
	changes, err := life.Diff(sample(), next)
	require.NoError(t, err)
	assert.Equal(t, []life.Change{
		{
			Subject: life.SubjectRule, Op: life.Changed, Name: "live", Effect: life.Weaker, Before: rules.ModeLive, After: rules.ModeLive,
			Fields: []life.FieldChange{
				{Field: "action", Effect: life.Weaker, Before: []byte(`"block"`), After: []byte(`"challenge"`)},
				{Field: "description", Effect: life.Neutral, Before: []byte(`null`), After: []byte(`"milder"`)},
			},
		},
		{Subject: life.SubjectRule, Op: life.Removed, Name: "retired", Effect: life.Neutral, Before: rules.ModeRetired},
		{Subject: life.SubjectFeature, Op: life.Added, Name: "more", Effect: life.Neutral},
	}, changes)

	changes, err = life.Diff(nil, sample())
	require.NoError(t, err)
	assert.Len(t, changes, 8, "five rules, two features and the name are new")
	assert.False(t, life.Instant(changes))
}

// A feature that only another feature reads counts for the rules that read that
// one; nothing may be missed, so a mention is enough.
func TestFeaturesBehindFeaturesCount(t *testing.T) {
	t.Parallel()
	before, after := sample(), sample()
	for _, rs := range []*rules.Ruleset{before, after} {
		rs.Features[0].Where = "tries > 0"
	}
	after.Features[1].Window = time.Hour
	changes, err := life.Diff(before, after)
	require.NoError(t, err)
	assert.False(t, life.Instant(changes), "%+v", changes)
}
