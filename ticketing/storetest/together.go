package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

// Job is one update of a group, with what it foresees.
type Job struct {
	Run   func(ctx context.Context, tx ticketing.Tx) error
	Ahead []ticketing.Foresight
}

// Grouper is a store that commits given jobs together: what each of them is
// told must be the same as if it had come alone, in some order.
type Grouper interface {
	Store
	Together(ctx context.Context, jobs ...Job) []error
}

// RunTogether runs the cases about jobs that share a commit; each gets a store
// of its own.
func RunTogether(t *testing.T, open func(t *testing.T) Grouper) {
	t.Helper()
	cases := map[string]func(*testing.T, Grouper){
		"a document twice":                      documentTwice,
		"an idempotency key twice":              keyTwice,
		"sold out in the middle":                soldOutBetween,
		"a failing job leaves no trace":         noTrace,
		"a panicking job leaves no trace":       noTraceOfPanic,
		"only the job at fault is refused":      onlyTheGuilty,
		"a cancellation and bookings":           cancelBetween,
		"a statement sees what was gathered":    gatheredIsSeen,
		"a failed statement takes nothing back": failedStatement,
		"staged days":                           stagedTogether,
		"slots":                                 slotsTogether,
		"rules about persons":                   personsTogether,
		"what was known is not kept too long":   knownIsTrue,
	}
	for name, run := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run(t, open(t))
		})
	}
}

// bookingJob books an order as the service does, and says what it reads.
func bookingJob(o ticketing.Order) Job {
	var documents [][]byte
	for _, p := range o.Positions {
		documents = append(documents, p.DocumentKey)
	}
	return Job{
		Ahead: []ticketing.Foresight{{Scope: o.AccountID, Key: "k-" + o.ID, Account: o.AccountID, Place: o.Place(), Documents: documents}},
		Run: func(ctx context.Context, tx ticketing.Tx) error {
			if _, err := tx.Recall(ctx, o.AccountID, "k-"+o.ID); !errors.Is(err, ticketing.ErrNotFound) {
				return errors.Join(err, errKnown)
			}
			if _, err := tx.Pool(ctx, o.Pool); err != nil {
				return err
			}
			stages, err := tx.TakePlaces(ctx, o.Place(), o.Places())
			if err != nil {
				return err
			}
			if len(stages) > 0 {
				o.Positions[0].Stage = stages[0]
			}
			if err := tx.InsertOrder(ctx, o); err != nil {
				return err
			}
			answer := ticketing.Answer{Fingerprint: []byte("f"), Result: []byte(`"` + o.ID + `"`), At: start()}
			return errors.Join(tx.Append(ctx, ticketing.Event{ID: "e-" + o.ID}), tx.Remember(ctx, o.AccountID, "k-"+o.ID, answer))
		},
	}
}

var (
	errKnown = errors.New("the key is known")
	errBoom  = errors.New("boom")
)

// outcome is what stands at the end: places left of the day, and order ids in
// the order of their events.
func outcome(t *testing.T, s Store) (left int, orders []string) {
	t.Helper()
	view(t, s, func(ctx context.Context, r ticketing.Reader) error {
		events, err := r.Events(ctx, 0, 1000)
		require.NoError(t, err)
		for i, e := range events {
			require.Equal(t, int64(i+1), e.Seq, "no gap")
			id := e.ID[len("e-"):]
			orders = append(orders, id)
			_, err := r.Order(ctx, id)
			require.NoError(t, err, id)
		}
		kept, err := r.OrdersOf(ctx, "a", nil, ticketing.OrderCursor{}, 1000)
		require.Len(t, kept, len(orders), "an order without its event")
		return err
	})
	return onlyDay(t, s).Left, orders
}

// told checks which jobs were refused, and why.
func told(t *testing.T, got []error, want ...error) {
	t.Helper()
	require.Len(t, got, len(want))
	for i := range got {
		require.ErrorIs(t, got[i], want[i], "job %d", i)
	}
}

func documentTwice(t *testing.T, s Grouper) {
	seed(t, s, 10)
	twice := order("o4", "d4")
	twice.Positions = append(twice.Positions, position("d4"))
	elsewhere := order("o5", "d1")
	elsewhere.Date = "2026-05-11"
	errs := s.Together(t.Context(), bookingJob(order("o1", "d1")), bookingJob(order("o2", "d1")), bookingJob(order("o3", "d2")), bookingJob(twice), bookingJob(elsewhere))
	told(t, errs, nil, ticketing.ErrDocumentTaken, nil, ticketing.ErrDocumentTaken, nil)
	left, orders := outcome(t, s)
	assert.Equal(t, 8, left)
	assert.Equal(t, []string{"o1", "o3", "o5"}, orders)
	told(t, s.Together(t.Context(), bookingJob(order("o6", "d2")), bookingJob(order("o7", "d3"))), ticketing.ErrDocumentTaken, nil)
}

