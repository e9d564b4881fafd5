package ticketing_test

import (
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

func read(t *testing.T, file string) []byte {
	t.Helper()
	raw, err := os.ReadFile(file)
	require.NoError(t, err)
	return raw
}

// TestStateMachine states every allowed step; all others are refused.
func TestStateMachine(t *testing.T) {
	t.Parallel()
	states := []ticketing.State{
		ticketing.StateHeld, ticketing.StateProvisional, ticketing.StateConfirmed,
		ticketing.StateExpired, ticketing.StateCancelled, ticketing.StateWithdrawn,
	}
	allowed := map[ticketing.State][]ticketing.State{
		ticketing.StateHeld: {
			ticketing.StateExpired, ticketing.StateProvisional, ticketing.StateConfirmed, ticketing.StateCancelled, ticketing.StateWithdrawn,
		},
		ticketing.StateProvisional: {ticketing.StateProvisional, ticketing.StateConfirmed, ticketing.StateCancelled, ticketing.StateWithdrawn},
		ticketing.StateConfirmed:   {ticketing.StateConfirmed, ticketing.StateProvisional, ticketing.StateCancelled},
		ticketing.StateWithdrawn:   {ticketing.StateHeld, ticketing.StateProvisional, ticketing.StateConfirmed},
	}
	for _, from := range states {
		assert.True(t, from.Valid())
		for _, to := range states {
			assert.Equal(t, slices.Contains(allowed[from], to), from.CanBecome(to), "%s to %s", from, to)
		}
	}
	assert.False(t, ticketing.State("paid").Valid())
	assert.False(t, ticketing.State("paid").CanBecome(ticketing.StateHeld))
	assert.True(t, ticketing.EventPaid.Valid())
	assert.False(t, ticketing.EventType("order.lost").Valid())
}

// TestActionsByState tries every action on an order in every state.
func TestActionsByState(t *testing.T) {
	t.Parallel()
	type action func(f *fixture, account, id string) (ticketing.Order, error)
	call := ticketing.Call{}
	actions := map[string]action{
		"confirm": func(f *fixture, a, id string) (ticketing.Order, error) { return f.Confirm(f.t.Context(), call, a, id) },
		"cancel":  func(f *fixture, a, id string) (ticketing.Order, error) { return f.Cancel(f.t.Context(), call, a, id) },
		"pay":     func(f *fixture, a, id string) (ticketing.Order, error) { return f.Pay(f.t.Context(), call, a, id) },
		"change": func(f *fixture, a, id string) (ticketing.Order, error) {
			return f.ChangeDate(f.t.Context(), call, a, id, may11, "")
		},
		"transfer": func(f *fixture, a, id string) (ticketing.Order, error) {
			return f.Transfer(f.t.Context(), call, a, id, ticketing.Transfer{ToPhone: "13800000002"})
		},
		"withdraw": func(f *fixture, _, id string) (ticketing.Order, error) {
			return f.Withdraw(f.t.Context(), call, id, "why", "R")
		},
		"reinstate": func(f *fixture, _, id string) (ticketing.Order, error) { return f.Reinstate(f.t.Context(), call, id) },
	}
	// Of a free pool; an empty state means refused.
	table := map[ticketing.State]map[string]ticketing.State{
		ticketing.StateHeld:        {"confirm": "provisional", "cancel": "cancelled", "withdraw": "withdrawn"},
		ticketing.StateProvisional: {"confirm": "provisional", "cancel": "cancelled", "change": "provisional", "transfer": "provisional", "withdraw": "withdrawn"},
		ticketing.StateConfirmed:   {"confirm": "confirmed", "cancel": "cancelled", "change": "confirmed", "transfer": "confirmed"},
		ticketing.StateExpired:     {},
		ticketing.StateCancelled:   {"cancel": "cancelled"},
		ticketing.StateWithdrawn:   {"withdraw": "withdrawn", "reinstate": "provisional"},
	}
	for state, outcomes := range table {
		for name, act := range actions {
			t.Run(string(state)+" "+name, func(t *testing.T) {
				t.Parallel()
				f := newFixture(t, ticketing.Options{StockMaxAge: -1})
				f.pool("main", 0, 5)
				account := f.person(1)
				f.person(2)
				id := f.reach(state, account)
				before := f.left(may10) + f.left(may11)
				got, err := act(f, account, id)
				want := outcomes[name]
				if want == "" {
					require.Error(t, err)
					assert.Equal(t, before, f.left(may10)+f.left(may11), "a refusal moves no place")
					return
				}
				require.NoError(t, err)
				assert.Equal(t, want, got.State)
				delta := 0
				if state.Live() != want.Live() {
					delta = 1
					if want.Live() {
						delta = -1
					}
				}
				assert.Equal(t, before+delta, f.left(may10)+f.left(may11))
			})
		}
	}
}

// reach books in the free pool and brings the order to a state.
func (f *fixture) reach(state ticketing.State, account string) string {
	f.t.Helper()
	b := booking("main", 1)
	b.Hold = state == ticketing.StateHeld || state == ticketing.StateExpired
	if state == ticketing.StateConfirmed { // both days past their cut-off
		f.now.Store(time.Date(2026, 5, 9, 17, 0, 0, 0, time.UTC).UnixMilli())
	}
	o := f.book(account, b)
	var err error
	switch state {
	case ticketing.StateExpired:
		f.pass(time.Hour)
		_, err = f.ExpireHolds(f.t.Context())
	case ticketing.StateCancelled:
		_, err = f.Cancel(f.t.Context(), ticketing.Call{}, account, o.ID)
	case ticketing.StateWithdrawn:
		_, err = f.Withdraw(f.t.Context(), ticketing.Call{}, o.ID, "why", "R")
	case ticketing.StateHeld, ticketing.StateProvisional, ticketing.StateConfirmed:
	}
	require.NoError(f.t, err)
	got, err := f.Order(f.t.Context(), account, o.ID)
	require.NoError(f.t, err)
	require.Equal(f.t, state, got.State)
	return o.ID
}

func TestMillis(t *testing.T) {
	t.Parallel()
	raw, err := json.Marshal(ticketing.Millis{Time: time.Date(2026, 1, 1, 8, 0, 0, 0, time.FixedZone("", 8*3600))})
	require.NoError(t, err)
	assert.Equal(t, `"2026-01-01T00:00:00.000Z"`, string(raw))
	var back ticketing.Millis
	require.NoError(t, json.Unmarshal(raw, &back))
	assert.True(t, back.Equal(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)))
}

func TestDate(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{"2026-02-28": true, "2026-02-29": false, "2026-2-8": false, "": false, "20260208": false} {
		_, err := ticketing.ParseDate(text)
		assert.Equal(t, ok, err == nil, text)
	}
	midnight := time.Date(2026, 5, 9, 16, 0, 0, 0, time.UTC)
	assert.Equal(t, midnight, ticketing.Date("2026-05-10").Start())
	assert.Equal(t, ticketing.Date("2026-05-10"), ticketing.DateOf(midnight))
	assert.Equal(t, ticketing.Date("2026-05-09"), ticketing.DateOf(midnight.Add(-time.Millisecond)))
}
