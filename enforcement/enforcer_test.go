package enforcement_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/cases"
	"fairgate/enforcement/lists"
	"fairgate/enforcement/outbox"
	"fairgate/enforcement/withdrawals"
	"fairgate/ingest"
	"fairgate/ingest/sqldb"
	"fairgate/ingest/sqldb/sqldbtest"
	"fairgate/rules"
	"fairgate/scoring"
)

// topic is a Source that delivers what it is given and remembers what was
// committed and buried.
type topic struct {
	deliveries chan enforcement.Delivery
	mu         sync.Mutex
	committed  int
	buried     []string
	progress   chan struct{}
}

func (s *topic) Fetch(ctx context.Context) (enforcement.Delivery, error) {
	select {
	case d := <-s.deliveries:
		return d, nil
	case <-ctx.Done():
		return enforcement.Delivery{}, ctx.Err()
	}
}

func (s *topic) Commit(_ context.Context, d ...enforcement.Delivery) error {
	s.mu.Lock()
	s.committed += len(d)
	s.mu.Unlock()
	s.progress <- struct{}{}
	return nil
}

func (s *topic) Bury(_ context.Context, d enforcement.Delivery, _ error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.buried = append(s.buried, string(d.Value))
	return nil
}

// bookings is a booking system in memory.
type bookings struct {
	mu       sync.Mutex
	orders   map[string]string // order -> state
	accounts map[string]string // order -> account
	away     error
	calls    []string
	asked    int
}

func (b *bookings) Held(_ context.Context, account string) ([]enforcement.HeldOrder, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked++
	var held []enforcement.HeldOrder
	for _, id := range slices.Sorted(maps.Keys(b.orders)) {
		state := b.orders[id]
		if b.accounts[id] == account && (state == "held" || state == "provisional" || state == "late") {
			held = append(held, enforcement.HeldOrder{ID: id, State: state})
		}
	}
	return held, b.away
}

func (b *bookings) Withdraw(_ context.Context, order, reason, receipt string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.away != nil {
		return b.away
	}
	b.calls = append(b.calls, fmt.Sprintf("%s %s %s", order, reason, receipt))
	if b.orders[order] == "late" {
		return enforcement.ErrPastCutoff
	}
	b.orders[order] = "withdrawn"
	return nil
}

func (b *bookings) Reinstate(_ context.Context, order string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.orders[order] != "withdrawn" {
		return enforcement.ErrNoPlace
	}
	b.orders[order] = "held"
	return nil
}

func (b *bookings) book(order, account, state string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.orders[order], b.accounts[order] = state, account
}

// noMarks stands in for a store of marks that nobody looks at here.
type noMarks struct{}

func (noMarks) Write(context.Context, []lists.MarkWrite) error { return nil }
func (noMarks) Version(context.Context) (int64, bool, error)   { return 0, false, nil }
func (noMarks) SetVersion(_ context.Context, _ int64) error    { return nil }

type house struct {
	t           *testing.T
	db          *sqldb.DB
	lists       *lists.Service
	withdrawals *withdrawals.Service
	cases       *cases.Service
	bookings    *bookings
	topic       *topic
	kill        enforcement.Switch
	faulty      *faultyLists
	now         time.Time
}

// faultyLists fails while fault is set, and always for the account "cursed".
type faultyLists struct {
	enforcement.Lists
	mu    sync.Mutex
	fault error
	tries int
}

func (f *faultyLists) broken() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tries++
	return f.fault
}

func (f *faultyLists) Deny(ctx context.Context, denials []enforcement.Denial) ([]enforcement.Denied, error) {
	if err := f.broken(); err != nil {
		return nil, err
	}
	for _, d := range denials {
		if d.Target.Key == "cursed" {
			return nil, errors.New("invalid byte sequence")
		}
	}
	return f.Lists.Deny(ctx, denials)
}

func (f *faultyLists) Standing(ctx context.Context, site string, targets []enforcement.Target, at time.Time) (enforcement.Denial, bool, error) {
	if err := f.broken(); err != nil {
		return enforcement.Denial{}, false, err
	}
	return f.Lists.Standing(ctx, site, targets, at)
}

func eachHouse(t *testing.T, test func(t *testing.T, h *house)) {
	t.Helper()
	sqldbtest.Each(t, func(t *testing.T, db *sqldb.DB) { test(t, newHouse(t, db, noMarks{})) })
}

