package ticketing_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/document"
	"fairgate/ticketing/sqlstore"
)

// fixture is a service on a new SQLite file, with a clock that the test sets.
type fixture struct {
	*ticketing.Service
	t     testing.TB
	store *sqlstore.Store
	dsn   string
	now   atomic.Int64 // Unix ms
}

// opening is 2026-05-01 12:00 in Shanghai.
func opening() time.Time { return time.Date(2026, 5, 1, 4, 0, 0, 0, time.UTC) }

const (
	may10 = "2026-05-10"
	may11 = "2026-05-11"
)

func keys() ticketing.Keys {
	return ticketing.Keys{
		Encryption: [][]byte{bytes.Repeat([]byte{1}, 32)}, Lookup: bytes.Repeat([]byte{2}, 32),
		Session: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, 32)),
	}
}

func newFixture(tb testing.TB, opts ticketing.Options) *fixture {
	tb.Helper()
	return newFixtureOn(tb, "sqlite:"+filepath.Join(tb.TempDir(), "ticketing.db"), opts)
}

func newFixtureOn(tb testing.TB, dsn string, opts ticketing.Options) *fixture {
	tb.Helper()
	store, err := sqlstore.Open(tb.Context(), dsn, sqlstore.Options{})
	require.NoError(tb, err)
	tb.Cleanup(func() { assert.NoError(tb, store.Close()) })
	f := &fixture{t: tb, store: store, dsn: dsn}
	f.now.Store(opening().UnixMilli())
	opts.PasswordCost = ticketing.PasswordCost{MemoryKiB: 8, Passes: 1, Lanes: 1}
	f.Service, err = ticketing.NewService(store, keys(), func() time.Time { return time.UnixMilli(f.now.Load()) }, opts)
	require.NoError(tb, err)
	return f
}

func (f *fixture) pass(d time.Duration) { f.now.Add(d.Milliseconds()) }

func (f *fixture) pool(id string, price int64, capacity int) {
	f.t.Helper()
	_, err := f.PutPool(f.t.Context(), ticketing.Call{}, ticketing.PoolChange{
		Pool: ticketing.Pool{ID: id, Name: "Main hall", PriceFen: price, LimitPerOrder: 5, Hold: 10 * time.Minute, Cutoff: 24 * time.Hour},
		Days: []ticketing.DayCapacity{{Date: may10, Capacity: capacity}, {Date: may11, Capacity: capacity}},
	})
	require.NoError(f.t, err)
}

func (f *fixture) person(n int) string {
	f.t.Helper()
	a, err := f.Register(f.t.Context(), ticketing.Call{}, fmt.Sprintf("138%08d", n), "correct horse")
	require.NoError(f.t, err)
	return a.ID
}

func visitor(n int) ticketing.Visitor {
	return ticketing.Visitor{Name: "Ann", Type: document.Passport, Number: fmt.Sprintf("P%07d", n), Nationality: "GBR"}
}

func booking(pool string, documents ...int) ticketing.Booking {
	b := ticketing.Booking{Pool: pool, Date: may10}
	for _, n := range documents {
		b.Visitors = append(b.Visitors, visitor(n))
	}
	return b
}

func (f *fixture) book(account string, b ticketing.Booking) ticketing.Order {
	f.t.Helper()
	o, err := f.Book(f.t.Context(), ticketing.Call{RequestID: "r"}, account, b)
	require.NoError(f.t, err)
	return o
}

func (f *fixture) left(date string) int {
	f.t.Helper()
	stock, err := f.Stock(f.t.Context(), "main", date, date)
	require.NoError(f.t, err)
	require.Len(f.t, stock.Days, 1)
	return stock.Days[0].Left
}

func (f *fixture) types() []ticketing.EventType {
	f.t.Helper()
	events, err := f.Events(f.t.Context(), 0, 1000)
	require.NoError(f.t, err)
	var out []ticketing.EventType
	for _, e := range events {
		out = append(out, e.Type)
	}
	return out
}

// TestNeverOversold books a small pool from hundreds of callers at once, with
// cancellations in between, and compares every account of the truth.
func TestNeverOversold(t *testing.T) {
	t.Parallel()
	const capacity, people, attempts = 40, 20, 400
	f := newFixture(t, ticketing.Options{StockMaxAge: -1})
	f.pool("main", 0, capacity)
	accounts := make([]string, people)
	for i := range accounts {
		accounts[i] = f.person(i)
	}
	var (
		group          sync.WaitGroup
		taken, refused atomic.Int64
	)
	for i := range attempts {
		group.Go(func() {
			o, err := f.Book(t.Context(), ticketing.Call{}, accounts[i%people], booking("main", 2*i, 2*i+1))
			if err != nil {
				if !errors.Is(err, ticketing.ErrSoldOut) {
					t.Error(err)
				}
				refused.Add(1)
				return
			}
			if i%5 == 0 {
				_, err := f.Cancel(t.Context(), ticketing.Call{}, o.AccountID, o.ID)
				assert.NoError(t, err)
				return
			}
			taken.Add(2)
		})
	}
	group.Wait()
	assert.Positive(t, refused.Load())
	assert.LessOrEqual(t, taken.Load(), int64(capacity))
	live := 0
	for _, account := range accounts {
		orders, _, err := f.Orders(t.Context(), account, ticketing.OrderQuery{States: []ticketing.State{ticketing.StateProvisional}, Limit: 500})
		require.NoError(t, err)
		for _, o := range orders {
			live += len(o.Positions)
		}
	}
	assert.Equal(t, int(taken.Load()), live)
	assert.Equal(t, capacity-live, f.left(may10))
}

