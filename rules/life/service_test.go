package life_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/rules/life"
	"fairgate/rules/life/lifetest"
	"fairgate/rules/source"
)

// shipped has a rule of every mode, and nothing that lint finds.
var shipped = `# The house's rules.
name: museum
features:
  - {name: reads, entity: account, events: [stock.read], window: 1m, aggregate: count}
rules:
  - id: pace # keep
    when: reads > 20
    events: [stock.read]
    on: account
    action: block
    ttl: 1h
` + complete("stock.read", "    ", "\n    ", "\n") +
	"  - {id: tenth, when: reads > 30, on: account, action: block, mode: canary, share: 0.1" + complete("order.submit", ", ", ", ", "}\n") +
	"  - {id: seen, when: reads > 40, on: account, action: block, ttl: 1h, mode: shadow" + complete("order.pay", ", ", ", ", "}\n") +
	"  - {id: idea, when: reads > 50, on: account, action: block, mode: draft" + complete("order.cancel", ", ", ", ", "}\n") +
	"  - {id: gone, when: reads > 60, on: account, action: block, mode: retired" + complete("order.change", ", ", ", ", "}\n") +
	"  - {id: mild, when: reads > 10, on: account, action: flag" + complete("page.read", ", ", ", ", "}\n")

// complete is what lint wants of a rule besides; each has a kind of its own, so
// that none hides another.
func complete(kind, before, between, after string) string {
	fields := []string{"owner: risk", "reason: pace", "messages: {zh: 太快, en: fast}", "cases: {must_fire: [{name: a, kind: " + kind +
		", event: {account: a}, features: {reads: 99}}], must_not_fire: [{name: b, kind: " + kind + ", event: {account: a}, features: {reads: 1}}]}"}
	if kind != "stock.read" {
		fields = append(fields, "events: ["+kind+"]")
	}
	return before + strings.Join(fields, between) + after
}

// bench is a Service on a store in memory with a clock that the test turns.
type bench struct {
	*life.Service
	now   time.Time
	files fstest.MapFS
}

type gateFunc func(current, next *rules.Program) ([]life.Objection, error)

func (g gateFunc) Check(_ context.Context, current, next *rules.Program) ([]life.Objection, error) {
	return g(current, next)
}

func newBench(t *testing.T, gates ...life.Gate) *bench {
	t.Helper()
	b := &bench{now: time.Date(2026, 10, 1, 9, 0, 0, 0, time.UTC), files: fstest.MapFS{"museum.yaml": {Data: []byte(shipped)}}}
	b.Service = life.New(lifetest.NewMemory(), source.NewFiles(b.files), life.Options{Gates: gates, Now: func() time.Time { return b.now }})
	return b
}

var (
	ana  = life.Word{By: "ana", Reason: "bots at the opening"}
	bea  = life.Word{By: "bea", Reason: "a better number"}
	sec  = life.Word{By: "sec", Reason: "looks right"}
	root = life.Word{By: "root", Reason: "now"}
)

// with is the text in force with something replaced.
func (b *bench) with(t *testing.T, old, replacement string) life.Text {
	t.Helper()
	f, err := b.InForce(t.Context(), "museum")
	require.NoError(t, err)
	require.Contains(t, f.Text, old)
	return life.Text{YAML: strings.Replace(f.Text, old, replacement, 1), Base: f.Hash}
}

// proposed is a version with something replaced, by ana.
func (b *bench) proposed(t *testing.T, old, replacement string) life.Version {
	t.Helper()
	v, err := b.Create(t.Context(), "museum", b.with(t, old, replacement), ana)
	require.NoError(t, err)
	v, err = b.Propose(t.Context(), "museum", v.Number, v.Hash, ana)
	require.NoError(t, err)
	return v
}

