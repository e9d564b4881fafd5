package checkin_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/checkin"
	"fairgate/ticketing/document"
)

func TestANonceSeenAgainAdmitsNobodyTwice(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", nil)
	_, ticket := f.one(1)
	_, other := f.one(2)
	f.visit()
	g := f.gate("one", "north")
	a := checkin.Attempt{Nonce: uuid.NewString(), Code: ticket.codes[0]}
	first := g.try(a)
	require.True(t, first.Accepted)
	assert.False(t, first.Repeated)

	// Another process, whose memory is empty, gives the same answer.
	f.pass(time.Minute)
	clock := f.clock
	again, err := checkin.New(f.store.CheckIn(), keys(), clock, checkin.Options{})
	require.NoError(t, err)
	a.ScannedAt = clock()
	second, err := again.Scan(t.Context(), g.token, a)
	require.NoError(t, err)
	assert.True(t, second.Repeated)
	second.Repeated = false
	assert.Equal(t, first, second)
	assert.Len(t, f.checkedIn(), 1)

	a.Code = other.codes[0]
	_, err = f.Scan(t.Context(), g.token, a)
	require.ErrorIs(t, err, checkin.ErrNonceReused)
	assert.True(t, g.scan(other.codes[0]).Accepted, "the other ticket is untouched")

	// A nonce is the terminal's own: another one may choose the same.
	a.Code = ticket.codes[0]
	assert.Equal(t, checkin.AlreadyRedeemed, f.gate("two", "south").try(a).Reason)
}

func TestARepeatedRefusalStaysOne(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.rules("main", ticketing.CheckInRules{From: "12:30"})
	_, ticket := f.one(1)
	f.visit()
	g := f.gate("one", "north")
	a := checkin.Attempt{Nonce: uuid.NewString(), Code: ticket.codes[0]}
	require.Equal(t, checkin.TooEarly, g.try(a).Reason)
	f.pass(time.Hour)
	assert.Equal(t, checkin.TooEarly, g.try(a).Reason, "the nonce is that of the earlier scan")
	assert.True(t, g.scan(ticket.codes[0]).Accepted)
}

func TestAnswerTellsWhoWhenAndWhere(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", func(c *ticketing.PoolChange) {
		c.Products = &[]ticketing.Product{{ID: "adult", Name: "成人票", Kind: ticketing.ProductSingle, Persons: 1, Places: 1}}
	})
	grown := ticketing.Visitor{Name: "张三丰", Type: document.PRCID, Number: "11010519491231002X", Product: "adult"}
	child := ticketing.Visitor{Name: "李小龙", Type: document.PRCID, Number: "110105201501010033", Product: "adult"}
	order := f.book(f.person(1), ticketing.Booking{Visitors: []ticketing.Visitor{grown, child}})
	f.visit()
	north := f.gate("North 1", "north")
	got := north.scan(order.codes[0])
	require.Len(t, got.Outcomes, 1)
	person := got.Outcomes[0].Person
	assert.Equal(t, &checkin.Person{
		NameMasked: order.Positions[0].NameMasked, DocumentType: document.PRCID, DocumentMasked: "110*************2X",
		Age: checkin.Adult, Product: "adult", ProductName: "成人票",
	}, person)
	assert.NotContains(t, person.NameMasked, "三丰")
	assert.Equal(t, []any{2, "main", order.ID}, []any{got.OrderSize, got.Pool, got.OrderID})
	assert.Equal(t, checkin.Child, north.scan(order.codes[1]).Outcomes[0].Person.Age)

	at := f.clock()
	f.pass(time.Minute)
	again := f.gate("South 1", "south").scan(order.codes[0])
	assert.Equal(t, checkin.AlreadyRedeemed, again.Reason)
	assert.Equal(t, &checkin.Prior{At: at, Gate: "north", Terminal: "North 1"}, again.Outcomes[0].Prior)
}