func keyTwice(t *testing.T, s Grouper) {
	seed(t, s, 10)
	first := order("o1", "d1")
	told(t, s.Together(t.Context(), bookingJob(first), bookingJob(order("o2", "d2")), bookingJob(first)), nil, nil, errKnown)
	told(t, s.Together(t.Context(), bookingJob(order("o3", "d3")), bookingJob(first)), nil, errKnown)
	left, orders := outcome(t, s)
	assert.Equal(t, 7, left)
	assert.Equal(t, []string{"o1", "o2", "o3"}, orders)
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		got, err := tx.Recall(ctx, "a", "k-o1")
		assert.Equal(t, ticketing.Answer{Fingerprint: []byte("f"), Result: []byte(`"o1"`), At: start()}, got)
		return err
	})
	failed := bookingJob(order("o4", "d4"))
	run := failed.Run
	failed.Run = func(ctx context.Context, tx ticketing.Tx) error { return errors.Join(run(ctx, tx), errBoom) }
	told(t, s.Together(t.Context(), failed, bookingJob(order("o4", "d4"))), errBoom, nil)
}

func soldOutBetween(t *testing.T, s Grouper) {
	seed(t, s, 4)
	big := order("o3", "d3")
	big.Positions = append(big.Positions, position("d4"), position("d5"))
	jobs := []Job{bookingJob(order("o1", "d1")), bookingJob(order("o2", "d2")), bookingJob(big)}
	for i := 6; i < 10; i++ {
		jobs = append(jobs, bookingJob(order(fmt.Sprint("o", i), fmt.Sprint("d", i))))
	}
	told(t, s.Together(t.Context(), jobs...), nil, nil, ticketing.ErrSoldOut, nil, nil, ticketing.ErrSoldOut, ticketing.ErrSoldOut)
	left, orders := outcome(t, s)
	assert.Zero(t, left)
	assert.Equal(t, []string{"o1", "o2", "o6", "o7"}, orders)
	assert.Equal(t, int64(5), onlyDay(t, s).Version, "every taking is a change")
	told(t, s.Together(t.Context(), bookingJob(order("o10", "d10"))), ticketing.ErrSoldOut)
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		return giveBack(ctx, tx, ticketing.Place{Pool: pool, Date: day}, 1)
	})
	told(t, s.Together(t.Context(), bookingJob(order("o11", "d11")), bookingJob(order("o12", "d12"))), nil, ticketing.ErrSoldOut)
	nowhere := order("o13", "d13")
	nowhere.Date = "2027-01-01"
	told(t, s.Together(t.Context(), bookingJob(nowhere)), ticketing.ErrDateUnavailable)
}

func noTrace(t *testing.T, s Grouper) {
	spoilt(t, s, func(error) error { return errBoom }, errBoom)
}

func noTraceOfPanic(t *testing.T, s Grouper) {
	spoilt(t, s, func(error) error { panic("a bug") }, nil)
}

// spoilt lets a booking fail at its end, between two that do not, and books
// its document, its key and the last place again.
func spoilt(t *testing.T, s Grouper, end func(error) error, want error) {
	t.Helper()
	seed(t, s, 3)
	bad := bookingJob(order("o2", "d2"))
	run := bad.Run
	bad.Run = func(ctx context.Context, tx ticketing.Tx) error { return end(run(ctx, tx)) }
	errs := s.Together(t.Context(), bookingJob(order("o1", "d1")), bad, bookingJob(order("o3", "d3")), bookingJob(order("o2", "d2")), bookingJob(order("o5", "d5")))
	require.Error(t, errs[1])
	if want == nil {
		want = errs[1]
	}
	told(t, errs, nil, want, nil, nil, ticketing.ErrSoldOut)
	left, orders := outcome(t, s)
	assert.Zero(t, left)
	assert.Equal(t, []string{"o1", "o3", "o2"}, orders)
}

// onlyTheGuilty holds that what nobody foresaw fails the job that did it alone.
func onlyTheGuilty(t *testing.T, s Grouper) {
	seed(t, s, 10)
	told(t, s.Together(t.Context(), bookingJob(order("o0", "d0"))), nil)
	again := order("o0", "d9") // another's id
	guilty := bookingJob(again)
	guilty.Run = func(ctx context.Context, tx ticketing.Tx) error {
		if err := take(ctx, tx, again.Place(), 1); err != nil {
			return err
		}
		return errors.Join(tx.InsertOrder(ctx, again), tx.Append(ctx, ticketing.Event{ID: "e-never"}))
	}
	events := Job{Run: func(ctx context.Context, tx ticketing.Tx) error { return tx.Append(ctx, ticketing.Event{ID: "e-o0"}) }}
	errs := s.Together(t.Context(), bookingJob(order("o1", "d1")), guilty, bookingJob(order("o2", "d2")), events, bookingJob(order("o3", "d1")))
	require.Error(t, errs[1])
	require.Error(t, errs[3], "an event's id is its own")
	told(t, errs, nil, errs[1], nil, errs[3], ticketing.ErrDocumentTaken)
	left, orders := outcome(t, s)
	assert.Equal(t, 7, left)
	assert.Equal(t, []string{"o0", "o1", "o2"}, orders)
	told(t, s.Together(t.Context(), bookingJob(order("o9", "d9"))), nil)
}

