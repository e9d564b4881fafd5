package enforcement_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/ingest"
	"fairgate/rules"
	"fairgate/scoring"
)

var at = time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)

// engine answers with what the test gives it.
type engine struct {
	result scoring.Result
	err    error
	burn   string
}

func (g *engine) Inline(_ context.Context, _ *ingest.Event, burn string, r *scoring.Result) error {
	g.burn = burn
	*r = g.result
	return g.err
}

func (g *engine) Outcome(context.Context, *ingest.Event) error { return g.err }

// passes knows one good pass.
type passes struct{}

func (passes) Verify(pass string, _ *ingest.Event) (string, ingest.Pass, bool) {
	return "burn-" + pass, ingest.Pass{Solve: 900, Gap: 40}, pass == "good"
}

type snapshot map[enforcement.Target][]byte

func (s snapshot) Mark(entity rules.Entity, key string) []byte {
	return s[enforcement.Target{Entity: entity, Key: key}]
}

func event() *ingest.Event {
	return &ingest.Event{
		ID: "0197-e", Time: at, Site: "museum", Kind: ingest.KindOrderSubmit,
		Subject: ingest.Subject{Account: "a", Device: "d", Session: "s", Documents: []string{"doc"}, Claimed: "typed"},
		Client:  ingest.Client{IP: netip.MustParseAddr("203.0.113.7"), Subnet: "203.0.113.0/24", ASN: 4134},
	}
}

func hit(rule string, action ingest.Action, entity rules.Entity, key string) ingest.Hit {
	return ingest.Hit{Rule: rule, Action: action, Entity: string(entity), Key: key, Reason: ingest.ReasonClient}
}

func shadow(h ingest.Hit) ingest.Hit {
	h.Shadow = true
	return h
}

type entryOption func(*enforcement.MarkEntry)

func deny(source enforcement.EntrySource, options ...entryOption) enforcement.MarkEntry {
	e := enforcement.MarkEntry{
		ID: "42", Site: "museum", Kind: enforcement.EntryDeny, Source: source, Since: at.Add(-time.Hour).UnixMilli(),
	}
	if source == enforcement.EntryByRule {
		e.Rule = "r"
		e.Expires = at.Add(time.Hour).UnixMilli()
	}
	for _, o := range options {
		o(&e)
	}
	return e
}

func except(rule string, options ...entryOption) enforcement.MarkEntry {
	options = append([]entryOption{func(e *enforcement.MarkEntry) { e.Kind, e.Rule = enforcement.EntryException, rule }}, options...)
	return deny(enforcement.EntryByHand, options...)
}

func expires(t time.Time) entryOption {
	return func(e *enforcement.MarkEntry) { e.Expires = t.UnixMilli() }
}
func site(name string) entryOption { return func(e *enforcement.MarkEntry) { e.Site = name } }

func mark(t *testing.T, entity rules.Entity, key string, m enforcement.Mark) scoring.Mark {
	t.Helper()
	since, data, ok := scoring.DecodeMark(stored(t, m))
	require.True(t, ok)
	return scoring.Mark{Entity: entity, Key: key, Since: since, Data: data}
}

func stored(t *testing.T, m enforcement.Mark) []byte {
	t.Helper()
	value, err := m.Encode()
	require.NoError(t, err)
	return value
}