func TestOneScanAdmitsTheWholeOrder(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", nil)
	order := f.book(f.person(1), ticketing.Booking{Visitors: []ticketing.Visitor{visitor(1), visitor(2), visitor(3)}})
	f.visit()
	g := f.gate("one", "north")
	require.True(t, g.scan(order.codes[1]).Accepted)
	a := checkin.Attempt{Nonce: uuid.NewString(), Code: order.codes[1], WholeOrder: true}
	got := g.try(a)
	assert.True(t, got.Accepted, "others enter, though this one is in")
	var reasons []checkin.Reason
	for _, o := range got.Outcomes {
		reasons = append(reasons, o.Reason)
	}
	assert.Equal(t, []checkin.Reason{checkin.AlreadyRedeemed, checkin.OK, checkin.OK}, reasons)
	repeated := g.try(a)
	repeated.Repeated = false
	assert.Equal(t, got, repeated)
	a.Nonce = uuid.NewString()
	assert.Equal(t, checkin.AlreadyRedeemed, g.try(a).Reason, "nobody is left")
	events := f.checkedIn()
	require.Len(t, events, 2)
	assert.Equal(t, []int{1, 2}, []int{events[0].Positions, events[1].Positions})
	assert.Equal(t, order.AccountID, events[0].AccountID)

	out := g.try(checkin.Attempt{Code: order.codes[0], WholeOrder: true, Direction: checkin.Exit})
	assert.Len(t, out.Outcomes, 3)
	counts, err := f.Counts(t.Context(), may10)
	require.NoError(t, err)
	assert.Equal(t, []int{3, 3, 3, 0}, []int{counts.Total.Entries, counts.Total.Exits, counts.Total.People, counts.Total.Inside})
}

func TestParentAndChildEnterTogether(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", func(c *ticketing.PoolChange) {
		c.Products = &[]ticketing.Product{{ID: "family", Name: "亲子票", Kind: ticketing.ProductParentChild, Persons: 2, Places: 2}}
		c.Rules = &ticketing.Rules{CheckIn: &ticketing.CheckInRules{Together: true}}
	})
	var visitors []ticketing.Visitor
	for n := range 4 { // two tickets for two
		v := visitor(n)
		v.Product = "family"
		visitors = append(visitors, v)
	}
	order := f.book(f.person(1), ticketing.Booking{Visitors: visitors})
	f.visit()
	g := f.gate("one", "north")
	got := g.scan(order.codes[1])
	require.True(t, got.Accepted)
	require.Len(t, got.Outcomes, 2)
	assert.Equal(t, []string{order.Positions[1].ID, order.Positions[0].ID}, []string{got.Outcomes[0].PositionID, got.Outcomes[1].PositionID})
	assert.Equal(t, checkin.AlreadyRedeemed, g.scan(order.codes[0]).Reason)
	assert.True(t, g.scan(order.codes[2]).Accepted, "the other ticket is one of its own")
}

func TestMinorsEnterWithTheirAdult(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", func(c *ticketing.PoolChange) {
		c.Rules = &ticketing.Rules{MinorAge: 14, CheckIn: &ticketing.CheckInRules{AdultFirst: true, ReEntry: ticketing.ReEntryAfterExit}}
	})
	adult := ticketing.Visitor{Name: "张三", Type: document.PRCID, Number: "11010519491231002X"}
	child := ticketing.Visitor{Name: "张四", Type: document.PRCID, Number: "110105201501010033"}
	order := f.book(f.person(1), ticketing.Booking{Visitors: []ticketing.Visitor{child, adult}})
	f.visit()
	g := f.gate("one", "north")
	assert.Equal(t, checkin.AdultMissing, g.scan(order.codes[0]).Reason)
	require.True(t, g.scan(order.codes[1]).Accepted)
	require.True(t, g.exit(order.codes[1]).Accepted)
	assert.Equal(t, checkin.AdultMissing, g.scan(order.codes[0]).Reason, "the adult has left")
	both := g.try(checkin.Attempt{Code: order.codes[0], WholeOrder: true})
	assert.True(t, both.Accepted)
	assert.Len(t, both.Outcomes, 2, "the adult comes along")
}

// TestAfterEntryNothingCanBeTakenBack holds that who entered has been here.
func TestAfterEntryNothingCanBeTakenBack(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", nil)
	account := f.person(1)
	order := f.book(account, ticketing.Booking{Visitors: []ticketing.Visitor{visitor(1), visitor(2)}})
	to := f.person(2)
	f.visit()
	g := f.gate("one", "north")
	require.True(t, g.scan(order.codes[0]).Accepted)
	ctx, call := t.Context(), ticketing.Call{}
	_, err := f.booking.Cancel(ctx, call, account, order.ID)
	require.ErrorIs(t, err, ticketing.ErrEntered)
	_, err = f.booking.CancelPositions(ctx, call, account, order.ID, []string{order.Positions[0].ID})
	require.ErrorIs(t, err, ticketing.ErrEntered)
	_, err = f.booking.ChangeDate(ctx, call, account, order.ID, may11, "")
	require.ErrorIs(t, err, ticketing.ErrEntered)
	_, err = f.booking.Transfer(ctx, call, account, order.ID, ticketing.Transfer{ToAccountID: to})
	require.ErrorIs(t, err, ticketing.ErrEntered)
	_, err = f.booking.CancelPositions(ctx, call, account, order.ID, []string{order.Positions[1].ID})
	require.NoError(t, err, "who has not entered may stay away")
	f.pass(24 * time.Hour)
	require.ErrorIs(t, f.booking.RecordNoShow(ctx, call, order.Positions[0].ID), ticketing.ErrEntered)
}

