package undo_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/cases"
	"fairgate/enforcement/lists"
	"fairgate/enforcement/notices"
	"fairgate/enforcement/undo"
	"fairgate/enforcement/withdrawals"
	"fairgate/ingest"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
	"fairgate/rules"
)

var at = time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)

// bookings is a booking system in memory.
type bookings struct {
	mu     sync.Mutex
	held   map[string][]string // account -> orders
	state  map[string]string
	calls  []string
	noMore bool // every place was given away
}

func (b *bookings) Held(_ context.Context, account string) ([]enforcement.HeldOrder, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []enforcement.HeldOrder
	for _, o := range b.held[account] {
		if b.state[o] == "held" || b.state[o] == "late" {
			out = append(out, enforcement.HeldOrder{ID: o, State: "held"})
		}
	}
	return out, nil
}

func (b *bookings) Withdraw(_ context.Context, order, _, _ string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state[order] == "late" {
		return enforcement.ErrPastCutoff
	}
	b.state[order] = "withdrawn"
	return nil
}

func (b *bookings) Reinstate(_ context.Context, order string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls = append(b.calls, order)
	if b.noMore {
		return enforcement.ErrNoPlace
	}
	b.state[order] = "held"
	return nil
}

func (b *bookings) book(account, order, state string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held[account] = append(b.held[account], order)
	b.state[order] = state
}

func (b *bookings) stateOf(order string) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state[order]
}

type noMarks struct{}

func (noMarks) Write(context.Context, []lists.MarkWrite) error { return nil }
func (noMarks) Version(context.Context) (int64, bool, error)   { return 0, false, nil }
func (noMarks) SetVersion(context.Context, int64) error        { return nil }

// faulty fails to lift while fault is set.
type faulty struct {
	*lists.Service
	fault error
	after bool // what it did is kept
}

func (f *faulty) LiftEach(ctx context.Context, entries []lists.Entry, actor, reason string) (int, error) {
	if f.fault != nil && !f.after {
		return 0, f.fault
	}
	n, err := f.Service.LiftEach(ctx, entries, actor, reason)
	return n, errors.Join(err, f.fault)
}

// house is everything that an undo reverses.
type house struct {
	t           *testing.T
	now         time.Time
	bookings    *bookings
	lists       *faulty
	withdrawals *withdrawals.Service
	cases       *cases.Service
	notices     *notices.Service
	told        []string
	undo        *undo.Service
	db          *sqldb.DB
}

func each(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) {
		h := &house{t: t, now: at.Add(time.Minute), db: db, bookings: &bookings{held: map[string][]string{}, state: map[string]string{}}}
		now := func() time.Time { return h.now }
		l, err := lists.New(t.Context(), db, noMarks{}, lists.Options{Now: now})
		require.NoError(t, err)
		h.lists = &faulty{Service: l}
		h.withdrawals, err = withdrawals.New(t.Context(), db, h.bookings, withdrawals.Options{Now: now})
		require.NoError(t, err)
		h.notices, err = notices.New(t.Context(), db, h, h.withdrawals, notices.Options{Now: now})
		require.NoError(t, err)
		h.cases, err = cases.New(t.Context(), db, l, h.withdrawals, cases.Options{Now: now, Notices: h.notices})
		require.NoError(t, err)
		h.undo = h.service()
		test(t, h)
	})
}

// service is the undo as one process has it.
func (h *house) service() *undo.Service {
	h.t.Helper()
	s, err := undo.New(h.t.Context(), h.db, h.lists, h.withdrawals, h.cases, undo.Options{
		Now: func() time.Time { return h.now }, Notices: h.notices, Page: 3, Lease: time.Minute,
	})
	require.NoError(h.t, err)
	return s
}