func TestPrecedence(t *testing.T) {
	type marks = map[rules.Entity]enforcement.Mark
	one := func(entity rules.Entity, entries ...enforcement.MarkEntry) marks {
		return marks{entity: {Entries: entries}}
	}
	account := func(action ingest.Action) ingest.Hit { return hit("r", action, "account", "a") }
	again := func(h ingest.Hit) ingest.Hit { h.Again = true; return h }
	ip := func(action ingest.Action) ingest.Hit { return hit("r", action, "ip", "203.0.113.7") }
	cleared := func(d time.Duration) marks {
		return marks{"account": {Cleared: at.Add(d)}}
	}
	const allow, flag, challenge, block = ingest.Allow, ingest.Flag, ingest.Challenge, ingest.Block
	tests := []struct {
		name   string
		hits   []ingest.Hit
		marks  marks
		pass   string
		want   ingest.Action
		reason ingest.Reason
		passed bool
	}{
		{name: "nothing", want: allow},
		{name: "flag", hits: []ingest.Hit{account(flag)}, want: flag},
		{name: "challenge over flag", hits: []ingest.Hit{account(flag), account(challenge)}, want: challenge, reason: ingest.ReasonClient},
		{name: "block over challenge", hits: []ingest.Hit{account(challenge), account(block)}, want: block, reason: ingest.ReasonClient},
		{name: "pass meets a challenge", hits: []ingest.Hit{account(challenge)}, pass: "good", want: allow, passed: true},
		{name: "pass does not meet the challenge that asks because of it", hits: []ingest.Hit{account(challenge), again(account(challenge))}, pass: "good", want: challenge, reason: ingest.ReasonClient, passed: true},
		{name: "pass leaves the flag", hits: []ingest.Hit{account(challenge), account(flag)}, pass: "good", want: flag, passed: true},
		{name: "pass meets no block", hits: []ingest.Hit{account(block)}, pass: "good", want: block, reason: ingest.ReasonClient},
		{name: "bad pass", hits: []ingest.Hit{account(challenge)}, pass: "bad", want: challenge, reason: ingest.ReasonClient},
		{name: "shadow never acts", hits: []ingest.Hit{shadow(account(block))}, want: allow},
		{name: "an address is challenged, not blocked", hits: []ingest.Hit{ip(block)}, want: challenge, reason: ingest.ReasonClient},
		{name: "a subnet too", hits: []ingest.Hit{hit("r", block, "subnet", "203.0.113.0/24")}, want: challenge, reason: ingest.ReasonClient},
		{name: "an ASN too", hits: []ingest.Hit{hit("r", block, "asn", "4134")}, want: challenge, reason: ingest.ReasonClient},
		{name: "a typed document too", hits: []ingest.Hit{hit("r", block, "document", "doc")}, want: challenge, reason: ingest.ReasonClient},
		{name: "standing block", marks: one("account", deny("rule")), want: block, reason: ingest.ReasonReview},
		{name: "standing block of the device", marks: one("device", deny("rule")), want: block, reason: ingest.ReasonReview},
		{name: "standing block of the session", marks: one("session", deny("rule")), want: block, reason: ingest.ReasonReview},
		{name: "expired in event time", marks: one("account", deny("rule", expires(at))), want: allow},
		{name: "another site's", marks: one("account", deny("rule", site("zoo"))), want: allow},
		{name: "every site's", marks: one("account", deny("manual", site(""))), want: block, reason: ingest.ReasonReview},
		{name: "manual denial of an address challenges", marks: one("ip", deny("manual")), want: challenge, reason: ingest.ReasonReview},
		{name: "manual denial of a document blocks", marks: one("document", deny("manual")), want: block, reason: ingest.ReasonReview},
		{name: "manual denial before a rule's reason", hits: []ingest.Hit{account(block)}, marks: one("account", deny("manual")), want: block, reason: ingest.ReasonReview},
		{name: "exception takes its rule away", hits: []ingest.Hit{account(block)}, marks: one("account", except("r")), want: allow},
		{name: "and only that rule", hits: []ingest.Hit{account(block), hit("q", challenge, "account", "a")}, marks: one("account", except("r")), want: challenge, reason: ingest.ReasonClient},
		{name: "and only for its own target", hits: []ingest.Hit{hit("r", block, "device", "d")}, marks: one("account", except("r")), want: block, reason: ingest.ReasonClient},
		{name: "and the rule's standing block", marks: one("account", except("r"), deny("rule")), want: allow},
		{name: "but no manual denial", marks: one("account", except("r"), deny("manual")), want: block, reason: ingest.ReasonReview},
		{name: "expired exception", hits: []ingest.Hit{account(block)}, marks: one("account", except("r", expires(at))), want: block, reason: ingest.ReasonClient},
		{name: "cleared after the event", hits: []ingest.Hit{account(block)}, marks: cleared(time.Second), want: allow},
		{name: "cleared at the event", hits: []ingest.Hit{account(block)}, marks: cleared(0), want: allow},
		{name: "cleared before the event", hits: []ingest.Hit{account(block)}, marks: cleared(-time.Second), want: block, reason: ingest.ReasonClient},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			g := &engine{result: scoring.Result{Hits: test.hits, Burnt: true, Ruleset: "v1", Score: 40}}
			for _, target := range enforcement.Targets(event().Subject, event().Client) {
				if m, ok := test.marks[target.Entity]; ok {
					g.result.Marks = append(g.result.Marks, mark(t, target.Entity, target.Key, m))
				}
			}
			screener := enforcement.NewScreener(g, passes{}, enforcement.ScreenerOptions{})
			d := screener.Screen(t.Context(), event(), ingest.Policy{Pass: test.pass, FailMode: ingest.FailDegraded})
			assert.Equal(t, test.want, d.Action)
			assert.Equal(t, test.reason, d.Reason)
			assert.Equal(t, test.passed, d.Passed)
			assert.Equal(t, test.want.Severity() >= ingest.Challenge.Severity(), d.Receipt != "", "a receipt for refusals only")
			assert.Equal(t, "v1", d.Ruleset)
			assert.InDelta(t, 40, d.Score, 0)

			observed := screener.Screen(t.Context(), event(), ingest.Policy{Pass: test.pass, Observe: true})
			assert.Equal(t, ingest.Allow, observed.Action)
			assert.Equal(t, test.want, observed.Observed)
			assert.Empty(t, observed.Receipt)
		})
	}
}