// newHouse is everything that enforces, running, with what changes make of the
// enforcer's options.
func newHouse(t *testing.T, db *sqldb.DB, marks lists.Marks, changes ...func(*enforcement.EnforcerOptions)) *house {
	t.Helper()
	h := &house{
		t: t, db: db, now: at,
		bookings: &bookings{orders: map[string]string{}, accounts: map[string]string{}},
		topic:    &topic{deliveries: make(chan enforcement.Delivery, 100), progress: make(chan struct{}, 100)},
	}
	now := func() time.Time { return h.now }
	var err error
	h.lists, err = lists.New(t.Context(), db, marks, lists.Options{Now: now})
	require.NoError(t, err)
	h.withdrawals, err = withdrawals.New(t.Context(), db, h.bookings, withdrawals.Options{Now: now})
	require.NoError(t, err)
	h.cases, err = cases.New(t.Context(), db, h.lists, h.withdrawals, cases.Options{Now: now})
	require.NoError(t, err)
	h.faulty = &faultyLists{Lists: h.lists}
	options := enforcement.EnforcerOptions{
		Kill: &h.kill, Now: now, Backoff: time.Millisecond, MaxBackoff: 2 * time.Millisecond, Attempts: 3,
	}
	for _, c := range changes {
		c(&options)
	}
	enforcer := enforcement.NewEnforcer(h.topic, h.topic, h.faulty, h.withdrawals, h.cases, options)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- enforcer.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return h
}

// deliver waits until all verdicts are committed and the work that they queued
// is done.
func (h *house) deliver(verdicts ...scoring.Verdict) {
	h.t.Helper()
	raw := make([]string, len(verdicts))
	for i, v := range verdicts {
		data, err := json.Marshal(v)
		require.NoError(h.t, err)
		raw[i] = string(data)
	}
	h.deliverRaw(raw...)
}

func (h *house) deliverRaw(values ...string) {
	h.t.Helper()
	h.topic.mu.Lock()
	target := h.topic.committed + len(values)
	h.topic.mu.Unlock()
	for _, v := range values {
		h.topic.deliveries <- enforcement.Delivery{Value: []byte(v)}
	}
	h.settle(target)
}

func (h *house) settle(committed int) {
	h.t.Helper()
	limit := time.After(20 * time.Second)
	for {
		h.topic.mu.Lock()
		n := h.topic.committed
		h.topic.mu.Unlock()
		if n >= committed {
			break
		}
		select {
		case <-h.topic.progress:
		case <-limit:
			h.t.Fatal("verdicts were not committed")
		}
	}
	h.work()
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

// actions drains the outbox and counts by kind and detail where it is short.
func (h *house) actions() map[enforcement.ActionKind]int {
	h.t.Helper()
	counts := map[enforcement.ActionKind]int{}
	_, err := outbox.NewRelay(h.db, collect(func(m outbox.Message) {
		if m.Topic != outbox.Actions {
			return
		}
		var a enforcement.Action
		require.NoError(h.t, json.Unmarshal(m.Payload, &a))
		require.True(h.t, a.Kind.Valid())
		counts[a.Kind]++
	}), outbox.RelayOptions{}).Drain(h.t.Context())
	require.NoError(h.t, err)
	return counts
}

type collect func(outbox.Message)

func (c collect) Publish(_ context.Context, messages []outbox.Message) error {
	for _, m := range messages {
		c(m)
	}
	return nil
}

func (h *house) denied(account string) bool {
	h.t.Helper()
	_, ok, err := h.lists.Standing(h.t.Context(), "museum", []enforcement.Target{{Entity: "account", Key: account}}, h.now)
	require.NoError(h.t, err)
	return ok
}

func blockHit(account string) ingest.Hit {
	h := hit("rotation", ingest.Block, "account", account)
	h.TTL = 3600
	return h
}

func verdict(id, account string, hits ...ingest.Hit) scoring.Verdict {
	return scoring.Verdict{
		EventID: id, Stage: rules.StageAsync, Time: at, Site: "museum", Kind: ingest.KindOrderSubmit,
		Subject: ingest.Subject{Account: account, Device: "d-" + account}, Hits: hits, Ruleset: "v1", Score: 70,
		Snapshot: ingest.Snapshot{Names: []string{"documents_day", "silent"}, Values: []float64{9, rules.NoValue}},
	}
}

func TestBlockIsListedSweptAndRecordedOnce(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.bookings.book("o1", "a", "held")
		h.bookings.book("o2", "a", "provisional")
		h.bookings.book("o3", "a", "late")
		h.bookings.book("o4", "z", "held")
		v := verdict("e1", "a", blockHit("a"))
		h.deliver(v, v)
		h.deliver(v)

		assert.True(t, h.denied("a"))
		receipt := enforcement.Receipt("e1")
		assert.Equal(t, []string{"o1 client " + receipt, "o2 client " + receipt, "o3 client " + receipt}, h.bookings.calls)
		assert.Equal(t, "held", h.bookings.orders["o4"])
		assert.Equal(t, map[enforcement.ActionKind]int{
			enforcement.ActionBlock: 1, enforcement.ActionWithdraw: 2, enforcement.ActionNone: 1, enforcement.ActionFlag: 1,
		}, h.actions())

		standing, _, err := h.cases.Blocked(t.Context(), "museum", "", 10)
		require.NoError(t, err)
		require.Len(t, standing, 1)
		require.Len(t, standing[0].Blocks, 1)
		assert.Equal(t, at.Add(time.Hour), standing[0].Blocks[0].Expires)
		require.Len(t, standing[0].Case.Evidence, 1, "redelivery adds nothing")
		assert.Equal(t, map[string]float64{"documents_day": 9}, standing[0].Case.Evidence[0].Features)
		assert.Equal(t, ingest.Block, standing[0].Case.Severity)
	})
}

