package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/document"
	"fairgate/ticketing/notice"
	"fairgate/ticketing/outbox"
	"fairgate/ticketing/sms"
)

// Store is everything a store offers.
type Store interface {
	ticketing.Store
	ticketing.Leases
	outbox.Queue
	sms.Queue
	notice.Store
}

// Open makes an empty store, closed when the test ends.
type Open func(t *testing.T) Store

// Run runs the suite; each case gets a store of its own.
func Run(t *testing.T, open Open) {
	t.Helper()
	cases := map[string]func(*testing.T, Store){
		"accounts and sessions":           accounts,
		"codes sent to phones":            codes,
		"codes counted by the day":        codeDays,
		"messages to phones":              messages,
		"who WeChat users are":            identities,
		"all sessions of an account":      revokeSessions,
		"pools and days":                  pools,
		"places never fall below zero":    places,
		"announcements":                   announcements,
		"versions of what is read":        noticeVersions,
		"the venue's page":                venue,
		"stock versions":                  stockVersions,
		"slots":                           slots,
		"slots under contention":          slotContention,
		"orders keep everything":          orders,
		"pages of orders":                 orderPages,
		"one document a day":              documents,
		"cancelled positions":             cancelled,
		"due orders":                      due,
		"persons":                         persons,
		"stages":                          stages,
		"sales":                           sales,
		"activities":                      activities,
		"channels":                        channels,
		"allotments":                      allotments,
		"allotments of slots":             slotAllotments,
		"allotments of staged days":       stagedAllotments,
		"places always add up":            addUp,
		"places of slots always add up":   addUpInSlots,
		"audit":                           audit,
		"who saw personal data":           reveals,
		"orders of a person":              lookups,
		"failed updates leave no trace":   rollback,
		"answers":                         answers,
		"outbox":                          events,
		"outbox has no gaps":              gapless,
		"leases":                          leases,
		"jobs":                            jobs,
		"notices about orders":            orderNotices,
		"values sealed with a former key": sealed,
		"forgetting":                      forget,
		"no oversell under contention":    contention,
	}
	for name, run := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, open(t))
		})
	}
}

const (
	pool = "main"
	day  = ticketing.Date("2026-05-10")
)

func start() time.Time { return time.Date(2026, 5, 1, 0, 0, 0, 123_000_000, time.UTC) }

func update(t *testing.T, s Store, fn func(ctx context.Context, tx ticketing.Tx) error) {
	t.Helper()
	require.NoError(t, s.Update(t.Context(), fn))
}

func view(t *testing.T, s Store, fn func(ctx context.Context, r ticketing.Reader) error) {
	t.Helper()
	require.NoError(t, s.View(t.Context(), fn))
}

// seed makes the pool with some places on two days, and an account.
func seed(t *testing.T, s Store, capacity int) {
	t.Helper()
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		return errors.Join(
			tx.PutPool(ctx, ticketing.Pool{ID: pool, Name: "主馆", PriceFen: 100, LimitPerOrder: 5, Hold: time.Minute, Cutoff: time.Hour}),
			tx.PutDay(ctx, pool, day, capacity),
			tx.PutDay(ctx, pool, "2026-05-11", capacity),
			tx.InsertAccount(ctx, account("a")),
			tx.InsertAccount(ctx, account("b")),
		)
	})
}

func account(id string) ticketing.Account {
	return ticketing.Account{
		ID: id, PhoneKey: []byte("key of " + id), PhoneSealed: []byte{0, 1, 255}, PhoneMasked: "+86*", Password: "hash", CreatedAt: start(),
	}
}

func order(id, document string) ticketing.Order {
	return ticketing.Order{
		ID: id, AccountID: "a", Pool: pool, Date: day, State: ticketing.StateHeld, TotalFen: 100, RequestID: "r-" + id,
		CreatedAt: start(), UpdatedAt: start(), HoldExpiresAt: start().Add(time.Minute),
		Positions: []ticketing.Position{position(document)},
	}
}

func position(key string) ticketing.Position {
	return ticketing.Position{
		ID: uuid.NewString(), NameMasked: "王*", NameSealed: []byte("n"), DocumentType: document.Passport,
		DocumentMasked: "A*1", DocumentKey: []byte(key), DocumentSealed: []byte{7, 0},
		Product: "double", Unit: 3, PriceFen: 1, Places: 1, Secret: uuid.NewString(), AdultID: "somebody", Stage: 2,
	}
}

