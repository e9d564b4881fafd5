package metrics_test

import (
	"errors"
	"fmt"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/ledger"
	"fairgate/enforcement/ledger/metrics"
	"fairgate/ingest"
	"fairgate/ingest/outcome"
)

func TestGapsAreCountedByBoot(t *testing.T) {
	b := newBook(t)
	put := func(gateway, boot string, at time.Time, numbers ...uint64) {
		for _, n := range numbers {
			b.records = append(b.records, ledger.Record{Event: &ingest.Event{
				ID: b.id("e"), Time: at.Add(time.Duration(n) * time.Second), Site: "museum", Gateway: gateway, Boot: boot, Seq: n, Kind: ingest.KindPageRead,
			}})
		}
	}
	put("a", "whole", start, 1, 2, 3, 4)
	put("a", "middle lost", start.Add(time.Minute), 1, 2, 5, 9)
	put("b", "beginning lost", start, 4, 5)
	put("b", "began before", start.Add(-100*time.Second), 98, 99, 100, 101, 103)
	put("c", "earlier only", start.Add(-time.Hour), 1, 5)
	put("d", "no number", start, 0)
	b.records = append(b.records, b.records[:6]...)
	reader, _ := b.open()
	boots, err := reader.Gaps(t.Context(), period)
	require.NoError(t, err)
	got := map[string][4]uint64{}
	for _, boot := range boots {
		got[boot.Gateway+" "+boot.Boot] = [4]uint64{boot.First, boot.Last, boot.Received, boot.Lost}
	}
	assert.Equal(t, map[string][4]uint64{
		"a whole":          {1, 4, 4, 0},
		"a middle lost":    {1, 9, 4, 5},
		"b beginning lost": {1, 5, 2, 3},
		"b began before":   {100, 103, 3, 1},
	}, got)
	assert.Equal(t, start.Add(61*time.Second), boots[1].Began)
	assert.Equal(t, start.Add(69*time.Second), boots[1].Ended)
	_, err = reader.Gaps(t.Context(), metrics.Period{})
	require.ErrorIs(t, err, metrics.ErrInvalidPeriod)
}

// reports is the booking system's outbox.
func reports(list []outcome.Record, err error) iter.Seq2[outcome.Record, error] {
	return func(yield func(outcome.Record, error) bool) {
		for _, r := range list {
			if !yield(r, nil) {
				return
			}
		}
		if err != nil {
			yield(outcome.Record{}, err)
		}
	}
}

func TestReconcileFindsWhatOneSideDoesNotKnow(t *testing.T) {
	b := newBook(t)
	var outbox []outcome.Record
	const orders = 6_000 // more than one query's ids
	for i := range orders {
		order, request := fmt.Sprint("order-", i), fmt.Sprintf("e-%06d", len(b.records))
		b.event("anna", ingest.KindOrderSubmit, "d1", ordered(order))
		for _, what := range []outcome.Type{outcome.Held, outcome.HoldExpired} {
			report := outcome.Record{ID: fmt.Sprint(order, what), Type: what, OccurredAt: b.tick(), Site: "museum", OrderID: order}
			if what == outcome.Held {
				report.RequestID = request
			}
			outbox = append(outbox, report)
			b.records = append(b.records, ledger.Record{Outcome: &report})
		}
	}
	// A gateway that was killed between intent and answer knows no order id;
	// the request joins the order all the same.
	unnamed := outcome.Record{
		ID: "u", Type: outcome.Held, OccurredAt: b.tick(), Site: "museum", OrderID: "unnamed", RequestID: fmt.Sprintf("e-%06d", len(b.records)),
	}
	b.event("anna", ingest.KindOrderSubmit, "d1", func(e *ingest.Event) { e.Outcome = ingest.Outcome{Disposition: ingest.DispositionUnknown} })
	b.records = append(b.records, ledger.Record{Outcome: &unnamed})
	reader, _ := b.open()
	whole, err := reader.Reconcile(t.Context(), period, reports(append(append([]outcome.Record{unnamed}, outbox...), outbox[:10]...), nil))
	require.NoError(t, err)
	assert.True(t, whole.Complete(), "%+v", whole)
	assert.EqualValues(t, orders+1, whole.Orders)

	// An order the ledger never saw, a report it was not told of, and an
	// order of which the booking system knows nothing.
	withdrawn := outcome.Record{ID: "w", Type: outcome.Withdrawn, OccurredAt: b.tick(), OrderID: "order-7", RequestID: "enforcer"}
	lost := outcome.Record{ID: "x", Type: outcome.Held, OccurredAt: b.tick(), OrderID: "lost", RequestID: "gone"}
	found, err := reader.Reconcile(t.Context(), period, reports(append(outbox[2:], withdrawn, lost), nil))
	require.NoError(t, err)
	assert.False(t, found.Complete())
	assert.Equal(t, metrics.Missing{Count: 1, Examples: []string{"gone"}}, found.EventsMissing)
	assert.Equal(t, metrics.Missing{Count: 1, Examples: []string{"lost"}}, found.OrdersMissing)
	assert.Equal(t, metrics.Missing{Count: 2, Examples: []string{"w", "x"}}, found.OutcomesMissing)
	assert.Equal(t, metrics.Missing{Count: 1, Examples: []string{"order-0"}}, found.OrdersUnknown)

	none, err := reader.Reconcile(t.Context(), period, reports(nil, nil))
	require.NoError(t, err)
	assert.EqualValues(t, orders, none.OrdersUnknown.Count)
	assert.Len(t, none.OrdersUnknown.Examples, 20)

	broken := errors.New("the booking system is away")
	_, err = reader.Reconcile(t.Context(), period, reports(outbox[:1], broken))
	require.ErrorIs(t, err, broken)
}
