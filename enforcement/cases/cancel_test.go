package cases_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement"
	"fairgate/enforcement/cases"
	"fairgate/ingest"
)

// queueOfSweeps is a Cancellations that begins what is due by its clock.
type queueOfSweeps struct {
	now  func() time.Time
	due  map[string]time.Time
	last enforcement.Sweep
}

func (q *queueOfSweeps) RequestAfter(_ context.Context, w enforcement.Sweep, wait time.Duration) error {
	if _, ok := q.due[w.EventID]; !ok {
		q.due[w.EventID], q.last = q.now().Add(wait), w
	}
	return nil
}

func (q *queueOfSweeps) Forget(_ context.Context, _, _, event string) (bool, error) {
	at, ok := q.due[event]
	if !ok || !at.After(q.now()) {
		return false, nil
	}
	delete(q.due, event)
	return true, nil
}

func TestAConfirmationIsTakenBackBeforeAnythingIsCancelled(t *testing.T) {
	each(t, func(t *testing.T, f *fixture) {
		clock := func() time.Time { return f.now }
		q := &queueOfSweeps{now: clock, due: map[string]time.Time{}}
		s, err := cases.New(t.Context(), f.db, f.neighbours, f.neighbours, cases.Options{Now: clock, Cancellations: q})
		require.NoError(t, err)
		hit := finding(0, "a", ingest.Block, "pace")
		hit.Receipt = "FG-1"
		require.NoError(t, s.Record(t.Context(), []enforcement.Finding{hit, finding(1, "a", ingest.Block, "pace")}))
		c := f.open(t, "a")
		confirm := func() cases.Decided {
			c := f.open(t, "a")
			out, err := s.Decide(t.Context(), c.ID, cases.Decision{Verb: cases.DecideConfirm, Version: c.Version, Reason: "resells", Actor: "wei"})
			require.NoError(t, err)
			return out
		}
		out := confirm()
		require.NotNil(t, out.CancelsAt)
		assert.Equal(t, f.now.Add(cases.TakeBackWithin), *out.CancelsAt)
		assert.Equal(t, "FG-1", q.last.Receipt, "what the visitor appeals with")
		assert.Equal(t, ingest.ReasonReview, q.last.Class)
		assert.Equal(t, confirm().CancelsAt, out.CancelsAt, "asked again")

		_, err = s.TakeBack(t.Context(), "museum", c.ID, "li")
		require.ErrorIs(t, err, cases.ErrTooLate, "only one's own")
		_, err = s.TakeBack(t.Context(), "elsewhere", c.ID, "wei")
		require.ErrorIs(t, err, cases.ErrNotFound)
		f.now = f.now.Add(29 * time.Second)
		back, err := s.TakeBack(t.Context(), "museum", c.ID, "wei")
		require.NoError(t, err)
		assert.Equal(t, cases.Open, back.State)
		assert.Empty(t, q.due, "nothing is cancelled")
		assert.Equal(t, back.Version, f.open(t, "a").Version)
		assert.Equal(t, cases.Open, f.open(t, "a").State)
		labels, err := s.Labels(t.Context(), "museum", "a")
		require.NoError(t, err)
		require.NotEmpty(t, labels)
		assert.Equal(t, enforcement.LabelUnknown, labels[0].Value, "the last word")
		_, err = s.TakeBack(t.Context(), "museum", c.ID, "wei")
		require.ErrorIs(t, err, cases.ErrTooLate, "once")

		_ = confirm()
		f.now = f.now.Add(cases.TakeBackWithin)
		_, err = s.TakeBack(t.Context(), "museum", c.ID, "wei")
		require.ErrorIs(t, err, cases.ErrTooLate)
		assert.Len(t, q.due, 1)
		assert.Equal(t, cases.Confirmed, f.open(t, "a").State)
	})
}