func denial(rule, ruleset, account string, t time.Time) enforcement.Denial {
	return enforcement.Denial{
		Site: "museum", Target: enforcement.Target{Entity: rules.EntityAccount, Key: account}, Source: enforcement.EntryByRule,
		Rule: rule, Ruleset: ruleset, Class: ingest.ReasonPace, Actor: enforcement.ActorEnforcer, EventID: "e-" + rule + account, At: t, TTL: time.Hour,
	}
}

// block does what the enforcer does about one verdict, and what follows.
func (h *house) block(rule, ruleset, account string, t time.Time) enforcement.Denied {
	h.t.Helper()
	d := denial(rule, ruleset, account, t)
	done, err := h.lists.Deny(h.t.Context(), []enforcement.Denial{d})
	require.NoError(h.t, err)
	if !done[0].Stands {
		return done[0]
	}
	require.NoError(h.t, h.withdrawals.Request(h.t.Context(), []enforcement.Sweep{{
		Site: d.Site, Account: account, Target: d.Target, Rule: rule, Ruleset: ruleset, EventID: d.EventID, Receipt: "FG-" + account, Class: d.Class, At: t,
	}}))
	require.NoError(h.t, h.cases.Record(h.t.Context(), []enforcement.Finding{{
		Site: d.Site, Target: d.Target, EventID: d.EventID, Stage: rules.StageInline, Time: t, Kind: ingest.KindOrderSubmit, Ruleset: ruleset,
		Hits: []ingest.Hit{{Rule: rule, Action: ingest.Block, Entity: "account", Key: account, TTL: 3600}},
	}}))
	h.work()
	return done[0]
}

func (h *house) work() {
	h.t.Helper()
	for {
		n, err := h.withdrawals.Work(h.t.Context())
		require.NoError(h.t, err)
		if n == 0 {
			return
		}
	}
}

// finish carries an undo out to its end.
func (h *house) finish(id string) undo.Undo {
	h.t.Helper()
	for range 100 {
		worked, err := h.undo.Work(h.t.Context())
		require.NoError(h.t, err)
		if !worked {
			break
		}
	}
	h.work()
	u, err := h.undo.Get(h.t.Context(), "museum", id)
	require.NoError(h.t, err)
	require.Equal(h.t, undo.StepDone, u.Step)
	return u
}

func (h *house) denied(account string) bool {
	h.t.Helper()
	_, ok, err := h.lists.Standing(h.t.Context(), "museum", []enforcement.Target{{Entity: rules.EntityAccount, Key: account}}, h.now)
	require.NoError(h.t, err)
	return ok
}

func (h *house) caseOf(account string) *cases.Case {
	h.t.Helper()
	standing, err := h.cases.StandingOf(h.t.Context(), "museum", enforcement.Target{Entity: rules.EntityAccount, Key: account})
	require.NoError(h.t, err)
	return standing.Case
}

var bad = enforcement.Cause{Site: "museum", Rule: "bad", Ruleset: "v2"}