// TestSameKeyAtOnce sends one request many times at the same moment.
func TestSameKeyAtOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: -1})
	f.pool("main", 0, 100)
	account := f.person(1)
	var (
		group sync.WaitGroup
		ids   sync.Map
	)
	for range 50 {
		group.Go(func() {
			o, err := f.Book(t.Context(), ticketing.Call{IdempotencyKey: "k", Request: []byte("same")}, account, booking("main", 1))
			if assert.NoError(t, err) {
				ids.Store(o.ID, true)
			}
		})
	}
	group.Wait()
	count := 0
	ids.Range(func(any, any) bool { count++; return true })
	assert.Equal(t, 1, count)
	assert.Equal(t, 99, f.left(may10))
	_, err := f.Book(t.Context(), ticketing.Call{IdempotencyKey: "k", Request: []byte("another")}, account, booking("main", 2))
	require.ErrorIs(t, err, ticketing.ErrIdempotencyMismatch)
	other := f.person(2)
	_, err = f.Book(t.Context(), ticketing.Call{IdempotencyKey: "k", Request: []byte("another")}, other, booking("main", 2))
	require.NoError(t, err, "keys of different accounts do not meet")
	f.pass(25 * time.Hour)
	require.NoError(t, f.Forget(t.Context()))
	_, err = f.Book(t.Context(), ticketing.Call{IdempotencyKey: "k", Request: []byte("another")}, account, booking("main", 3))
	require.NoError(t, err, "a key past its life is new")
}

func TestRefusalsAreNotRemembered(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.pool("main", 0, 1)
	account := f.person(1)
	first := f.book(account, booking("main", 1))
	call := ticketing.Call{IdempotencyKey: "k", Request: []byte("x")}
	_, err := f.Book(t.Context(), call, account, booking("main", 2))
	require.ErrorIs(t, err, ticketing.ErrSoldOut)
	_, err = f.Cancel(t.Context(), ticketing.Call{}, account, first.ID)
	require.NoError(t, err)
	_, err = f.Book(t.Context(), call, account, booking("main", 2))
	require.NoError(t, err)
}

func TestHoldsExpire(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: -1})
	f.pool("main", 0, 500)
	account := f.person(1)
	hold := booking("main", 0)
	hold.Hold = true
	kept := f.book(account, hold)
	assert.Equal(t, ticketing.StateHeld, kept.State)
	confirmed, err := f.Confirm(t.Context(), ticketing.Call{}, account, kept.ID)
	require.NoError(t, err)
	assert.Equal(t, ticketing.StateProvisional, confirmed.State)
	for i := range 450 { // more than one transaction of the job
		hold := booking("main", i+1)
		hold.Hold = true
		f.book(account, hold)
	}
	f.pass(10*time.Minute - time.Millisecond)
	n, err := f.ExpireHolds(t.Context())
	require.NoError(t, err)
	assert.Zero(t, n)
	f.pass(time.Millisecond)
	n, err = f.ExpireHolds(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 450, n)
	assert.Equal(t, 499, f.left(may10))
	events, err := f.Events(t.Context(), 452, 1000)
	require.NoError(t, err)
	require.Len(t, events, 450)
	assert.Equal(t, ticketing.EventHoldExpired, events[0].Type)
	assert.Empty(t, events[0].RequestID, "time caused it")
}