func accounts(t *testing.T, s Store) {
	t.Helper()
	seed(t, s, 1)
	session := ticketing.Session{ID: "s", AccountID: "a", CreatedAt: start(), ExpiresAt: start().Add(time.Hour), Channel: "miniprogram"}
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error { return tx.InsertSession(ctx, session) })
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		got, err := r.AccountByPhone(ctx, []byte("key of a"))
		require.NoError(t, err)
		assert.Equal(t, account("a"), got)
		_, err = r.Account(ctx, "nobody")
		require.ErrorIs(t, err, ticketing.ErrNotFound)
		_, err = r.AccountByPhone(ctx, []byte("nobody"))
		require.ErrorIs(t, err, ticketing.ErrNotFound)
		_, err = r.Session(ctx, "none")
		require.ErrorIs(t, err, ticketing.ErrNotFound)
		kept, err := r.Session(ctx, "s")
		assert.Equal(t, session, kept)
		return err
	})
	err := s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error {
		double := account("a")
		double.ID = "c"
		return tx.InsertAccount(ctx, double)
	})
	require.ErrorIs(t, err, ticketing.ErrPhoneTaken)
	for _, at := range []time.Time{start().Add(time.Minute), start().Add(time.Hour)} {
		update(t, s, func(ctx context.Context, tx ticketing.Tx) error { return tx.RevokeSession(ctx, "s", at) })
	}
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		got, err := r.Session(ctx, "s")
		assert.Equal(t, start().Add(time.Minute), got.RevokedAt, "the first revocation stays")
		return err
	})
}

func pools(t *testing.T, s Store) {
	t.Helper()
	want := ticketing.Pool{
		ID: pool, Name: "主馆", PriceFen: 1, LimitPerOrder: 2, Hold: 1500 * time.Millisecond, Cutoff: time.Hour, OpensAt: start(), Version: 1,
		Rules:    ticketing.Rules{MinorAge: 14, MinorsPerAdult: 2},
		Products: []ticketing.Product{{ID: "double", Name: "双人票", Kind: ticketing.ProductDouble, PriceFen: 1, Persons: 2, Places: 2}},
	}
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		return errors.Join(tx.PutPool(ctx, want), tx.PutPool(ctx, ticketing.Pool{ID: "a-first", Name: "x", LimitPerOrder: 1, Hold: time.Second}),
			tx.PutPool(ctx, ticketing.Pool{ID: "a_first", Name: "x", LimitPerOrder: 1, Hold: time.Second}),
			tx.PutDay(ctx, pool, day, 10), tx.PutDay(ctx, pool, "2026-05-09", 3))
	})
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		got, err := r.Pool(ctx, pool)
		require.NoError(t, err)
		assert.Equal(t, want, got)
		_, err = r.Pool(ctx, "none")
		require.ErrorIs(t, err, ticketing.ErrNotFound)
		all, err := r.Pools(ctx)
		require.NoError(t, err)
		require.Len(t, all, 3)
		assert.Equal(t, []string{"a-first", "a_first", "main"}, []string{all[0].ID, all[1].ID, all[2].ID}, "in order of bytes, whatever the collation")
		days, err := r.Days(ctx, pool, "2026-05-09")
		require.NoError(t, err)
		assert.Equal(t, []ticketing.Day{{Date: "2026-05-09", Capacity: 3, Left: 3, Version: 1}, {Date: day, Capacity: 10, Left: 10, Version: 1}}, days)
		days, err = r.Days(ctx, pool, day)
		assert.Len(t, days, 1)
		return err
	})
}

func take(ctx context.Context, tx ticketing.Tx, at ticketing.Place, n int) error {
	_, err := tx.TakePlaces(ctx, at, n)
	return err
}

func giveBack(ctx context.Context, tx ticketing.Tx, at ticketing.Place, n int) error {
	_, err := tx.ReturnPlaces(ctx, at, n)
	return err
}