func TestUndoReversesWhatOneVersionOfARuleDid(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for i := range 7 { // more than two pages
			account := fmt.Sprint("a", i)
			h.bookings.book(account, "o-"+account, "held")
			h.block("bad", "v2", account, at)
		}
		h.bookings.book("late", "o-late", "late")
		h.block("bad", "v2", "late", at)
		h.bookings.book("before", "o-before", "held")
		h.block("bad", "v1", "before", at)
		h.bookings.book("other", "o-other", "held")
		h.block("good", "v2", "other", at)

		p, err := h.undo.Preview(t.Context(), bad, undo.Page{Limit: 5})
		require.NoError(t, err)
		assert.Equal(t, lists.Tally{Entries: 8, Standing: 8}, p.Blocks)
		assert.Equal(t, map[withdrawals.State]int{withdrawals.Withdrawn: 7, withdrawals.PastCutoff: 1}, p.Orders)
		assert.Len(t, p.BlockList, 5)
		rest, err := h.undo.Preview(t.Context(), bad, undo.Page{Limit: 5, Blocks: p.NextBlocks, Orders: p.NextOrders})
		require.NoError(t, err)
		require.Len(t, rest.OrderList, 3)
		assert.Empty(t, rest.NextBlocks+rest.NextOrders)
		last := rest.OrderList[2]
		assert.Equal(t, []string{"o-late", "was past its cut-off and not taken"}, []string{last.Order, last.Keep}, "what cannot be reversed is listed")
		assert.True(t, h.denied("a0"), "a preview changes nothing")

		u, err := h.undo.Begin(t.Context(), bad, "root", "it misfires")
		require.NoError(t, err)
		assert.Equal(t, undo.StepBlocks, u.Step)
		_, err = h.undo.Begin(t.Context(), bad, "root", "it misfires")
		require.ErrorIs(t, err, undo.ErrUnderWay)
		u = h.finish(u.ID)
		assert.Equal(t, lists.Tally{Entries: 8, Lifted: 8}, u.Blocks)
		assert.Equal(t, map[withdrawals.State]int{withdrawals.Reinstated: 7, withdrawals.PastCutoff: 1}, u.Orders)
		assert.Empty(t, u.Kept)
		for i := range 7 {
			account := fmt.Sprint("a", i)
			assert.False(t, h.denied(account), account)
			assert.Equal(t, "held", h.bookings.stateOf("o-"+account), account)
			assert.Equal(t, cases.Cleared, h.caseOf(account).State, account)
			labels, err := h.cases.Labels(t.Context(), "museum", account)
			require.NoError(t, err)
			assert.Empty(t, labels, "an undo says nothing of who stands behind an account")
		}
		assert.Len(t, h.bookings.calls, 7, "each order is given back once")
		assert.True(t, h.denied("before") && h.denied("other"), "another version and another rule are left")
		assert.Equal(t, "withdrawn", h.bookings.stateOf("o-before"))
		assert.Equal(t, cases.Open, h.caseOf("before").State)

		again, err := h.undo.Begin(t.Context(), bad, "root", "once more")
		require.NoError(t, err)
		again = h.finish(again.ID)
		assert.Zero(t, again.Blocks.Lifted)
		assert.Len(t, h.bookings.calls, 7)
		list, err := h.undo.List(t.Context(), "museum")
		require.NoError(t, err)
		assert.Len(t, list, 2)
		_, err = h.undo.Get(t.Context(), "zoo", u.ID)
		require.ErrorIs(t, err, undo.ErrNotFound, "another site's")
	})
}

func TestVerdictsUnderWayDoNotDenyAgain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.block("bad", "v2", "a", at)
		u, err := h.undo.Begin(t.Context(), bad, "root", "it misfires")
		require.NoError(t, err)
		h.finish(u.ID)
		assert.False(t, h.block("bad", "v2", "a", at).Stands, "delivered again")
		assert.False(t, h.block("bad", "v2", "b", at.Add(30*time.Second)).Stands, "delivered late")
		assert.True(t, h.block("bad", "v3", "c", at.Add(30*time.Second)).Stands, "another version")
		assert.True(t, h.block("bad", "v2", "d", at.Add(time.Hour)).Stands, "an undo is no exception for what comes after it")
	})
}

// TestAVersionThatIsGoingOutOfForceDoesNotDenyAgain: a process of the fleet may
// still run the version for which an analyst has just published a weaker one.
func TestAVersionThatIsGoingOutOfForceDoesNotDenyAgain(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		now := h.now
		whole, err := h.undo.Begin(t.Context(), enforcement.Cause{Site: "museum", Rule: "bad", Ruleset: "v2"}, "root", "it misfires")
		require.NoError(t, err)
		period, err := h.undo.Begin(t.Context(), enforcement.Cause{Site: "museum", Rule: "late", Ruleset: "v2", To: now.Add(-time.Hour)}, "root", "it misfired")
		require.NoError(t, err)
		h.finish(whole.ID)
		h.finish(period.ID)
		assert.False(t, h.block("bad", "v2", "a", now.Add(5*time.Second)).Stands, "not out of force everywhere yet")
		assert.True(t, h.block("bad", "v3", "b", now.Add(5*time.Second)).Stands, "what followed it")
		assert.True(t, h.block("bad", "v2", "c", now.Add(11*time.Second)).Stands, "an undo does not keep a rule from going on")
		assert.True(t, h.block("late", "v2", "d", now.Add(5*time.Second)).Stands, "only a period was undone")
		u, err := h.undo.Get(t.Context(), "museum", whole.ID)
		require.NoError(t, err)
		assert.Equal(t, now.Truncate(time.Millisecond), u.Cause.To, "what was undone ends when it was asked for")
	})
}