func TestStrengtheningNeedsASecondPerson(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	before, err := b.InForce(t.Context(), "museum")
	require.NoError(t, err)
	assert.Zero(t, before.Number)
	assert.Equal(t, "museum.yaml", before.Origin)

	v, err := b.Create(t.Context(), "museum", b.with(t, "reads > 20", "reads > 15"), ana)
	require.NoError(t, err)
	_, err = b.Approve(t.Context(), "museum", v.Number, v.Hash, "", sec)
	require.ErrorIs(t, err, life.ErrState, "a draft is not proposed yet")
	v, err = b.Propose(t.Context(), "museum", v.Number, v.Hash, ana)
	require.NoError(t, err)
	_, err = b.Publish(t.Context(), "museum", v.Number, before.Hash, ana)
	require.ErrorIs(t, err, life.ErrSecondPerson)
	_, err = b.Approve(t.Context(), "museum", v.Number, v.Hash, "", ana)
	require.ErrorIs(t, err, life.ErrSecondPerson, "the author")
	_, err = b.Approve(t.Context(), "museum", v.Number, life.HashOf(nil), "", sec)
	require.ErrorIs(t, err, life.ErrStale, "another text")

	approved, err := b.Approve(t.Context(), "museum", v.Number, v.Hash, "", sec)
	require.NoError(t, err)
	edited, err := b.Edit(t.Context(), "museum", v.Number, approved.Hash, b.with(t, "reads > 20", "reads > 16"), bea)
	require.NoError(t, err)
	assert.Equal(t, life.Draft, edited.State)
	assert.Nil(t, edited.Approval, "an edit voids the approval")
	assert.Equal(t, []string{"bea"}, edited.Editors)
	_, err = b.Edit(t.Context(), "museum", v.Number, approved.Hash, b.with(t, "reads > 20", "reads > 17"), ana)
	require.ErrorIs(t, err, life.ErrStale, "what ana saw is no longer there")
	v, err = b.Propose(t.Context(), "museum", v.Number, edited.Hash, ana)
	require.NoError(t, err)
	_, err = b.Publish(t.Context(), "museum", v.Number, before.Hash, root)
	require.ErrorIs(t, err, life.ErrSecondPerson)
	_, err = b.Approve(t.Context(), "museum", v.Number, v.Hash, "", bea)
	require.ErrorIs(t, err, life.ErrSecondPerson, "an editor")
	v, err = b.Approve(t.Context(), "museum", v.Number, v.Hash, "", sec)
	require.NoError(t, err)
	_, err = b.Publish(t.Context(), "museum", v.Number, life.HashOf([]byte("something else")), ana)
	require.ErrorIs(t, err, life.ErrStale)
	v, err = b.Publish(t.Context(), "museum", v.Number, before.Hash, ana)
	require.NoError(t, err, "the author may publish what another approved")
	assert.Equal(t, life.Published, v.State)
	assert.Equal(t, &life.Publication{By: "ana", At: b.now, Reason: ana.Reason, Replaces: before.Hash}, v.Publication)

	after, err := b.InForce(t.Context(), "museum")
	require.NoError(t, err)
	assert.Equal(t, v.Number, after.Number)
	assert.NotEqual(t, before.Program, after.Program)
	steps, err := b.Steps(t.Context(), "museum", "pace")
	require.NoError(t, err)
	assert.Equal(t, []life.Step{{
		Ruleset: "museum", Rule: "pace", Number: v.Number, Before: rules.ModeLive, After: rules.ModeLive, Effect: life.Stronger,
		Fields: []string{"when"}, By: "ana", Second: "sec", Reason: ana.Reason, At: b.now,
	}}, steps)
	origin, err := b.Origin(t.Context(), "museum", after.Program, "pace")
	require.NoError(t, err)
	assert.Equal(t, life.Origin{Number: v.Number, Author: "ana", Publisher: "ana", Approver: "sec", Owner: "risk", Step: &steps[0]}, origin)
	origin, err = b.Origin(t.Context(), "museum", before.Program, "pace")
	require.NoError(t, err)
	assert.Equal(t, life.Origin{Owner: "risk"}, origin, "the shipped document is nobody's publication")
	for _, tt := range []struct {
		name, program, rule string
		want                []string
	}{
		{"the version that changed the rule", after.Program, "pace", []string{"ana", "bea", "risk"}},
		{"a rule that it did not change", after.Program, "tenth", []string{"risk"}},
		{"the shipped document", before.Program, "pace", []string{"risk"}},
		{"a program that never was in force", "0123456789ab", "pace", nil},
	} {
		makers, err := b.Makers(t.Context(), "museum", tt.program, tt.rule)
		require.NoError(t, err, tt.name)
		assert.Equal(t, tt.want, makers, tt.name)
	}
	_, err = b.Makers(t.Context(), "", after.Program, "pace")
	require.ErrorIs(t, err, life.ErrBadInput)
	_, err = b.Origin(t.Context(), "museum", "0123456789ab", "pace")
	require.ErrorIs(t, err, life.ErrNotFound)

	for name, err := range map[string]error{
		"edit":    second(b.Edit(t.Context(), "museum", v.Number, v.Hash, life.Text{YAML: "x", Base: v.Base}, ana)),
		"propose": second(b.Propose(t.Context(), "museum", v.Number, v.Hash, ana)),
		"approve": second(b.Approve(t.Context(), "museum", v.Number, v.Hash, "", root)),
		"reject":  second(b.Reject(t.Context(), "museum", v.Number, v.Hash, root)),
		"publish": second(b.Publish(t.Context(), "museum", v.Number, after.Hash, root)),
	} {
		require.ErrorIs(t, err, life.ErrState, name)
	}
}