func TestWithdrawnNoMoreOnceEntered(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", func(c *ticketing.PoolChange) { c.Pool.Cutoff = time.Hour })
	f.now.Store(noon().AddDate(0, 0, -1).Add(-2 * time.Hour).UnixMilli())
	f.rules("early", ticketing.CheckInRules{From: "00:00", GraceBeforeSeconds: 24 * 60 * 60})
	f.pool("early", func(c *ticketing.PoolChange) { c.Pool.Cutoff = time.Hour })
	_, order := f.one(1)
	early := f.book(f.person(2), ticketing.Booking{Pool: "early", Visitors: []ticketing.Visitor{visitor(1)}})
	require.Equal(t, ticketing.StateProvisional, early.State)
	f.pass(3 * time.Hour) // within the grace of the day before, and before the cut-off
	g := f.gate("one", "north", "main", "early")
	require.True(t, g.scan(early.codes[0]).Accepted)
	_, err := f.booking.Withdraw(t.Context(), ticketing.Call{}, early.ID, "x", "r")
	require.ErrorIs(t, err, ticketing.ErrEntered)
	_, err = f.booking.Withdraw(t.Context(), ticketing.Call{}, order.ID, "x", "r")
	require.NoError(t, err)
}

// TestACancellationThatCrossesACheckIn lets both run at once, many times:
// exactly one wins, and what is stored says which.
func TestACancellationThatCrossesACheckIn(t *testing.T) {
	t.Parallel()
	const times = 40
	f := newFixture(t)
	f.pool("main", nil)
	account := f.person(1)
	orders := make([]tickets, times)
	for i := range orders {
		orders[i] = f.book(account, ticketing.Booking{Visitors: []ticketing.Visitor{visitor(i)}})
	}
	f.visit()
	g := f.gate("one", "north")
	var entered, cancelled atomic.Int64
	for i, order := range orders {
		var both sync.WaitGroup
		var answer checkin.Answer
		var scanErr, cancelErr error
		scan := func() {
			answer, scanErr = f.Scan(t.Context(), g.token, checkin.Attempt{Nonce: uuid.NewString(), Code: order.codes[0], ScannedAt: f.clock()})
		}
		cancel := func() { _, cancelErr = f.booking.Cancel(t.Context(), ticketing.Call{}, account, order.ID) }
		first, second := scan, cancel
		if i%2 == 1 {
			first, second = cancel, scan
		}
		both.Go(first)
		both.Go(second)
		both.Wait()
		require.NoError(t, scanErr)
		if answer.Accepted {
			require.ErrorIs(t, cancelErr, ticketing.ErrEntered)
			entered.Add(1)
		} else {
			require.NoError(t, cancelErr)
			require.Equal(t, checkin.Cancelled, answer.Reason)
			cancelled.Add(1)
		}
		now := f.read(account, order.ID)
		assert.Equal(t, answer.Accepted, now.State.Live())
	}
	assert.EqualValues(t, times, entered.Load()+cancelled.Load())
	assert.Len(t, f.checkedIn(), int(entered.Load()))
}