// cancelJob gives an order's place back.
func cancelJob(o ticketing.Order) Job {
	return Job{Run: func(ctx context.Context, tx ticketing.Tx) error {
		kept, err := tx.Order(ctx, o.ID)
		if err != nil {
			return err
		}
		kept.State = ticketing.StateCancelled
		return errors.Join(tx.UpdateOrder(ctx, kept), giveBack(ctx, tx, kept.Place(), kept.Places()))
	}}
}

func cancelBetween(t *testing.T, s Grouper) {
	seed(t, s, 2)
	first := order("o1", "d1")
	told(t, s.Together(t.Context(), bookingJob(first)), nil)
	after := bookingJob(order("o3", "d1"))
	after.Ahead = nil // comes in its turn
	late := bookingJob(order("o4", "d4"))
	late.Ahead = nil
	errs := s.Together(t.Context(), cancelJob(first), after, bookingJob(order("o2", "d2")), late)
	told(t, errs, nil, nil, nil, ticketing.ErrSoldOut)
	left, orders := outcome(t, s)
	assert.Zero(t, left)
	assert.Equal(t, []string{"o1", "o2", "o3"}, orders)
	told(t, s.Together(t.Context(), cancelJob(order("o2", "d2")), bookingJob(order("o5", "d5"))), nil, ticketing.ErrSoldOut)
	told(t, s.Together(t.Context(), bookingJob(order("o6", "d2"))), nil)
}

func gatheredIsSeen(t *testing.T, s Grouper) {
	seed(t, s, 5)
	look := func(ctx context.Context, tx ticketing.Tx, id string, left int) error {
		got, err := tx.Order(ctx, id)
		assert.Equal(t, id, got.ID)
		days, err2 := tx.Days(ctx, pool, day)
		if assert.NotEmpty(t, days) {
			assert.Equal(t, left, days[0].Left)
		}
		return errors.Join(err, err2)
	}
	looking := bookingJob(order("o2", "d2"))
	run := looking.Run
	looking.Run = func(ctx context.Context, tx ticketing.Tx) error {
		return errors.Join(run(ctx, tx), look(ctx, tx, "o1", 3), look(ctx, tx, "o2", 3))
	}
	taken := bookingJob(order("o3", "d3"))
	undone := taken.Run
	taken.Run = func(ctx context.Context, tx ticketing.Tx) error {
		if err := errors.Join(undone(ctx, tx), look(ctx, tx, "o3", 2)); err != nil {
			return err
		}
		return errBoom
	}
	told(t, s.Together(t.Context(), bookingJob(order("o1", "d1")), looking, taken, bookingJob(order("o4", "d3"))), nil, nil, errBoom, nil)
	left, orders := outcome(t, s)
	assert.Equal(t, 2, left)
	assert.Equal(t, []string{"o1", "o2", "o4"}, orders)
}

func failedStatement(t *testing.T, s Grouper) {
	seed(t, s, 5)
	bad := Job{Run: func(ctx context.Context, tx ticketing.Tx) error {
		return errors.Join(take(ctx, tx, ticketing.Place{Pool: pool, Date: day}, 1), giveBack(ctx, tx, ticketing.Place{Pool: pool, Date: day}, 4))
	}}
	errs := s.Together(t.Context(), bookingJob(order("o1", "d1")), bad, bookingJob(order("o2", "d2")))
	require.Error(t, errs[1], "more places than there are cannot be returned")
	told(t, errs, nil, errs[1], nil)
	left, orders := outcome(t, s)
	assert.Equal(t, 3, left)
	assert.Equal(t, []string{"o1", "o2"}, orders)
}

// knownIsTrue changes a pool and its day behind what an earlier group knew.
func knownIsTrue(t *testing.T, s Grouper) {
	seed(t, s, 5)
	told(t, s.Together(t.Context(), bookingJob(order("o1", "d1"))), nil)
	update(t, s, func(ctx context.Context, tx ticketing.Tx) error {
		p, err := tx.Pool(ctx, pool)
		if err != nil {
			return err
		}
		p.Name, p.Hold = "another", time.Hour
		return errors.Join(tx.PutPool(ctx, p), tx.PutDay(ctx, pool, day, 1))
	})
	told(t, s.Together(t.Context(), Job{Run: func(ctx context.Context, tx ticketing.Tx) error {
		p, err := tx.Pool(ctx, pool)
		assert.Equal(t, "another", p.Name)
		return err
	}}, bookingJob(order("o2", "d2"))), nil, ticketing.ErrSoldOut)
}