func TestShadowNeverActs(t *testing.T) {
	for _, action := range []ingest.Action{ingest.Flag, ingest.Challenge, ingest.Block} {
		for _, entity := range []rules.Entity{"account", "device", "session", "ip", "document"} {
			for _, mode := range []ingest.FailMode{ingest.FailDegraded, ingest.FailOpen} {
				h := shadow(hit("r", action, entity, "a"))
				h.TTL = 3600
				g := &engine{result: scoring.Result{Hits: []ingest.Hit{h}, Degraded: mode == ingest.FailOpen}}
				d := enforcement.NewScreener(g, nil, enforcement.ScreenerOptions{}).
					Screen(t.Context(), event(), ingest.Policy{FailMode: mode})
				require.Equal(t, ingest.Allow, d.Action)
				require.Equal(t, []ingest.Hit{h}, d.Hits, "recorded as it was")
			}
		}
	}
}

func TestUsedPassMeetsNothing(t *testing.T) {
	g := &engine{result: scoring.Result{Hits: []ingest.Hit{hit("r", ingest.Challenge, "account", "a")}}}
	screener := enforcement.NewScreener(g, passes{}, enforcement.ScreenerOptions{})
	d := screener.Screen(t.Context(), event(), ingest.Policy{Pass: "good"})
	assert.Equal(t, "burn-good", g.burn)
	assert.Equal(t, ingest.Challenge, d.Action)

	screener.Screen(t.Context(), event(), ingest.Policy{Pass: "bad"})
	assert.Empty(t, g.burn, "what is not authentic burns nothing")
}

// tickets tells the decision that it was asked for.
type tickets struct{}

func (tickets) Ticket(e *ingest.Event, d ingest.Decision) string {
	return fmt.Sprint(e.Kind, " ", d.Score)
}

func TestOnlyAChallengeHasATicket(t *testing.T) {
	for action, want := range map[ingest.Action]string{ingest.Flag: "", ingest.Challenge: "order.submit 30", ingest.Block: ""} {
		g := &engine{result: scoring.Result{Score: 30, Hits: []ingest.Hit{hit("r", action, rules.EntityAccount, "alice")}}}
		d := enforcement.NewScreener(g, nil, enforcement.ScreenerOptions{Tickets: tickets{}}).Screen(t.Context(), event(), ingest.Policy{})
		assert.Equal(t, action, d.Action)
		assert.Equal(t, want, d.Ticket)
	}
}