func second[T any](_ T, err error) error { return err }

// TestWhatHarmsTooManyIsNotEvenProposed: a gate bars the proposal of what makes
// something stronger, and weakening needs no gate.
func TestWhatHarmsTooManyIsNotEvenProposed(t *testing.T) {
	t.Parallel()
	bars := true
	b := newBench(t, gateFunc(func(_, _ *rules.Program) ([]life.Objection, error) {
		return []life.Objection{{Kind: life.ObjectionBudget, Text: "Too many.", Overridable: true, Bars: bars, Harm: &life.Harm{People: 2, Of: 100, Limit: 0.001}}}, nil
	}))
	v, err := b.Create(t.Context(), "museum", b.with(t, "reads > 20", "reads > 15"), ana)
	require.NoError(t, err)
	_, err = b.Propose(t.Context(), "museum", v.Number, v.Hash, ana)
	refused, ok := errors.AsType[*life.Refused](err)
	require.True(t, ok, "%v", err)
	require.Len(t, refused.Objections, 1)
	assert.EqualValues(t, 2, refused.Objections[0].Harm.People)
	still, err := b.Version(t.Context(), "museum", v.Number)
	require.NoError(t, err)
	assert.Equal(t, life.Draft, still.State)

	weaker, err := b.Create(t.Context(), "museum", b.with(t, "action: block", "action: flag"), ana)
	require.NoError(t, err)
	_, err = b.Propose(t.Context(), "museum", weaker.Number, weaker.Hash, ana)
	require.NoError(t, err, "weakening waits for no gate")
	bars = false
	v, err = b.Propose(t.Context(), "museum", v.Number, v.Hash, ana)
	require.NoError(t, err, "what a second person may set aside is proposed")
	assert.Equal(t, life.Proposed, v.State)
}

func TestWeakeningIsInstant(t *testing.T) {
	t.Parallel()
	asked := 0
	b := newBench(t, gateFunc(func(_, _ *rules.Program) ([]life.Objection, error) {
		asked++
		return nil, errors.New("the ledger is away")
	}))
	v, err := b.ChangeRule(t.Context(), "museum", "pace", life.Patch{Action: new(ingest.Challenge)}, ana)
	require.NoError(t, err)
	assert.Equal(t, life.Published, v.State)
	assert.True(t, v.Publication.Instant)
	v, err = b.ChangeRule(t.Context(), "museum", "pace", life.Patch{Mode: new(rules.ModeRetired)}, ana)
	require.NoError(t, err)
	assert.Equal(t, life.Published, v.State)
	assert.Zero(t, asked, "weakening waits for no gate")
	f, err := b.InForce(t.Context(), "museum")
	require.NoError(t, err)
	assert.Contains(t, f.Text, "- id: pace # keep", "comments stay")
	old, err := b.Version(t.Context(), "museum", 1)
	require.NoError(t, err)
	assert.Equal(t, life.Superseded, old.State)

	v, err = b.ChangeRule(t.Context(), "museum", "tenth", life.Patch{Share: new(0.2)}, ana)
	require.NoError(t, err)
	assert.Equal(t, life.Proposed, v.State, "more people need a second person")
	assert.Nil(t, v.Publication)
	_, err = b.ChangeRule(t.Context(), "museum", "tenth", life.Patch{}, ana)
	require.ErrorIs(t, err, life.ErrBadInput, "nothing changes")
	_, err = b.ChangeRule(t.Context(), "museum", "tenth", life.Patch{Share: new(7.0)}, ana)
	require.ErrorIs(t, err, rules.ErrInvalid)
	_, err = b.ChangeRule(t.Context(), "museum", "nobody", life.Patch{Share: new(0.0)}, ana)
	require.ErrorIs(t, err, life.ErrNotFound)
	versions, err := b.List(t.Context(), "museum", 0, 10)
	require.NoError(t, err)
	assert.Len(t, versions, 3, "what was refused left nothing behind")
}