// TestManyGatesAtOnce scans every ticket at every gate at once: each enters
// once, and every count agrees.
func TestManyGatesAtOnce(t *testing.T) {
	t.Parallel()
	const people, gates = 60, 6
	f := newFixtureOn(t, "sqlite:"+t.TempDir()+"/t.db", checkin.Options{GroupSize: 17, ScanRate: 100_000})
	f.pool("main", nil)
	account := f.person(1)
	var codes []string
	for n := range people {
		codes = append(codes, f.book(account, ticketing.Booking{Visitors: []ticketing.Visitor{visitor(n)}}).codes...)
	}
	f.visit()
	all := make([]*gate, gates)
	for i := range all {
		all[i] = f.gate(string(rune('a'+i)), "gate-"+string(rune('a'+i)))
	}
	var accepted, redeemed atomic.Int64
	var scans sync.WaitGroup
	for _, g := range all {
		for _, code := range codes {
			scans.Go(func() {
				got, err := f.Scan(t.Context(), g.token, checkin.Attempt{Nonce: uuid.NewString(), Code: code, ScannedAt: f.clock()})
				if err != nil {
					t.Error(err)
					return
				}
				switch {
				case got.Accepted:
					accepted.Add(1)
				case got.Reason == checkin.AlreadyRedeemed:
					redeemed.Add(1)
				}
			})
		}
	}
	scans.Wait()
	assert.EqualValues(t, people, accepted.Load())
	assert.EqualValues(t, people*(gates-1), redeemed.Load())
	assert.Len(t, f.checkedIn(), people)
	counts, err := f.Counts(t.Context(), may10)
	require.NoError(t, err)
	assert.Equal(t, []int{people, people, people, people * (gates - 1)},
		[]int{counts.Total.Entries, counts.Total.People, counts.Total.Inside, counts.Total.Refused})
	assert.Equal(t, map[checkin.Reason]int{checkin.AlreadyRedeemed: people * (gates - 1)}, counts.Total.Reasons)
	assert.Len(t, counts.Terminals, gates)
	assert.Len(t, counts.Gates, gates)
	require.Len(t, counts.Pools, 1)
	assert.Equal(t, f.clock(), counts.Total.LastAt)
}

func TestBadAttemptsChangeNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", nil)
	f.visit()
	g := f.gate("one", "north")
	good := checkin.Attempt{Nonce: uuid.NewString(), Code: "x", ScannedAt: f.clock()}
	for field, spoil := range map[string]func(*checkin.Attempt){
		"nonce":      func(a *checkin.Attempt) { a.Nonce = "short" },
		"direction":  func(a *checkin.Attempt) { a.Direction = "up" },
		"code":       func(a *checkin.Attempt) { a.Code = "" },
		"scanned_at": func(a *checkin.Attempt) { a.ScannedAt = time.Time{} },
	} {
		a := good
		spoil(&a)
		_, err := f.Scan(t.Context(), g.token, a)
		var refused *ticketing.Error
		require.ErrorAs(t, err, &refused, field)
		assert.Equal(t, []any{ticketing.CodeInvalidField, field}, []any{refused.Code, refused.Field})
	}
	for name, spoil := range map[string]func(*checkin.Attempt){
		"nothing":          func(a *checkin.Attempt) { a.Code = "" },
		"a position":       func(a *checkin.Attempt) { a.Code, a.Position = "", uuid.NewString() },
		"much too long":    func(a *checkin.Attempt) { a.Code = string(make([]byte, 3001)) },
		"a nonce of space": func(a *checkin.Attempt) { a.Nonce = "a b c d e f" },
		"a nonce too long": func(a *checkin.Attempt) { a.Nonce = uuid.NewString() + uuid.NewString() },
	} {
		a := good
		spoil(&a)
		_, err := f.Scan(t.Context(), g.token, a)
		require.ErrorIs(t, err, ticketing.ErrInvalidField, name)
	}
	counts, err := f.Counts(t.Context(), may10)
	require.NoError(t, err)
	assert.Equal(t, checkin.Tally{Reasons: map[checkin.Reason]int{}}, counts.Total)
}

func TestWhoHasGoneIsNotLetIn(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.pool("main", nil)
	_, ticket := f.one(1)
	f.visit()
	g := f.gate("one", "north")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := f.Scan(gone, g.token, checkin.Attempt{Nonce: uuid.NewString(), Code: ticket.codes[0], ScannedAt: f.clock()})
	require.ErrorIs(t, err, context.Canceled)
	assert.True(t, g.scan(ticket.codes[0]).Accepted)
}

func TestTooManyScansOfOneTerminal(t *testing.T) {
	t.Parallel()
	f := newFixtureOn(t, "sqlite:"+t.TempDir()+"/t.db", checkin.Options{ScanRate: 1})
	f.pool("main", nil)
	f.visit()
	g, other := f.gate("one", "north"), f.gate("two", "north")
	a := func() checkin.Attempt {
		return checkin.Attempt{Nonce: uuid.NewString(), Code: "x", ScannedAt: f.clock()}
	}
	for range 2 {
		g.try(a())
	}
	_, err := f.Scan(t.Context(), g.token, a())
	var refused *ticketing.Error
	require.ErrorAs(t, err, &refused)
	assert.Equal(t, []any{checkin.CodeTooOften, time.Second}, []any{refused.Code, refused.RetryAfter})
	other.try(a())
	f.pass(time.Second)
	g.try(a())
}