func TestWhatSomethingElseJustifiesIsKept(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for _, account := range []string{"plain", "twice", "confirmed", "byhand"} {
			h.bookings.book(account, "o-"+account, "held")
			h.block("bad", "v2", account, at)
		}
		h.block("good", "v2", "twice", at)
		found := h.caseOf("confirmed")
		_, err := h.cases.Confirm(t.Context(), found.ID, "chen", "sold on a resale site")
		require.NoError(t, err)
		hand := denial("", "", "byhand", at)
		hand.Source, hand.Reason, hand.Actor = enforcement.EntryByHand, "seen at the gate", "li"
		_, err = h.lists.Deny(t.Context(), []enforcement.Denial{hand})
		require.NoError(t, err)

		u, err := h.undo.Begin(t.Context(), bad, "root", "it misfires")
		require.NoError(t, err)
		u = h.finish(u.ID)
		assert.Equal(t, 3, u.Blocks.Lifted)
		assert.Equal(t, map[withdrawals.State]int{withdrawals.Reinstated: 1, withdrawals.Withdrawn: 3}, u.Orders)
		why := map[string]string{}
		for _, k := range u.Kept {
			require.True(t, k.Kind.Valid())
			if k.Kind == undo.KeptBlock {
				assert.Equal(t, "confirmed by chen", k.Why)
				continue
			}
			why[k.Ref] = k.Why
		}
		assert.Len(t, u.Kept, 4)
		assert.Equal(t, "confirmed by chen", why["confirmed"])
		assert.Contains(t, why["twice"], "denied by rule good")
		assert.Contains(t, why["byhand"], "denied by li")
		assert.True(t, h.denied("twice") && h.denied("confirmed") && h.denied("byhand"))
		assert.False(t, h.denied("plain"))
		assert.Equal(t, cases.Open, h.caseOf("twice").State, "another rule's finding keeps its case")
		assert.Equal(t, cases.Confirmed, h.caseOf("confirmed").State)
	})
}

func TestAProcessThatDiesIsFollowedWhereItStopped(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for i := range 7 {
			account := fmt.Sprint("a", i)
			h.bookings.book(account, "o-"+account, "held")
			h.block("bad", "v2", account, at)
		}
		u, err := h.undo.Begin(t.Context(), bad, "root", "it misfires")
		require.NoError(t, err)
		_, err = h.undo.Work(t.Context())
		require.NoError(t, err)
		h.lists.fault, h.lists.after = errors.New("the connection was lost"), true
		worked, err := h.undo.Work(t.Context())
		require.NoError(t, err)
		assert.False(t, worked, "the page was done and is not known to be")
		h.lists.fault = nil
		u, err = h.undo.Get(t.Context(), "museum", u.ID)
		require.NoError(t, err)
		assert.Equal(t, []any{undo.StepBlocks, 6}, []any{u.Step, u.Blocks.Lifted})

		h.undo = h.service()
		worked, err = h.undo.Work(t.Context())
		require.NoError(t, err)
		assert.False(t, worked, "not before its time")
		h.now = h.now.Add(time.Minute)
		u = h.finish(u.ID)
		assert.Equal(t, 7, u.Blocks.Lifted)
		assert.Equal(t, map[withdrawals.State]int{withdrawals.Reinstated: 7}, u.Orders)
		assert.Len(t, h.bookings.calls, 7)
	})
}

