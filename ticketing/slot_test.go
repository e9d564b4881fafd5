package ticketing_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

const day1 = "2026-05-01" // the day of opening

// slotted makes a free pool whose days have a morning and an afternoon.
func (f *fixture) slotted(capacity int) {
	f.t.Helper()
	f.pool("main", 0, 0)
	f.days(capacity, day1, may10, may11)
}

func (f *fixture) days(capacity int, dates ...string) {
	f.t.Helper()
	change := ticketing.PoolChange{Pool: ticketing.Pool{
		ID: "main", Name: "Main hall", LimitPerOrder: 5, Hold: 10 * time.Minute, Cutoff: 24 * time.Hour,
	}}
	for _, date := range dates {
		change.Days = append(change.Days, ticketing.DayCapacity{Date: date, Slots: []ticketing.SlotCapacity{
			{Start: "09:00", End: "12:00", Capacity: capacity}, {Start: "13:00", End: "17:00", Capacity: capacity},
		}})
	}
	_, err := f.PutPool(f.t.Context(), ticketing.Call{}, change)
	require.NoError(f.t, err)
}

func (f *fixture) slotsLeft(date string) []int {
	f.t.Helper()
	stock, err := f.Stock(f.t.Context(), "main", date, date)
	require.NoError(f.t, err)
	require.Len(f.t, stock.Days, 1)
	left := []int{stock.Days[0].Left}
	for _, slot := range stock.Days[0].Slots {
		left = append(left, slot.Left)
	}
	return left
}

func TestSlotsAreBookedOneByOne(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: -1})
	f.slotted(2)
	account := f.person(1)
	b := booking("main", 1, 2)
	_, err := f.Book(t.Context(), ticketing.Call{}, account, b)
	require.ErrorIs(t, err, ticketing.ErrSlotNeeded)
	b.Slot = "10:00"
	_, err = f.Book(t.Context(), ticketing.Call{}, account, b)
	require.ErrorIs(t, err, ticketing.ErrSlotUnavailable)
	b.Slot = "9am"
	_, err = f.Book(t.Context(), ticketing.Call{}, account, b)
	require.ErrorIs(t, err, ticketing.ErrInvalidField)
	b.Slot = "09:00"
	o := f.book(account, b)
	assert.Equal(t, []int{2, 0, 2}, f.slotsLeft(may10))
	third := booking("main", 3)
	third.Slot = "09:00"
	_, err = f.Book(t.Context(), ticketing.Call{}, account, third)
	require.ErrorIs(t, err, ticketing.ErrSoldOut)
	again := booking("main", 1)
	again.Slot = "13:00"
	_, err = f.Book(t.Context(), ticketing.Call{}, account, again)
	require.ErrorIs(t, err, ticketing.ErrDocumentTaken, "a document is booked once a day, whatever the slot")

	o, err = f.ChangeDate(t.Context(), ticketing.Call{}, account, o.ID, may10, "13:00")
	require.NoError(t, err)
	assert.Equal(t, []int{2, 2, 0}, f.slotsLeft(may10))
	o, err = f.ChangeDate(t.Context(), ticketing.Call{}, account, o.ID, may11, "")
	require.NoError(t, err)
	assert.Equal(t, ticketing.Clock("13:00"), o.Slot, "the slot stays unless another is asked for")
	assert.Equal(t, []int{4, 2, 2}, f.slotsLeft(may10))
	_, err = f.Withdraw(t.Context(), ticketing.Call{}, o.ID, "why", "R")
	require.NoError(t, err)
	assert.Equal(t, []int{4, 2, 2}, f.slotsLeft(may11))
	_, err = f.Reinstate(t.Context(), ticketing.Call{}, o.ID)
	require.NoError(t, err)
	assert.Equal(t, []int{2, 2, 0}, f.slotsLeft(may11))
	_, err = f.Cancel(t.Context(), ticketing.Call{}, account, o.ID)
	require.NoError(t, err)
	assert.Equal(t, []int{4, 2, 2}, f.slotsLeft(may11))
}

func TestSlotsEnd(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: -1})
	f.slotted(5)
	account := f.person(1)
	for n, c := range []struct {
		slot string
		want error
	}{{"09:00", ticketing.ErrSlotUnavailable}, {"13:00", nil}, {"18:00", ticketing.ErrSlotUnavailable}} {
		b := booking("main", n)
		b.Date, b.Slot = day1, c.slot // it is noon
		_, err := f.Book(t.Context(), ticketing.Call{}, account, b)
		require.ErrorIs(t, err, c.want, c.slot)
	}
}

func TestSlotsValidated(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	for name, c := range map[string]struct {
		day   ticketing.DayCapacity
		field string
	}{
		"no such day":    {ticketing.DayCapacity{Date: "2026-02-31"}, "days[0].date"},
		"start":          {slotDay("9:00", "10:00", 1), "days[0].slots[0].start"},
		"end":            {slotDay("09:00", "25:00", 1), "days[0].slots[0].end"},
		"backwards":      {slotDay("09:00", "09:00", 1), "days[0].slots[0].end"},
		"negative":       {slotDay("09:00", "10:00", -1), "days[0].slots[0].capacity"},
		"not the sum":    {ticketing.DayCapacity{Date: may10, Capacity: 7, Slots: slotDay("09:00", "10:00", 1).Slots}, "days[0].capacity"},
		"twice the same": {ticketing.DayCapacity{Date: may10, Slots: append(slotDay("09:00", "10:00", 1).Slots, slotDay("09:00", "11:00", 1).Slots...)}, "days[0].slots[1].start"},
	} {
		_, err := f.PutPool(t.Context(), ticketing.Call{}, ticketing.PoolChange{
			Pool: ticketing.Pool{ID: "main", Name: "x", LimitPerOrder: 1, Hold: time.Minute}, Days: []ticketing.DayCapacity{c.day},
		})
		var refused *ticketing.Error
		require.ErrorAs(t, err, &refused, name)
		assert.Equal(t, c.field, refused.Field, name)
	}
	pools, err := f.Pools(t.Context())
	require.NoError(t, err)
	assert.Empty(t, pools, "nothing was made")
}

func slotDay(start, end string, capacity int) ticketing.DayCapacity {
	return ticketing.DayCapacity{Date: may10, Slots: []ticketing.SlotCapacity{{Start: start, End: end, Capacity: capacity}}}
}