func TestFailModes(t *testing.T) {
	denied := snapshot{}
	denied[enforcement.Target{Entity: "account", Key: "a"}] = stored(t,
		enforcement.Mark{Entries: []enforcement.MarkEntry{deny("manual")}})
	local := scoring.Result{Degraded: true, Hits: []ingest.Hit{hit("r", ingest.Challenge, "account", "a")}}
	tests := []struct {
		name     string
		engine   engine
		snapshot snapshot
		mode     ingest.FailMode
		want     ingest.Action
		reason   ingest.Reason
	}{
		{"degraded uses local counters", engine{result: local}, nil, ingest.FailDegraded, ingest.Challenge, ingest.ReasonClient},
		{"degraded uses the list snapshot", engine{result: local}, denied, ingest.FailDegraded, ingest.Block, ingest.ReasonReview},
		{"degraded without anything", engine{err: errors.New("away")}, nil, ingest.FailDegraded, ingest.Allow, ""},
		{"degraded with lists only", engine{err: errors.New("away")}, denied, ingest.FailDegraded, ingest.Block, ingest.ReasonReview},
		{"no mode is degraded", engine{err: errors.New("away")}, denied, "", ingest.Block, ingest.ReasonReview},
		{"open", engine{err: errors.New("away"), result: local}, denied, ingest.FailOpen, ingest.Allow, ""},
		{"open, counters local", engine{result: local}, denied, ingest.FailOpen, ingest.Allow, ""},
		{"closed", engine{err: errors.New("away")}, nil, ingest.FailClosed, ingest.Block, ingest.ReasonService},
		{"closed, counters local", engine{result: local}, nil, ingest.FailClosed, ingest.Block, ingest.ReasonService},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			d := enforcement.NewScreener(&test.engine, nil, enforcement.ScreenerOptions{Snapshot: test.snapshot}).
				Screen(t.Context(), event(), ingest.Policy{FailMode: test.mode})
			assert.Equal(t, test.want, d.Action)
			assert.Equal(t, test.reason, d.Reason)
			assert.True(t, d.Degraded)
			if test.want == ingest.Allow || test.mode == ingest.FailClosed {
				for _, h := range d.Hits {
					assert.True(t, h.Shadow, "hits that did not decide are recorded as shadow")
				}
			}
		})
	}
}

func TestKillSwitchObservesEverything(t *testing.T) {
	var kill enforcement.Switch
	g := &engine{result: scoring.Result{Hits: []ingest.Hit{hit("r", ingest.Block, "account", "a")}}}
	screener := enforcement.NewScreener(g, nil, enforcement.ScreenerOptions{Kill: &kill})
	assert.Equal(t, ingest.Block, screener.Screen(t.Context(), event(), ingest.Policy{}).Action)
	assert.True(t, kill.Set(true))
	assert.False(t, kill.Set(true))
	d := screener.Screen(t.Context(), event(), ingest.Policy{})
	assert.Equal(t, ingest.Allow, d.Action)
	assert.Equal(t, ingest.Block, d.Observed)
	kill.Set(false)
	assert.Equal(t, ingest.Block, screener.Screen(t.Context(), event(), ingest.Policy{}).Action)
}

func TestUnreadableMarkIsNoMark(t *testing.T) {
	g := &engine{result: scoring.Result{Marks: []scoring.Mark{{Entity: "account", Key: "a", Data: []byte("junk")}}}}
	d := enforcement.NewScreener(g, nil, enforcement.ScreenerOptions{}).Screen(t.Context(), event(), ingest.Policy{})
	assert.Equal(t, ingest.Allow, d.Action)
}

func TestReceipt(t *testing.T) {
	assert.NotEqual(t, enforcement.Receipt("e1"), enforcement.Receipt("e2"))
	assert.Equal(t, "FG-Y4TX-B7MP-R4W8-R8WM", enforcement.Receipt("e1"), "every stage must give the same number")
	assert.Regexp(t, `^FG(-[0-9A-HJKMNP-TV-Z]{4}){4}$`, enforcement.Receipt("e1"))
}
