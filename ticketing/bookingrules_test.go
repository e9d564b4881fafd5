package ticketing_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

// written are rules whose version this process learns of late.
type written struct{ cached, stored, asked atomic.Int64 }

func (w *written) RulesVersion(_ context.Context, _ string, fresh bool) (int64, error) {
	if fresh {
		w.asked.Add(1)
		w.cached.Store(w.stored.Load())
	}
	return w.cached.Load(), nil
}

// TestBookingRules holds that who was shown other rules than those in force
// books nothing and is told which these are, and that every order says which
// rules it was made under.
func TestBookingRules(t *testing.T) {
	t.Parallel()
	rules := &written{}
	rules.cached.Store(3)
	rules.stored.Store(3)
	f := newFixture(t, ticketing.Options{BookingRules: rules})
	f.pool("main", 0, 10)
	ann := f.person(1)
	shown := func(version int64, document int) ticketing.Booking {
		b := booking("main", document)
		b.RulesVersion = &version
		return b
	}
	refused := func(version int64) *ticketing.Error {
		t.Helper()
		_, err := f.Book(t.Context(), ticketing.Call{}, ann, shown(version, 9))
		require.Error(t, err)
		refusal, ok := errors.AsType[*ticketing.Error](err)
		require.True(t, ok)
		return refusal
	}
	for _, stale := range []int64{0, 2} {
		refusal := refused(stale)
		assert.Equal(t, ticketing.CodeRulesChanged, refusal.Code)
		assert.Equal(t, int64(3), refusal.Version)
	}
	assert.Zero(t, rules.asked.Load(), "an older version costs the store nothing")
	assert.Equal(t, ticketing.CodeRulesChanged, refused(99).Code, "nor are invented ones accepted")
	assert.Equal(t, ticketing.CodeInvalidField, refused(-1).Code)
	assert.Equal(t, 10, f.left(may10), "nothing is booked")
	assert.Empty(t, f.types())

	assert.Equal(t, int64(3), f.book(ann, booking("main", 1)).RulesVersion, "who says nothing agrees")
	first := f.book(ann, shown(3, 2))
	assert.Equal(t, int64(3), first.RulesVersion)
	rules.stored.Store(4)
	assert.Equal(t, int64(4), f.book(ann, shown(4, 3)).RulesVersion, "shown by a process that knew before this one")
	kept, err := f.Order(t.Context(), ann, first.ID)
	require.NoError(t, err)
	assert.Equal(t, int64(3), kept.RulesVersion, "an order keeps what it was made under")
	group, err := f.BookGroup(t.Context(), ticketing.Call{}, ann, ticketing.GroupBooking{
		Pool: "main", Date: may10, LeaderName: "Ann", LeaderPhone: "13800000001", People: []ticketing.Visitor{visitor(7)}, RulesVersion: new(int64),
	})
	require.ErrorIs(t, err, ticketing.ErrRulesChanged, "%+v", group)
}

// TestRulesChangeAfterAnAnswer holds that a repeated request gets its first
// answer, whatever the rules are by then.
func TestRulesChangeAfterAnAnswer(t *testing.T) {
	t.Parallel()
	rules := &written{}
	f := newFixture(t, ticketing.Options{BookingRules: rules})
	f.pool("main", 0, 10)
	ann := f.person(1)
	b := booking("main", 1)
	b.RulesVersion = new(int64)
	call := ticketing.Call{IdempotencyKey: "k", Request: []byte("r")}
	first, err := f.Book(t.Context(), call, ann, b)
	require.NoError(t, err)
	rules.cached.Store(1)
	again, err := f.Book(t.Context(), call, ann, b)
	require.NoError(t, err)
	assert.Equal(t, first.ID, again.ID)
}