func TestStepsOfARulesLife(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		old, replacement string
		text             string // of the objection; empty: none
		overridable      bool
	}{
		"draft to live":                   {"mode: draft", "mode: live", "never observed", false},
		"draft to canary":                 {"mode: draft", "mode: canary, share: 0.1", "never observed", false},
		"new and live":                    {"  - id: pace", "  - {id: fresh, when: reads > 11, on: account, action: block" + complete("order.transfer", ", ", ", ", "}\n") + "  - id: pace", "never observed", false},
		"retired to live":                 {"mode: retired", "mode: live", "return to shadow only", false},
		"retired to draft":                {"mode: retired", "mode: draft", "return to shadow only", false},
		"shadow to live":                  {"mode: shadow", "mode: live", "without a canary", true},
		"another condition out of shadow": {"reads > 40, on: account, action: block, ttl: 1h, mode: shadow", "reads > 41, on: account, action: block, ttl: 1h, mode: canary, share: 0.1", "another condition", true},
		"shadow to canary":                {"mode: shadow", "mode: canary, share: 0.1", "", false},
		"canary to live":                  {"mode: canary, share: 0.1", "mode: live", "", false},
		"draft to shadow":                 {"mode: draft", "mode: shadow", "", false},
		"retired to shadow":               {"mode: retired", "mode: shadow", "", false},
		"canary back to draft":            {"mode: canary, share: 0.1", "mode: draft", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			v := b.proposed(t, c.old, c.replacement)
			review, err := b.Review(t.Context(), &v, true)
			require.NoError(t, err)
			var found []life.Objection
			for _, o := range review.Objections {
				if o.Kind == life.ObjectionLife {
					found = append(found, o)
				}
			}
			if c.text == "" {
				assert.Empty(t, found)
				return
			}
			require.Len(t, found, 1)
			assert.Contains(t, found[0].Text, c.text)
			assert.Equal(t, c.overridable, found[0].Overridable)
			if review.Instant {
				_, err = b.Publish(t.Context(), "museum", v.Number, v.Base, ana)
				var refused *life.Refused
				require.ErrorAs(t, err, &refused)
				return
			}
			_, err = b.Approve(t.Context(), "museum", v.Number, v.Hash, "it is urgent", sec)
			require.NoError(t, err)
			_, err = b.Publish(t.Context(), "museum", v.Number, v.Base, ana)
			var refused *life.Refused
			if c.overridable {
				require.NoError(t, err)
			} else {
				require.ErrorAs(t, err, &refused)
				assert.Contains(t, err.Error(), c.text)
			}
		})
	}
}

func TestARuleIsObservedBeforeItActs(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.ChangeRule(t.Context(), "museum", "idea", life.Patch{Mode: new(rules.ModeShadow)}, ana)
	require.NoError(t, err, "shadow never acts, so one person is enough")
	b.now = b.now.Add(20 * time.Minute)
	objections := func() []life.Objection {
		v, err := b.ChangeRule(t.Context(), "museum", "idea", life.Patch{Mode: new(rules.ModeCanary), Share: new(0.01)}, ana)
		require.NoError(t, err)
		require.Equal(t, life.Proposed, v.State)
		review, err := b.Review(t.Context(), &v, true)
		require.NoError(t, err)
		return review.Objections
	}
	assert.Equal(t, []life.Objection{{
		Kind: life.ObjectionLife, Rule: "idea", Text: `Rule "idea" was observed for less than 1h.`,
		Until: b.now.Add(40 * time.Minute), Overridable: true,
	}}, objections())

	v, err := b.Create(t.Context(), "museum", b.with(t, "reads > 50", "reads > 55"), ana)
	require.NoError(t, err)
	_, err = b.Publish(t.Context(), "museum", v.Number, v.Base, ana)
	require.NoError(t, err)
	b.now = b.now.Add(50 * time.Minute)
	require.Len(t, objections(), 1, "what counts is the condition as it is now")
	b.now = b.now.Add(10 * time.Minute)
	assert.Empty(t, objections())
}

func TestTwoPublicationsAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	one, two := b.proposed(t, "reads > 20", "reads > 15"), b.proposed(t, "reads > 10", "reads > 9")
	for _, v := range []life.Version{one, two} {
		_, err := b.Approve(t.Context(), "museum", v.Number, v.Hash, "", sec)
		require.NoError(t, err)
	}
	_, err := b.Publish(t.Context(), "museum", two.Number, two.Base, ana)
	require.NoError(t, err)
	_, err = b.Publish(t.Context(), "museum", one.Number, one.Base, ana)
	require.ErrorIs(t, err, life.ErrStale)
	assert.Contains(t, err.Error(), "version 2 with the hash "+two.Hash+" is in force")
	_, err = b.Publish(t.Context(), "museum", one.Number, two.Hash, ana)
	require.ErrorIs(t, err, life.ErrStale, "it was written and approved on another text, and would take version 2 back")

	merged, err := b.Edit(t.Context(), "museum", one.Number, one.Hash, b.with(t, "reads > 20", "reads > 15"), ana)
	require.NoError(t, err)
	merged, err = b.Propose(t.Context(), "museum", one.Number, merged.Hash, ana)
	require.NoError(t, err)
	_, err = b.Approve(t.Context(), "museum", one.Number, merged.Hash, "", sec)
	require.NoError(t, err)
	_, err = b.Publish(t.Context(), "museum", one.Number, two.Hash, ana)
	require.NoError(t, err)
}

func TestGates(t *testing.T) {
	t.Parallel()
	budget := life.Objection{Kind: life.ObjectionBudget, Rule: "pace", Text: "It would have blocked 41 people.", Overridable: true}
	warming := life.Objection{Kind: life.ObjectionWarming, Feature: "reads", Text: "It is warming.", Until: time.Date(2026, 10, 2, 0, 0, 0, 0, time.UTC)}
	var objections []life.Objection
	var fail error
	b := newBench(t, gateFunc(func(current, next *rules.Program) ([]life.Objection, error) {
		assert.NotNil(t, current)
		assert.NotEqual(t, current.Version(), next.Version())
		return objections, fail
	}))
	v := b.proposed(t, "reads > 20", "reads > 15")
	publish := func() error {
		_, err := b.Publish(t.Context(), "museum", v.Number, v.Base, ana)
		return err
	}
	approve := func(override string) {
		var err error
		v, err = b.Approve(t.Context(), "museum", v.Number, v.Hash, override, sec)
		require.NoError(t, err)
	}
	approve("")
	objections = []life.Objection{budget}
	var refused *life.Refused
	require.ErrorAs(t, publish(), &refused)
	assert.Equal(t, []life.Objection{budget}, refused.Objections)
	_, err := b.Approve(t.Context(), "museum", v.Number, v.Hash, "x", sec)
	require.ErrorIs(t, err, life.ErrBadInput, "an override needs a reason")
	approve("the festival is known")
	assert.Equal(t, []life.Objection{budget}, v.Approval.Overrides)
	objections = []life.Objection{budget, warming}
	require.ErrorAs(t, publish(), &refused)
	assert.Equal(t, []life.Objection{warming}, refused.Objections, "what came later was not overridden, and cannot be")
	objections, fail = []life.Objection{budget}, errors.New("the ledger is away")
	require.ErrorContains(t, publish(), "the ledger is away")
	fail = nil
	require.NoError(t, publish())
}

func TestExamplesAndLintObject(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v := b.proposed(t, "must_fire: [", "must_fire: [{name: a bot, kind: stock.read, event: {account: a}, features: {reads: 3}}, ")
	_, err := b.Publish(t.Context(), "museum", v.Number, v.Base, ana)
	var refused *life.Refused
	require.ErrorAs(t, err, &refused)
	require.Len(t, refused.Objections, 1)
	assert.Equal(t, life.ObjectionCases, refused.Objections[0].Kind)
	assert.False(t, refused.Objections[0].Overridable)

	v = b.proposed(t, "reads > 20", "reads > 20 and reads < 5")
	review, err := b.Review(t.Context(), &v, false)
	require.NoError(t, err)
	var lint *life.Objection
	for i := range review.Objections {
		if review.Objections[i].Kind == life.ObjectionLint && strings.Contains(review.Objections[i].Text, "in no situation") {
			lint = &review.Objections[i]
		}
	}
	require.NotNil(t, lint, "%+v", review.Objections)
	assert.True(t, lint.Overridable)
}