func TestPlacesThatAreGoneAreTold(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.bookings.book("a", "o-a", "held")
		h.block("bad", "v2", "a", at)
		h.bookings.noMore = true
		u, err := h.undo.Begin(t.Context(), bad, "root", "it misfires")
		require.NoError(t, err)
		u = h.finish(u.ID)
		assert.Equal(t, map[withdrawals.State]int{withdrawals.Lost: 1}, u.Orders)
		p, err := h.undo.Preview(t.Context(), bad, undo.Page{Limit: 10})
		require.NoError(t, err)
		assert.Equal(t, "its place is gone", p.OrderList[0].Keep)
		assert.Contains(t, p.BlockList[0].Keep, "lifted already by root")
	})
}

func TestAPeriodOfARule(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.now = at.Add(3 * time.Hour)
		h.block("bad", "v1", "early", at)
		h.block("bad", "v2", "middle", at.Add(time.Hour))
		h.block("bad", "v3", "late", at.Add(2*time.Hour+30*time.Minute))
		cause := enforcement.Cause{Site: "museum", Rule: "bad", From: at.Add(time.Minute), To: at.Add(2 * time.Hour)}
		u, err := h.undo.Begin(t.Context(), cause, "root", "a broken feed")
		require.NoError(t, err)
		u = h.finish(u.ID)
		assert.Equal(t, 1, u.Blocks.Lifted, "also one that has ended")
		assert.True(t, h.denied("late"))
	})
}

func TestBadUndosAreRefused(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for name, c := range map[string]enforcement.Cause{
			"no site":          {Rule: "bad", Ruleset: "v2"},
			"no rule":          {Site: "museum", Ruleset: "v2"},
			"neither nor":      {Site: "museum", Rule: "bad"},
			"only a beginning": {Site: "museum", Rule: "bad", From: at},
			"ends before":      {Site: "museum", Rule: "bad", From: at, To: at.Add(-time.Hour)},
			"a long name":      {Site: "museum", Rule: string(make([]byte, 300)), Ruleset: "v2"},
			"a long version":   {Site: "museum", Rule: "bad", Ruleset: string(make([]byte, 300))},
		} {
			_, err := h.undo.Begin(t.Context(), c, "root", "it misfires")
			require.ErrorIs(t, err, enforcement.ErrBadCause, name)
			_, err = h.undo.Preview(t.Context(), c, undo.Page{Limit: 10})
			require.ErrorIs(t, err, enforcement.ErrBadCause, name)
		}
		_, err := h.undo.Begin(t.Context(), bad, "root", "")
		require.ErrorIs(t, err, undo.ErrBadInput)
		future := enforcement.Cause{Site: "museum", Rule: "bad", From: h.now.Add(time.Hour), To: h.now.Add(2 * time.Hour)}
		_, err = h.undo.Begin(t.Context(), future, "root", "it will misfire")
		require.ErrorIs(t, err, undo.ErrBadInput)
		_, err = h.undo.Preview(t.Context(), bad, undo.Page{Limit: 501})
		require.ErrorIs(t, err, lists.ErrBadInput)
		list, err := h.undo.List(t.Context(), "museum")
		require.NoError(t, err)
		assert.Empty(t, list, "nothing was begun")
	})
}

func TestRunCarriesOutAndEnds(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.block("bad", "v2", "a", at)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- h.undo.Run(ctx) }()
		u, err := h.undo.Begin(t.Context(), bad, "root", "it misfires")
		require.NoError(t, err)
		assert.Eventually(t, func() bool {
			u, err := h.undo.Get(context.WithoutCancel(ctx), "museum", u.ID)
			return err == nil && u.Step == undo.StepDone
		}, 10*time.Second, 5*time.Millisecond)
		cancel()
		require.NoError(t, <-done)
		assert.False(t, h.denied("a"))
	})
}