func TestProvisionalUntilTheCutoff(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.pool("main", 0, 10)
	account := f.person(1)
	o := f.book(account, booking("main", 1))
	cutoff := time.Date(2026, 5, 8, 16, 0, 0, 0, time.UTC) // 2026-05-09 00:00 in Shanghai
	assert.Equal(t, cutoff, o.ProvisionalUntil)

	f.now.Store(cutoff.UnixMilli() - 1)
	n, err := f.ConfirmProvisional(t.Context())
	require.NoError(t, err)
	assert.Zero(t, n)
	f.pass(time.Millisecond)
	_, err = f.Withdraw(t.Context(), ticketing.Call{}, o.ID, "why", "")
	require.ErrorIs(t, err, ticketing.ErrPastCutoff, "before the job has run, too")
	_, err = f.ConfirmProvisional(t.Context())
	require.NoError(t, err)
	late := f.book(account, booking("main", 2))
	assert.Equal(t, ticketing.StateConfirmed, late.State, "booked after the cut-off")
	moved, err := f.ChangeDate(t.Context(), ticketing.Call{}, account, o.ID, may11, "")
	require.NoError(t, err)
	assert.Equal(t, ticketing.StateProvisional, moved.State, "another day, another cut-off")
	assert.Equal(t, []ticketing.EventType{ticketing.EventProvisional, ticketing.EventConfirmed, ticketing.EventConfirmed, ticketing.EventChanged}, f.types())
}

func TestWithdrawnHoldComesBackHeld(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.pool("night", 100, 1)
	account := f.person(1)
	o := f.book(account, booking("night", 1))
	_, err := f.Withdraw(t.Context(), ticketing.Call{}, o.ID, "why", "R")
	require.NoError(t, err)
	_, err = f.Pay(t.Context(), ticketing.Call{}, account, o.ID)
	require.ErrorIs(t, err, ticketing.ErrInvalidState)
	f.pass(time.Hour)
	back, err := f.Reinstate(t.Context(), ticketing.Call{}, o.ID)
	require.NoError(t, err)
	assert.Equal(t, ticketing.StateHeld, back.State)
	assert.Equal(t, opening().Add(70*time.Minute), back.HoldExpiresAt)
	paid, err := f.Pay(t.Context(), ticketing.Call{}, account, o.ID)
	require.NoError(t, err)
	assert.Equal(t, ticketing.StateConfirmed, paid.State)
	assert.Equal(t, []ticketing.EventType{
		ticketing.EventHeld, ticketing.EventWithdrawn, ticketing.EventReinstated, ticketing.EventPaid, ticketing.EventConfirmed,
	}, f.types())
}

func TestReinstateNeedsTheDocumentFree(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.pool("main", 0, 5)
	account := f.person(1)
	o := f.book(account, booking("main", 1))
	_, err := f.Reinstate(t.Context(), ticketing.Call{}, o.ID)
	require.ErrorIs(t, err, ticketing.ErrInvalidState, "never withdrawn")
	_, err = f.Withdraw(t.Context(), ticketing.Call{}, o.ID, "why", "R")
	require.NoError(t, err)
	f.book(account, booking("main", 1))
	_, err = f.Reinstate(t.Context(), ticketing.Call{}, o.ID)
	require.ErrorIs(t, err, ticketing.ErrDocumentTaken)
}

func TestTransfer(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.pool("main", 0, 5)
	giver, taker := f.person(1), f.person(2)
	o := f.book(giver, booking("main", 1, 2))
	transfer := func(tr ticketing.Transfer) (ticketing.Order, error) {
		return f.Transfer(t.Context(), ticketing.Call{}, giver, o.ID, tr)
	}
	for name, c := range map[string]struct {
		tr   ticketing.Transfer
		want error
	}{
		"nobody":      {ticketing.Transfer{}, ticketing.ErrInvalidField},
		"both":        {ticketing.Transfer{ToAccountID: taker, ToPhone: "13800000002"}, ticketing.ErrInvalidField},
		"a stranger":  {ticketing.Transfer{ToPhone: "13800000009"}, ticketing.ErrRecipientUnknown},
		"oneself":     {ticketing.Transfer{ToAccountID: giver}, ticketing.ErrInvalidField},
		"too few":     {ticketing.Transfer{ToAccountID: taker, Visitors: []ticketing.Visitor{visitor(3)}}, ticketing.ErrInvalidField},
		"bad visitor": {ticketing.Transfer{ToAccountID: taker, Visitors: []ticketing.Visitor{{Name: "x"}}}, ticketing.ErrInvalidField},
	} {
		_, err := transfer(c.tr)
		require.ErrorIs(t, err, c.want, name)
	}
	got, err := transfer(ticketing.Transfer{ToAccountID: taker, Visitors: []ticketing.Visitor{visitor(3), visitor(2)}})
	require.NoError(t, err)
	assert.Equal(t, taker, got.AccountID)
	assert.Equal(t, ticketing.StateProvisional, got.State)
	f.book(giver, booking("main", 1)) // the replaced visitor's document is free
	_, err = f.Book(t.Context(), ticketing.Call{}, giver, booking("main", 3))
	require.ErrorIs(t, err, ticketing.ErrDocumentTaken)
}

