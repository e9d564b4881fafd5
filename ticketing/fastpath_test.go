package ticketing_test

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/sqlstore"
)

// TestBookingHasNoStatementsOfItsOwn holds the fast path: whatever rules a pool
// has, booking it, or being refused, needs nothing but what a group shares.
func TestBookingHasNoStatementsOfItsOwn(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	store, err := sqlstore.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "ticketing.db"), sqlstore.Options{Registerer: reg})
	require.NoError(t, err)
	defer func() { assert.NoError(t, store.Close()) }()
	f := &fixture{t: t, store: store}
	f.now.Store(opening().UnixMilli())
	f.Service, err = ticketing.NewService(store, keys(), func() time.Time { return time.UnixMilli(f.now.Load()) },
		ticketing.Options{PasswordCost: ticketing.PasswordCost{MemoryKiB: 8, Passes: 1, Lanes: 1}})
	require.NoError(t, err)
	account := f.person(1)
	rules := ticketing.Rules{
		LimitPerPerson: 5, DaysAhead: 30, WindowBookings: 2, WindowDays: 30, NoShowStrikes: 3, NoShowFreezeDays: 60, MinorAge: 12,
	}
	for pool, date := range map[string]string{"plain": may10, "slots": may10, "staged": may10, "allotted": may10} {
		day := ticketing.DayCapacity{Date: date, Capacity: 6}
		if pool == "slots" {
			day = ticketing.DayCapacity{Date: date, Slots: []ticketing.SlotCapacity{{Start: "09:00", End: "12:00", Capacity: 6}}}
		}
		_, err := f.PutPool(t.Context(), ticketing.Call{}, ticketing.PoolChange{
			Pool: ticketing.Pool{ID: pool, Name: "x", LimitPerOrder: 5, Hold: time.Minute, Cutoff: time.Hour}, Rules: &rules, Days: []ticketing.DayCapacity{day},
		})
		require.NoError(t, err)
	}
	_, err = f.PutRelease(t.Context(), ticketing.Call{}, "staged", may10, []ticketing.StagePlan{{At: opening(), Quantity: 5}})
	require.NoError(t, err)
	f.fire()
	_, err = f.PutChannel(t.Context(), ticketing.Call{}, ticketing.ChannelChange{ID: "agency", Kind: ticketing.ChannelAgency, Name: "x", Active: true})
	require.NoError(t, err)
	_, err = f.PutAllotments(t.Context(), ticketing.Call{}, "agency", "allotted", []ticketing.AllotmentPlan{{Date: may10, Quantity: 2}})
	require.NoError(t, err)

	before := counter(t, reg, "fairgate_ticketing_commit_single_jobs_total")
	require.Positive(t, before, "what the house did has statements of its own")
	for i, pool := range []string{"plain", "slots", "staged", "allotted"} {
		for n := range 6 {
			b := booking(pool, 10*i+n)
			if pool == "slots" {
				b.Slot = "09:00"
			}
			for range 2 { // and again
				_, err := f.Book(t.Context(), ticketing.Call{IdempotencyKey: fmt.Sprint(pool, n)}, account, b)
				if n < 4 {
					require.NoError(t, err, "%s %d", pool, n)
				}
			}
			_, err := f.Book(t.Context(), ticketing.Call{}, account, b)
			require.Error(t, err)
		}
	}
	assert.InDelta(t, before, counter(t, reg, "fairgate_ticketing_commit_single_jobs_total"), 0)
	assert.Zero(t, counter(t, reg, "fairgate_ticketing_commit_groups_repeated_total"))
}

func counter(t *testing.T, reg *prometheus.Registry, name string) float64 {
	t.Helper()
	families, err := reg.Gather()
	require.NoError(t, err)
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetCounter().GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}