func TestAStormFromABlockedAccountAsksTheBookingSystemOnce(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		for i := range 20 {
			v := verdict(fmt.Sprintf("e%02d", i), "a", blockHit("a"))
			v.Time = at.Add(time.Duration(i) * time.Minute)
			h.deliver(v)
		}
		assert.Equal(t, 1, h.bookings.asked)
		standing, err := h.cases.StandingOf(t.Context(), "museum", enforcement.Target{Entity: "account", Key: "a"})
		require.NoError(t, err)
		require.Len(t, standing.Blocks, 1)
		assert.Equal(t, "e00", standing.Blocks[0].EventID)
		assert.WithinDuration(t, at.Add(79*time.Minute), standing.Blocks[0].Expires, time.Minute)
	})
}

func TestDeviceBlockTakesTheAccountsOrders(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.bookings.book("o1", "a", "held")
		device := hit("farm", ingest.Block, "device", "d-a")
		device.TTL = 600
		h.deliver(verdict("e1", "a", device))
		assert.Equal(t, "withdrawn", h.bookings.orders["o1"])
		assert.False(t, h.denied("a"), "the device is listed, not the account")
		standing, err := h.cases.StandingOf(t.Context(), "museum", enforcement.Target{Entity: "account", Key: "a"})
		require.NoError(t, err)
		assert.Len(t, standing.Blocks, 1)
	})
}

func TestOrderInFlightIsTakenBack(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.deliver(verdict("e2", "a", blockHit("a")))
		h.bookings.book("o1", "a", "held")

		refused := verdict("e3", "a")
		refused.Stage, refused.Decision, refused.Order.ID = rules.StageInline, ingest.Block, "o1"
		h.deliver(refused)
		assert.Equal(t, "held", h.bookings.orders["o1"], "a refused request made no order")

		early := verdict("e1", "a")
		early.Stage, early.Decision, early.Order.ID = rules.StageInline, ingest.Allow, "o1"
		early.Time = at.Add(-time.Second)
		h.deliver(early)
		assert.Equal(t, "withdrawn", h.bookings.orders["o1"])

		h.bookings.book("o9", "z", "held")
		other := verdict("e9", "z")
		other.Order.ID = "o9"
		h.deliver(other)
		assert.Equal(t, "held", h.bookings.orders["o9"])
	})
}

func TestWhatMustNotAct(t *testing.T) {
	observed := verdict("e1", "a", blockHit("a"))
	observed.Observe = true
	typed := blockHit("somebody-else")
	brief := blockHit("a")
	brief.TTL = 0
	address := hit("flood", ingest.Block, "ip", "203.0.113.7")
	address.TTL = 3600
	document := hit("shared", ingest.Block, "document", "doc")
	document.TTL = 3600
	tests := map[string]struct {
		verdict scoring.Verdict
		kill    bool
		opens   bool
	}{
		"shadow":                   {verdict: verdict("e1", "a", shadow(blockHit("a")))},
		"observe":                  {verdict: observed},
		"kill switch":              {verdict: verdict("e1", "a", blockHit("a")), kill: true},
		"a list entry":             {verdict: verdict("e1", "a", hit("list:1", ingest.Block, "account", "a"))},
		"a challenge":              {verdict: verdict("e1", "a", hit("r", ingest.Challenge, "account", "a"))},
		"a key the event lacks":    {verdict: verdict("e1", "a", typed), opens: true},
		"a block for one request":  {verdict: verdict("e1", "a", brief), opens: true},
		"an address":               {verdict: verdict("e1", "a", address), opens: true},
		"a document merely typed":  {verdict: verdict("e1", "a", document), opens: true},
		"an address, nobody known": {verdict: func() scoring.Verdict { v := verdict("e1", "", address); v.Subject = ingest.Subject{}; return v }()},
	}
	eachHouse(t, func(t *testing.T, h *house) {
		for name, test := range tests {
			h.bookings.book("o1", "a", "held")
			test.verdict.EventID = "e-" + name
			h.kill.Set(test.kill)
			h.deliver(test.verdict)
			h.kill.Set(false)
			entries, _, err := h.lists.List(t.Context(), lists.Filter{}, "", 10)
			require.NoError(t, err)
			require.Empty(t, entries, name)
			require.Equal(t, "held", h.bookings.orders["o1"], name)
			counts := h.actions()
			delete(counts, enforcement.ActionFlag)
			require.Empty(t, counts, name)
			open, _, err := h.cases.List(t.Context(), cases.Filter{State: cases.Open}, "", 10)
			require.NoError(t, err)
			require.Len(t, open, map[bool]int{true: 1}[test.opens], name)
			for _, c := range open {
				_, err := h.cases.Clear(t.Context(), c.ID, "li", "next case")
				require.NoError(t, err)
			}
			h.now = h.now.Add(time.Minute)
			h.actions()
			for i := range tests {
				v := tests[i]
				v.verdict.Time = h.now.Add(time.Second)
				tests[i] = v
			}
		}
	})
}

