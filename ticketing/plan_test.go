package ticketing_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

func maySchedule() ticketing.OpeningPlan {
	return ticketing.OpeningPlan{
		Month: "2026-05", Open: ticketing.Offer{Capacity: 10}, Weekdays: []string{"tue", "wed", "thu", "fri", "sat", "sun"},
		ByWeekday: map[string]ticketing.Offer{"sun": {Slots: []ticketing.SlotCapacity{{Start: "09:00", End: "12:00", Capacity: 4}, {Start: "12:00", End: "17:00", Capacity: 4}}}},
		Holidays:  []string{"2026-05-04"}, Holiday: &ticketing.Offer{Capacity: 30}, // a Monday
		Closed:  []string{"2026-05-12", "2026-05-20"},
		Special: []ticketing.DayCapacity{{Date: "2026-05-20", Capacity: 7}},
	}
}

func actions(days []ticketing.PlannedDay) map[ticketing.PlanAction]int {
	out := map[ticketing.PlanAction]int{}
	for _, d := range days {
		out[d.Action]++
	}
	return out
}

func TestPlan(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: -1})
	f.pool("main", 0, 5) // 10 May, a Sunday, and 11 May, a Monday
	plan := maySchedule()
	plan.DryRun = true
	preview, err := f.Plan(t.Context(), ticketing.Call{}, "main", plan)
	require.NoError(t, err)
	assert.Equal(t, map[ticketing.PlanAction]int{ticketing.PlanCreate: 26, ticketing.PlanChange: 1, ticketing.PlanClose: 1}, actions(preview))
	stock, err := f.Stock(t.Context(), "main", "", "")
	require.NoError(t, err)
	assert.Len(t, stock.Days, 2, "a preview changes nothing")

	plan.DryRun = false
	done, err := f.Plan(t.Context(), ticketing.Call{Actor: "li"}, "main", plan)
	require.NoError(t, err)
	assert.Equal(t, preview, done, "and foretells what is done")
	stock, err = f.Stock(t.Context(), "main", "", "")
	require.NoError(t, err)
	capacity := map[ticketing.Date]int{}
	for _, d := range stock.Days {
		capacity[d.Date] = d.Capacity
	}
	assert.Len(t, capacity, 28)
	for date, want := range map[ticketing.Date]int{"2026-05-01": 10, "2026-05-04": 30, "2026-05-10": 8, "2026-05-11": 0, "2026-05-20": 7, "2026-05-31": 8} {
		assert.Equal(t, want, capacity[date], date)
	}
	assert.NotContains(t, capacity, ticketing.Date("2026-05-12"))

	again, err := f.Plan(t.Context(), ticketing.Call{}, "main", plan)
	require.NoError(t, err)
	assert.Equal(t, map[ticketing.PlanAction]int{ticketing.PlanUnchanged: 28}, actions(again))
	changes, err := f.Changes(t.Context(), "main", 0, 10)
	require.NoError(t, err)
	require.Len(t, changes, 2, "what changes nothing is not written")
	assert.Equal(t, []string{"plan", "li"}, []string{changes[1].What, changes[1].Who})
}

func TestPlanKeepsBookedPlaces(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: -1})
	f.pool("main", 0, 5)
	f.book(f.person(1), booking("main", 1, 2))
	plan := ticketing.OpeningPlan{Month: "2026-05", Weekdays: []string{"mon"}, Open: ticketing.Offer{Capacity: 9}}
	plan.DryRun = true
	preview, err := f.Plan(t.Context(), ticketing.Call{}, "main", plan)
	require.NoError(t, err)
	assert.Equal(t, 1, actions(preview)[ticketing.PlanBlocked])
	plan.DryRun = false
	_, err = f.Plan(t.Context(), ticketing.Call{}, "main", plan)
	require.ErrorIs(t, err, ticketing.ErrCapacityBooked)
	require.ErrorContains(t, err, "2026-05-10: 2 places are booked")
	assert.Equal(t, []int{3}, f.slotsLeft(may10), "nothing was changed")
	assert.Equal(t, []int{5}, f.slotsLeft(may11), "nowhere")
	_, err = f.Plan(t.Context(), ticketing.Call{}, "none", plan)
	require.ErrorIs(t, err, ticketing.ErrNotFound)
}

func TestPlanValidated(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.pool("main", 0, 5)
	for field, spoil := range map[string]func(*ticketing.OpeningPlan){
		"month":                     func(p *ticketing.OpeningPlan) { p.Month = "2026-13" },
		"weekdays[0]":               func(p *ticketing.OpeningPlan) { p.Weekdays = []string{"Monday"} },
		"by_weekday.mon":            func(p *ticketing.OpeningPlan) { p.ByWeekday = map[string]ticketing.Offer{"mon": {}} },
		"open.capacity":             func(p *ticketing.OpeningPlan) { p.Open.Capacity = -1 },
		"closed[0]":                 func(p *ticketing.OpeningPlan) { p.Closed = []string{"2026-05-32"} },
		"holidays[0]":               func(p *ticketing.OpeningPlan) { p.Holidays = []string{"2026-06-01"} },
		"special[0].date":           func(p *ticketing.OpeningPlan) { p.Special = []ticketing.DayCapacity{{Date: "2026-02-31"}} },
		"special[1].date":           func(p *ticketing.OpeningPlan) { p.Special = []ticketing.DayCapacity{{Date: may10}, {Date: may10}} },
		"special[0].slots[0].start": func(p *ticketing.OpeningPlan) { p.Special = []ticketing.DayCapacity{slotDay("x", "10:00", 1)} },
	} {
		plan := maySchedule()
		spoil(&plan)
		_, err := f.Plan(t.Context(), ticketing.Call{}, "main", plan)
		var refused *ticketing.Error
		require.ErrorAs(t, err, &refused, field)
		assert.Equal(t, field, refused.Field)
	}
	plan := maySchedule()
	plan.Month, plan.Closed, plan.Holidays, plan.Special = "2026-04", nil, nil, nil
	_, err := f.Plan(t.Context(), ticketing.Call{}, "main", plan)
	require.ErrorContains(t, err, "is past")
}