func places(t *testing.T, s Store) {
	t.Helper()
	seed(t, s, 10)
	takeOn := func(pool string, day ticketing.Date, n int) error {
		return s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error {
			return take(ctx, tx, ticketing.Place{Pool: pool, Date: day}, n)
		})
	}
	put := func(capacity int) error {
		return s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error { return tx.PutDay(ctx, pool, day, capacity) })
	}
	require.NoError(t, takeOn(pool, day, 7))
	require.ErrorIs(t, takeOn(pool, day, 4), ticketing.ErrSoldOut)
	require.ErrorIs(t, takeOn(pool, "2026-06-01", 1), ticketing.ErrDateUnavailable)
	require.ErrorIs(t, takeOn("none", day, 1), ticketing.ErrDateUnavailable)
	require.ErrorIs(t, put(6), ticketing.ErrCapacityBooked)
	require.NoError(t, put(7))
	require.ErrorIs(t, takeOn(pool, day, 1), ticketing.ErrSoldOut)
	require.NoError(t, put(9))
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		return giveBack(ctx, tx, ticketing.Place{Pool: pool, Date: day}, 5)
	})
	require.Error(t, s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error {
		return giveBack(ctx, tx, ticketing.Place{Pool: pool, Date: day}, 3)
	}),
		"more places than there are cannot be returned")
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		days, err := r.Days(ctx, pool, day)
		require.NoError(t, err)
		assert.Equal(t, ticketing.Day{Date: day, Capacity: 9, Left: 7, Version: 5}, days[0])
		return nil
	})
}

func orders(t *testing.T, s Store) {
	t.Helper()
	seed(t, s, 10)
	want := order("o1", "d1")
	want.RulesVersion = 7
	want.Leader = ticketing.Leader{NameMasked: "李*", PhoneMasked: "+86*"}
	want.Positions = append(want.Positions, position("d2"))
	second := order("o2", "d3")
	second.CreatedAt = start().Add(time.Second)
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		return errors.Join(tx.InsertOrder(ctx, want), tx.InsertOrder(ctx, second))
	})
	read := func(id string) ticketing.Order {
		var got ticketing.Order
		view(t, s, func(ctx context.Context, r ticketing.Reader) (err error) {
			got, err = r.Order(ctx, id)
			return err
		})
		return got
	}
	assert.Equal(t, want, read("o1"))
	want.AccountID, want.Date, want.Slot, want.State = "b", "2026-05-11", "09:30", ticketing.StateWithdrawn
	want.UpdatedAt, want.HoldExpiresAt, want.ProvisionalUntil = start().Add(1), time.Time{}, start().Add(time.Hour)
	want.UpdatedAt = start().Add(time.Millisecond)
	want.PaidAt, want.ReinstatedAt = start().Add(2*time.Millisecond), start().Add(3*time.Millisecond)
	want.Withdrawal = ticketing.Withdrawal{From: ticketing.StateHeld, ReasonCode: "why", Receipt: "R", At: start()}
	want.TotalFen = 7
	want.Positions = []ticketing.Position{position("d4"), position("d5")}
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		return errors.Join(tx.ReplacePositions(ctx, want), tx.UpdateOrder(ctx, want))
	})
	assert.Equal(t, want, read("o1"))
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		_, err := r.Order(ctx, "none")
		require.ErrorIs(t, err, ticketing.ErrNotFound)
		for _, c := range []struct {
			account string
			states  []ticketing.State
			limit   int
			want    []string
		}{
			{"a", nil, 10, []string{"o2"}},
			{"b", nil, 10, []string{"o1"}},
			{"b", []ticketing.State{ticketing.StateHeld, ticketing.StateWithdrawn}, 10, []string{"o1"}},
			{"b", []ticketing.State{ticketing.StateHeld}, 10, nil},
			{"nobody", nil, 10, nil},
		} {
			got, err := r.OrdersOf(ctx, c.account, c.states, ticketing.OrderCursor{}, c.limit)
			require.NoError(t, err)
			var ids []string
			for _, o := range got {
				ids = append(ids, o.ID)
			}
			assert.Equal(t, c.want, ids)
		}
		return nil
	})
	third := order("o3", "d6")
	third.CreatedAt = start().Add(2 * time.Second)
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error { return tx.InsertOrder(ctx, third) })
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		got, err := r.OrdersOf(ctx, "a", nil, ticketing.OrderCursor{}, 1)
		require.Len(t, got, 1)
		assert.Equal(t, "o3", got[0].ID, "the newest first")
		return err
	})
	missing := s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error { return tx.UpdateOrder(ctx, order("none", "d")) })
	require.ErrorIs(t, missing, ticketing.ErrNotFound)
}