func TestDraftsThatDoNotCompile(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	v, err := b.Create(t.Context(), "museum", b.with(t, "reads > 20", "raeds > 20"), ana)
	require.NoError(t, err, "nobody loses work")
	assert.Empty(t, v.Program)
	review, err := b.Review(t.Context(), &v, false)
	require.NoError(t, err)
	require.Len(t, review.Problems, 1)
	assert.Equal(t, 7, review.Problems[0].Line)
	assert.Equal(t, "rules[0].when", review.Problems[0].Field)
	_, err = b.Propose(t.Context(), "museum", v.Number, v.Hash, ana)
	require.ErrorIs(t, err, rules.ErrInvalid)
	_, err = b.Publish(t.Context(), "museum", v.Number, v.Base, ana)
	require.ErrorIs(t, err, rules.ErrInvalid)
	v, err = b.Reject(t.Context(), "museum", v.Number, v.Hash, sec)
	require.NoError(t, err)
	assert.Equal(t, &life.Rejection{By: "sec", At: b.now, Reason: sec.Reason}, v.Rejection)
	_, err = b.Edit(t.Context(), "museum", v.Number, v.Hash, b.with(t, "reads > 20", "reads > 21"), ana)
	require.ErrorIs(t, err, life.ErrState)
}

func TestReturnToAnEarlierVersion(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	_, err := b.ChangeRule(t.Context(), "museum", "pace", life.Patch{Mode: new(rules.ModeShadow)}, ana)
	require.NoError(t, err)
	v, err := b.Return(t.Context(), "museum", 0, ana)
	require.NoError(t, err)
	assert.Equal(t, life.Proposed, v.State, "back to live is going live")
	assert.Equal(t, shipped, v.Text)
	_, err = b.Approve(t.Context(), "museum", v.Number, v.Hash, "it was live for years", sec)
	require.NoError(t, err)
	v, err = b.Publish(t.Context(), "museum", v.Number, v.Base, ana)
	require.NoError(t, err)
	v, err = b.Return(t.Context(), "museum", 1, ana)
	require.NoError(t, err)
	assert.Equal(t, life.Published, v.State, "to the milder one at once")
	_, err = b.Return(t.Context(), "museum", 3, ana)
	require.ErrorIs(t, err, life.ErrBadInput, "it is in force")
	_, err = b.Return(t.Context(), "museum", 99, ana)
	require.ErrorIs(t, err, life.ErrNotFound)
	changes, err := b.Compare(t.Context(), "museum", 0, 1)
	require.NoError(t, err)
	require.Len(t, changes, 1)
	assert.Equal(t, "pace", changes[0].Name)
}

func TestBadInputIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	good := b.with(t, "reads > 20", "reads > 21")
	for name, err := range map[string]error{
		"no reason":         second(b.Create(t.Context(), "museum", good, life.Word{By: "ana", Reason: "  x "})),
		"a long reason":     second(b.Create(t.Context(), "museum", good, life.Word{By: "ana", Reason: strings.Repeat("长", 501)})),
		"control in reason": second(b.Create(t.Context(), "museum", good, life.Word{By: "ana", Reason: "abc\x1b[31m"})),
		"nobody":            second(b.Create(t.Context(), "museum", good, life.Word{Reason: "a reason"})),
		"script in name":    second(b.Create(t.Context(), "<script>", good, ana)),
		"a path":            second(b.Create(t.Context(), "../museum", good, ana)),
		"a long name":       second(b.InForce(t.Context(), strings.Repeat("a", 65))),
		"no text":           second(b.Create(t.Context(), "museum", life.Text{Base: good.Base}, ana)),
		"too much text":     second(b.Create(t.Context(), "museum", life.Text{YAML: strings.Repeat("#", rules.MaxSize+1), Base: good.Base}, ana)),
		"no base":           second(b.Create(t.Context(), "museum", life.Text{YAML: good.YAML}, ana)),
		"list limit":        second(b.List(t.Context(), "museum", 0, 0)),
		"list before":       second(b.List(t.Context(), "museum", -1, 1)),
	} {
		require.ErrorIs(t, err, life.ErrBadInput, name)
	}
	require.ErrorIs(t, second(b.Create(t.Context(), "opera", good, ana)), life.ErrNotFound)
	require.ErrorIs(t, second(b.Version(t.Context(), "museum", 7)), life.ErrNotFound)
	versions, err := b.List(t.Context(), "museum", 0, 10)
	require.NoError(t, err)
	assert.Empty(t, versions)
}