func TestClearingUndoesAndForbidsThePast(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.bookings.book("o1", "a", "held")
		h.deliver(verdict("e1", "a", blockHit("a"), hit("odd", ingest.Flag, "account", "a")))
		require.Equal(t, "withdrawn", h.bookings.orders["o1"])
		h.actions()

		h.now = at.Add(time.Minute)
		flagged, _, err := h.cases.Flagged(t.Context(), "museum", "", 10)
		require.NoError(t, err)
		require.Len(t, flagged, 1)
		result, err := h.cases.Clear(t.Context(), flagged[0].Case.ID, "li", "a family of nine")
		require.NoError(t, err)
		assert.Equal(t, 1, result.Lifted)
		assert.Equal(t, 1, result.Reinstating)
		h.work()
		assert.Equal(t, "held", h.bookings.orders["o1"])
		assert.False(t, h.denied("a"))
		assert.Equal(t, map[enforcement.ActionKind]int{enforcement.ActionUnblock: 1, enforcement.ActionReinstate: 1}, h.actions())
		labels, err := h.cases.Labels(t.Context(), "museum", "a")
		require.NoError(t, err)
		require.Len(t, labels, 1)
		assert.Equal(t, enforcement.LabelHuman, labels[0].Value)

		h.deliver(verdict("e2", "a", blockHit("a"), hit("odd", ingest.Flag, "account", "a")))
		assert.False(t, h.denied("a"), "an event from before cannot act")
		assert.Empty(t, h.actions())

		later := verdict("e3", "a", blockHit("a"))
		later.Time = at.Add(2 * time.Minute)
		h.now = later.Time
		h.deliver(later)
		assert.True(t, h.denied("a"))
		assert.Equal(t, "withdrawn", h.bookings.orders["o1"], "a new reason takes the order back again")
	})
}

func TestPoisonIsPutAsideAndTheRestGoesOn(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		cursed, err := json.Marshal(verdict("e-cursed", "cursed", blockHit("cursed")))
		require.NoError(t, err)
		good, err := json.Marshal(verdict("e1", "a", blockHit("a")))
		require.NoError(t, err)
		h.deliverRaw("not json", string(cursed), `{"event_id":"e","stage":"inline"}`, string(good))
		assert.True(t, h.denied("a"))
		assert.ElementsMatch(t, []string{"not json", string(cursed), `{"event_id":"e","stage":"inline"}`}, h.topic.buried)
	})
}

func TestOutageLosesNothing(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.faulty.fault = errors.New("database is away")
		data, err := json.Marshal(verdict("e1", "a", blockHit("a")))
		require.NoError(t, err)
		h.topic.deliveries <- enforcement.Delivery{Value: data}
		require.Eventually(t, func() bool {
			h.faulty.mu.Lock()
			defer h.faulty.mu.Unlock()
			return h.faulty.tries > 30
		}, 10*time.Second, time.Millisecond)
		h.faulty.mu.Lock()
		h.faulty.fault = nil
		h.faulty.mu.Unlock()
		h.settle(1)
		assert.True(t, h.denied("a"))
		assert.Empty(t, h.topic.buried, "nobody is to blame for an outage")
	})
}

func TestBookingSystemAwayDelaysOnlyTheSweep(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.bookings.book("o1", "a", "held")
		h.bookings.away = errors.New("connection refused")
		h.deliver(verdict("e1", "a", blockHit("a")))
		assert.True(t, h.denied("a"))
		assert.Equal(t, "held", h.bookings.orders["o1"])
		h.bookings.away = nil
		h.now = h.now.Add(time.Minute)
		h.work()
		assert.Equal(t, "withdrawn", h.bookings.orders["o1"])
	})
}