func documents(t *testing.T, s Store) {
	t.Helper()
	seed(t, s, 10)
	insert := func(o ticketing.Order) error {
		return s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error { return tx.InsertOrder(ctx, o) })
	}
	set := func(o ticketing.Order) error {
		return s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error { return tx.UpdateOrder(ctx, o) })
	}
	first := order("o1", "d1")
	require.NoError(t, insert(first))
	require.ErrorIs(t, insert(order("o2", "d1")), ticketing.ErrDocumentTaken)
	elsewhere := order("o3", "d1")
	elsewhere.Date = "2026-05-11"
	require.NoError(t, insert(elsewhere))
	elsewhere.Date = day
	require.ErrorIs(t, set(elsewhere), ticketing.ErrDocumentTaken, "moved onto the same day")
	first.State = ticketing.StateCancelled
	require.NoError(t, set(first))
	require.NoError(t, set(elsewhere), "a cancelled order's document is free again")
	first.State = ticketing.StateConfirmed
	require.ErrorIs(t, set(first), ticketing.ErrDocumentTaken, "and cannot come back")
	other := order("o4", "d9")
	require.NoError(t, insert(other))
	other.Positions = []ticketing.Position{position("d1")}
	require.ErrorIs(t, s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error { return tx.ReplacePositions(ctx, other) }), ticketing.ErrDocumentTaken)
}

func rollback(t *testing.T, s Store) {
	t.Helper()
	seed(t, s, 10)
	boom := errors.New("boom")
	err := s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error {
		return errors.Join(take(ctx, tx, ticketing.Place{Pool: pool, Date: day}, 3), tx.InsertOrder(ctx, order("o1", "d1")),
			tx.Append(ctx, ticketing.Event{ID: "e1"}), tx.Remember(ctx, "a", "k", ticketing.Answer{Fingerprint: []byte("f"), At: start()}), boom)
	})
	require.ErrorIs(t, err, boom)
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		_, err := r.Order(ctx, "o1")
		require.ErrorIs(t, err, ticketing.ErrNotFound)
		days, err := r.Days(ctx, pool, day)
		require.NoError(t, err)
		assert.Equal(t, 10, days[0].Left)
		none, err := r.Events(ctx, 0, 10)
		assert.Empty(t, none)
		return err
	})
	require.ErrorContains(t, s.Update(t.Context(), func(context.Context, ticketing.Tx) error { panic("a bug") }), "a bug",
		"a job's panic is its own")
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, s.Update(gone, func(context.Context, ticketing.Tx) error { return nil }), context.Canceled)
	require.NoError(t, s.Ping(t.Context()))
}

func answers(t *testing.T, s Store) {
	t.Helper()
	want := ticketing.Answer{Fingerprint: []byte{1, 0, 2}, Result: []byte(`{"a":"值"}`), At: start()}
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		_, err := tx.Recall(ctx, "scope", "key")
		require.ErrorIs(t, err, ticketing.ErrNotFound)
		return tx.Remember(ctx, "scope", "key", want)
	})
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		got, err := tx.Recall(ctx, "scope", "key")
		require.NoError(t, err)
		assert.Equal(t, want, got)
		_, err = tx.Recall(ctx, "other", "key")
		require.ErrorIs(t, err, ticketing.ErrNotFound)
		return nil
	})
}

func events(t *testing.T, s Store) {
	t.Helper()
	want := ticketing.Event{
		ID: "e0", Type: ticketing.EventTransferred, OccurredAt: ticketing.Millis{Time: start()}, OrderID: "o", AccountID: "b",
		FromAccountID: "a", Pool: pool, Date: day, State: ticketing.StateConfirmed, Positions: 3, RequestID: "r",
	}
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		for i := range 250 {
			e := want
			e.ID = fmt.Sprint("e", i)
			if err := tx.Append(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		all, err := r.Events(ctx, 0, 1000)
		require.Len(t, all, 250)
		want.Seq = 1
		assert.Equal(t, want, all[0])
		for i, e := range all {
			assert.Equal(t, fmt.Sprint("e", i), e.ID, "in the order they were appended")
		}
		some, err2 := r.Events(ctx, all[9].Seq, 2)
		require.Len(t, some, 2)
		assert.Equal(t, "e10", some[0].ID)
		return errors.Join(err, err2)
	})
	pending, err := s.Pending(t.Context(), 3)
	require.NoError(t, err)
	require.Len(t, pending, 3)
	require.NoError(t, s.MarkDelivered(t.Context(), pending[0].Seq, pending[2].Seq, start()))
	pending, err = s.Pending(t.Context(), 1)
	require.NoError(t, err)
	assert.Equal(t, "e3", pending[0].ID)
}

