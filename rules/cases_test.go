package rules

import (
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
)

func TestRunCases(t *testing.T) {
	t.Parallel()
	account := map[string]any{"account": "a1"}
	r := rule("r", "reads > 5 and hour == 9", func(r *Rule) {
		r.Mode = ModeDraft // examples of drafts count too
		r.Cases = Cases{
			MustFire: []Case{
				{Name: "right", Kind: ingest.KindStockRead, Event: map[string]any{"account": "a1", "hour": 9.0}, Features: map[string]float64{"reads": 6}},
				{Name: "no account", Kind: ingest.KindStockRead, Event: map[string]any{"hour": 9.0}, Features: map[string]float64{"reads": 6}},
				{Kind: ingest.KindStockRead, Event: account},
			},
			MustNotFire: []Case{
				{Name: "right too", Kind: ingest.KindStockRead, Event: account},
				{Name: "wrong", Kind: ingest.KindStockRead, Event: map[string]any{"account": "a1", "hour": 9.0}, Features: map[string]float64{"reads": 7}},
			},
		}
	})
	got := RunCases(compiledRules(t, []Feature{count("reads", EntityAccount)}, r))
	assert.Equal(t, []CaseResult{
		{Rule: "r", Case: "right", MustFire: true, Fired: true},
		{Rule: "r", Case: "no account", MustFire: true, Detail: "condition holds, but the case gives no account to act on"},
		{Rule: "r", Case: "number 3", MustFire: true, Detail: "did not fire, and must"},
		{Rule: "r", Case: "right too"},
		{Rule: "r", Case: "wrong", Fired: true, Detail: "fired, and must not"},
	}, got)
}

// TestFieldsRoundTrip sets every field and reads it back.
func TestFieldsRoundTrip(t *testing.T) {
	t.Parallel()
	p := compiledRules(t, nil, rule("r", "true"))
	numbers := map[string]float64{"minute": 59, "second": 12.5, "weekday": 7, "hour": 23}
	for _, f := range Fields() {
		assert.NotEmpty(t, f.Description, f.Name)
		e := caseEvent(Case{}, p.loc)
		ev := NewEvaluator()
		ev.load(p, e, nil)
		switch f.Type {
		case TypeText:
			want := "192.0.2.1"
			f.set(e, want, p.loc)
			assert.Equal(t, want, f.text(ev), f.Name)
		case TypeBool:
			f.set(e, true, p.loc)
			assert.True(t, f.truth(ev), f.Name)
			f.set(e, false, p.loc)
			assert.False(t, f.truth(ev), f.Name)
		case TypeNumber:
			want, ok := numbers[f.Name]
			if !ok {
				want = 14
			}
			f.set(e, want, p.loc)
			assert.InDelta(t, want, f.number(ev), 1e-9, f.Name)
		}
	}
}

func TestKeys(t *testing.T) {
	t.Parallel()
	e := testEvent()
	e.Subject.Claimed, e.Subject.Phone, e.Client.ASN = "typed", "ph", 4134
	e.Client.IP = netip.MustParseAddr("::ffff:192.0.2.7")
	want := map[Entity][]string{
		EntityAccount: {"a1"}, EntityDevice: {"d1"}, EntityIP: {"192.0.2.7"}, EntityASN: {"4134"},
		EntityDocument: {"x", "y"}, EntityPhone: {"ph"}, EntityPool: {"p1"},
	}
	for _, entity := range Entities() {
		assert.Equal(t, want[entity], AppendKeys(nil, entity, e), entity)
		assert.Equal(t, len(want[entity]) > 0, Key(entity, e) != "", entity)
	}
	assert.Equal(t, []string{"typed"}, AppendValues(nil, FieldClaimed, e))
	assert.Equal(t, []string{"2026-07-08"}, AppendValues(nil, FieldDay, e))
	assert.Equal(t, []string{"x", "y"}, AppendValues(nil, FieldDocument, e))
	assert.Empty(t, AppendKeys(nil, EntityIP, &ingest.Event{}))
}

func TestExplain(t *testing.T) {
	t.Parallel()
	f := count("reads", EntityAccount)
	f.Window = 90 * time.Second
	p := compiledRules(t, []Feature{f, count("unread", EntityDevice)},
		rule("r", "reads > 5 and hour >= 8", func(r *Rule) {
			r.Messages = Messages{ZH: "{reads} 次，{hour} 点", EN: "{reads} reads at {hour}, {other}"}
			r.Messages.EN = "{reads} reads at {hour}"
		}))
	got, err := Explain(p, "r", testEvent(), ingest.Snapshot{Names: []string{"gone", "reads"}, Values: []float64{1, 7}})
	require.NoError(t, err)
	assert.Equal(t, Explanation{
		Rule: "r", Ruleset: p.Version(), When: "reads > 5 and hour >= 8", Action: ingest.Challenge, Entity: EntityAccount, Key: "a1",
		Messages: Messages{ZH: "7 次，8 点", EN: "7 reads at 8"},
		Features: []ExplainedFeature{{
			Name: "reads", InChinese: "此账号 90 秒内各类请求的次数", Value: 7, Known: true, Entity: EntityAccount, Key: "a1", Aggregate: AggCount,
			Window: 90 * time.Second, Thresholds: []float64{5},
		}},
		Fields: []ExplainedField{{Name: "hour", Value: "8"}},
	}, got)
	_, err = Explain(p, "other", testEvent(), ingest.Snapshot{})
	require.ErrorIs(t, err, ErrUnknownRule)
	assert.Equal(t, "a {x} {b", fill("a {x} {b", map[string]string{"y": "1"}))
}