func TestOpening(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	_, err := f.PutPool(t.Context(), ticketing.Call{}, ticketing.PoolChange{
		Pool: ticketing.Pool{ID: "main", Name: "x", LimitPerOrder: 1, Hold: time.Minute, OpensAt: opening().Add(time.Hour)},
		Days: []ticketing.DayCapacity{{Date: may10, Capacity: 1}},
	})
	require.NoError(t, err)
	account := f.person(1)
	f.pass(time.Hour - time.Millisecond)
	_, err = f.Book(t.Context(), ticketing.Call{}, account, booking("main", 1))
	require.ErrorIs(t, err, ticketing.ErrNotOpen)
	f.pass(time.Millisecond)
	f.book(account, booking("main", 1))
}

// TestStockIsCached holds that polling reads the store once in a while only,
// and that the figures are not older than said.
func TestStockIsCached(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: 250 * time.Millisecond})
	f.pool("main", 0, 5)
	account := f.person(1)
	before, err := f.Stock(t.Context(), "main", "", "")
	require.NoError(t, err)
	require.Len(t, before.Days, 2)
	f.book(account, booking("main", 1))
	assert.Equal(t, 5, f.left(may10))
	f.pass(250 * time.Millisecond)
	assert.Equal(t, 4, f.left(may10))
	after, err := f.Stock(t.Context(), "main", "", "")
	require.NoError(t, err)
	assert.Greater(t, after.Version, before.Version)
	_, err = f.Stock(t.Context(), "none", "", "")
	require.ErrorIs(t, err, ticketing.ErrNotFound)
}

// TestRunSharesTheJobs runs two services on one store; whichever has the lease
// releases what has run out.
func TestRunSharesTheJobs(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.pool("night", 100, 5)
	account := f.person(1)
	f.book(account, booking("night", 1))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var group sync.WaitGroup
	for range 2 {
		s, err := ticketing.NewService(f.store, keys(), func() time.Time { return time.UnixMilli(f.now.Load()) },
			ticketing.Options{Leases: f.store, JobInterval: time.Millisecond})
		require.NoError(t, err)
		group.Go(func() { assert.NoError(t, s.Run(ctx)) })
	}
	f.pass(10 * time.Minute)
	require.Eventually(t, func() bool {
		orders, _, err := f.Orders(t.Context(), account, ticketing.OrderQuery{States: []ticketing.State{ticketing.StateExpired}, Limit: 500})
		return err == nil && len(orders) == 1
	}, 20*time.Second, 5*time.Millisecond)
	cancel()
	group.Wait()
	assert.Equal(t, []ticketing.EventType{ticketing.EventHeld, ticketing.EventHoldExpired}, f.types())
}

func TestNewServiceNamesBadKeys(t *testing.T) {
	t.Parallel()
	_, err := ticketing.NewService(nil, ticketing.Keys{Encryption: [][]byte{[]byte("short")}}, time.Now, ticketing.Options{})
	for _, want := range []string{"keys.encryption[0]", "keys.lookup", "keys.session"} {
		require.ErrorContains(t, err, want)
	}
	_, err = ticketing.NewService(nil, ticketing.Keys{}, time.Now, ticketing.Options{})
	require.ErrorContains(t, err, "keys.encryption")
}

// TestStoreKeepsNoPersonalDataInTheClear looks for what was typed in the bytes
// of the database file.
func TestStoreKeepsNoPersonalDataInTheClear(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	store, err := sqlstore.Open(t.Context(), "sqlite:"+filepath.Join(dir, "x.db"), sqlstore.Options{})
	require.NoError(t, err)
	s, err := ticketing.NewService(store, keys(), opening, ticketing.Options{PasswordCost: ticketing.PasswordCost{MemoryKiB: 8, Passes: 1, Lanes: 1}})
	require.NoError(t, err)
	a, err := s.Register(t.Context(), ticketing.Call{IdempotencyKey: "k", Request: []byte("13812345678")}, "13812345678", "correct horse")
	require.NoError(t, err)
	_, err = s.PutPool(t.Context(), ticketing.Call{}, ticketing.PoolChange{
		Pool: ticketing.Pool{ID: "main", Name: "x", LimitPerOrder: 1, Hold: time.Minute}, Days: []ticketing.DayCapacity{{Date: may10, Capacity: 1}},
	})
	require.NoError(t, err)
	_, err = s.Book(t.Context(), ticketing.Call{IdempotencyKey: "k2"}, a.ID, ticketing.Booking{Pool: "main", Date: may10, Visitors: []ticketing.Visitor{
		{Name: "Wang Xiaoming", Phone: "13987654321", Type: document.PRCID, Number: "11010519491231002X"},
	}})
	require.NoError(t, err)
	require.NoError(t, store.Close())
	files, err := filepath.Glob(filepath.Join(dir, "x.db*"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		raw := read(t, file)
		for _, personal := range []string{"13812345678", "13987654321", "11010519491231002X", "Xiaoming", "correct horse"} {
			assert.NotContains(t, string(raw), personal, file)
		}
	}
}