// gapless holds that refused jobs use up no sequence number and concurrent
// ones share none.
func gapless(t *testing.T, s Store) {
	t.Helper()
	var group sync.WaitGroup
	for i := range 60 {
		group.Go(func() {
			err := s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error {
				err := tx.Append(ctx, ticketing.Event{ID: fmt.Sprint("e", i)})
				if i%3 == 0 {
					return errors.Join(err, ticketing.ErrSoldOut)
				}
				return err
			})
			assert.Equal(t, i%3 == 0, errors.Is(err, ticketing.ErrSoldOut))
		})
	}
	group.Wait()
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		all, err := r.Events(ctx, 0, 100)
		require.Len(t, all, 40)
		for i, e := range all {
			assert.Equal(t, all[0].Seq+int64(i), e.Seq)
		}
		return err
	})
}

func leases(t *testing.T, s Store) {
	t.Helper()
	acquire := func(holder string, now, until time.Duration) bool {
		got, err := s.Acquire(t.Context(), "job", holder, start().Add(now), start().Add(until))
		require.NoError(t, err)
		return got
	}
	assert.True(t, acquire("a", 0, time.Minute))
	assert.False(t, acquire("b", time.Second, time.Hour), "held by another")
	assert.True(t, acquire("a", time.Second, 2*time.Minute), "renewed")
	assert.False(t, acquire("b", time.Minute, time.Hour))
	assert.True(t, acquire("b", 2*time.Minute, time.Hour), "run out")
	require.NoError(t, s.Release(t.Context(), "job", "a"))
	assert.False(t, acquire("a", 3*time.Minute, time.Hour), "only its holder releases it")
	require.NoError(t, s.Release(t.Context(), "job", "b"))
	assert.True(t, acquire("a", 3*time.Minute, time.Hour))
}

func forget(t *testing.T, s Store) {
	t.Helper()
	seed(t, s, 1)
	hours := func(n int) time.Time { return start().Add(time.Duration(n) * time.Hour) }
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		var errs []error
		for i := range 4 {
			id := fmt.Sprint(i)
			errs = append(errs, tx.Remember(ctx, "a", id, ticketing.Answer{Fingerprint: []byte("f"), Result: []byte("1"), At: hours(i)}),
				tx.InsertSession(ctx, ticketing.Session{ID: id, AccountID: "a", CreatedAt: start(), ExpiresAt: hours(i)}),
				tx.Append(ctx, ticketing.Event{ID: id, OccurredAt: ticketing.Millis{Time: hours(i)}}))
		}
		return errors.Join(errs...)
	})
	pending, err := s.Pending(t.Context(), 10)
	require.NoError(t, err)
	require.NoError(t, s.MarkDelivered(t.Context(), pending[0].Seq, pending[0].Seq, start()))
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error { return tx.Forget(ctx, hours(1), hours(2), hours(3)) })
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		for i := range 4 {
			_, answer := tx.Recall(ctx, "a", fmt.Sprint(i))
			assert.Equal(t, i < 1, errors.Is(answer, ticketing.ErrNotFound))
			_, session := tx.Session(ctx, fmt.Sprint(i))
			assert.Equal(t, i < 2, errors.Is(session, ticketing.ErrNotFound))
		}
		left, err := tx.Events(ctx, 0, 10)
		assert.Len(t, left, 3, "events not delivered are kept, however old")
		return err
	})
}

// contention books from many goroutines at once and compares the orders with
// the places.
func contention(t *testing.T, s Store) {
	t.Helper()
	const capacity, callers = 50, 300
	seed(t, s, capacity)
	var (
		group  sync.WaitGroup
		mu     sync.Mutex
		booked int
	)
	for i := range callers {
		group.Go(func() {
			err := s.Update(t.Context(), func(ctx context.Context, tx ticketing.Tx) error {
				if err := take(ctx, tx, ticketing.Place{Pool: pool, Date: day}, 1); err != nil {
					return err
				}
				// Every third shares its document with two others.
				return tx.InsertOrder(ctx, order(fmt.Sprint("o", i), fmt.Sprint("d", i/3)))
			})
			if err == nil {
				mu.Lock()
				booked++
				mu.Unlock()
				return
			}
			assert.True(t, errors.Is(err, ticketing.ErrSoldOut) || errors.Is(err, ticketing.ErrDocumentTaken), err)
		})
	}
	group.Wait()
	assert.Equal(t, capacity, booked)
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		days, err := r.Days(ctx, pool, day)
		require.NoError(t, err)
		assert.Zero(t, days[0].Left)
		kept, err := r.OrdersOf(ctx, "a", nil, ticketing.OrderCursor{}, 1000)
		assert.Len(t, kept, capacity)
		seen := map[string]bool{}
		for _, o := range kept {
			assert.False(t, seen[string(o.Positions[0].DocumentKey)], "a document twice")
			seen[string(o.Positions[0].DocumentKey)] = true
		}
		return err
	})
}
