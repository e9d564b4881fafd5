package ticketing_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

// ruled makes a free pool with rules and places on every day of May.
func (f *fixture) ruled(rules ticketing.Rules) {
	f.t.Helper()
	change := ticketing.PoolChange{
		Pool:  ticketing.Pool{ID: "main", Name: "Main hall", LimitPerOrder: 5, Hold: 10 * time.Minute, Cutoff: 24 * time.Hour},
		Rules: &rules,
	}
	for d := 1; d <= 31; d++ {
		change.Days = append(change.Days, ticketing.DayCapacity{Date: may(d), Capacity: 20})
	}
	_, err := f.PutPool(f.t.Context(), ticketing.Call{}, change)
	require.NoError(f.t, err)
}

func may(d int) string { return fmt.Sprintf("2026-05-%02d", d) }

func (f *fixture) try(account, date string, documents ...int) (ticketing.Order, error) {
	f.t.Helper()
	b := booking("main", documents...)
	b.Date = date
	return f.Book(f.t.Context(), ticketing.Call{}, account, b)
}

func TestBookingOpensAndEnds(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.ruled(ticketing.Rules{DaysAhead: 7, DailyOpening: "18:00", NoticeSeconds: 3600})
	account := f.person(1)
	for n, c := range []struct {
		date string
		want error
	}{
		{may(1), ticketing.ErrTooLate}, // it began at midnight
		{may(2), nil},
		{may(7), nil},
		{may(8), ticketing.ErrNotOpen}, // opens this evening
		{may(9), ticketing.ErrNotOpen},
	} {
		_, err := f.try(account, c.date, n)
		require.ErrorIs(t, err, c.want, c.date)
	}
	f.pass(6 * time.Hour)
	_, err := f.try(account, may(8), 20)
	require.NoError(t, err)
	_, err = f.try(account, may(9), 21)
	require.ErrorIs(t, err, ticketing.ErrNotOpen)
	f.pass(5 * time.Hour) // 23:00
	_, err = f.try(account, may(2), 22)
	require.ErrorIs(t, err, ticketing.ErrTooLate)
}

func TestPersonLimit(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.ruled(ticketing.Rules{LimitPerPerson: 3})
	account, other := f.person(1), f.person(2)
	o, err := f.try(account, may10, 1, 2)
	require.NoError(t, err)
	_, err = f.try(account, may10, 3, 4)
	require.ErrorIs(t, err, ticketing.ErrPersonLimit)
	elsewhere, err := f.try(account, may11, 3, 4)
	require.NoError(t, err)
	_, err = f.ChangeDate(t.Context(), ticketing.Call{}, account, elsewhere.ID, may10, "")
	require.ErrorIs(t, err, ticketing.ErrPersonLimit, "nor by a change of date")
	theirs, err := f.try(other, may10, 5, 6)
	require.NoError(t, err)
	_, err = f.Transfer(t.Context(), ticketing.Call{}, other, theirs.ID, ticketing.Transfer{ToAccountID: account})
	require.ErrorIs(t, err, ticketing.ErrPersonLimit, "nor by a transfer")
	_, err = f.Cancel(t.Context(), ticketing.Call{}, account, o.ID)
	require.NoError(t, err)
	_, err = f.try(account, may10, 7, 8, 9)
	require.NoError(t, err)
}

func TestIdentityWindow(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.ruled(ticketing.Rules{WindowBookings: 2, WindowDays: 7})
	account := f.person(1)
	for _, c := range []struct {
		day  int
		want error
	}{
		{10, nil},
		{16, nil},
		{13, ticketing.ErrIdentityLimit}, // 10 to 16 has two
		{9, nil},                         // 9 to 15 has two, 10 to 16 two
		{17, nil},                        // 11 to 17 has two
		{11, ticketing.ErrIdentityLimit},
		{24, nil},
	} {
		_, err := f.try(account, may(c.day), 1)
		require.ErrorIs(t, err, c.want, "day %d", c.day)
	}
	o, err := f.try(account, may(1), 2)
	require.NoError(t, err)
	_, err = f.try(account, may(2), 2)
	require.NoError(t, err)
	_, err = f.ChangeDate(t.Context(), ticketing.Call{}, account, o.ID, may(3), "")
	require.NoError(t, err, "the day it leaves does not count")
	_, err = f.try(f.person(2), may(4), 2)
	require.ErrorIs(t, err, ticketing.ErrIdentityLimit, "whoever books")
}

func TestNoShowsFreezeBooking(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.ruled(ticketing.Rules{NoShowStrikes: 3, NoShowFreezeDays: 10})
	account := f.person(1)
	var positions []string
	for d := 2; d <= 4; d++ {
		o, err := f.try(account, may(d), 1)
		require.NoError(t, err)
		positions = append(positions, o.Positions[0].ID)
	}
	require.ErrorIs(t, f.RecordNoShow(t.Context(), ticketing.Call{}, positions[0]), ticketing.ErrDateUnavailable, "the day is not over")
	require.ErrorIs(t, f.RecordNoShow(t.Context(), ticketing.Call{}, "none"), ticketing.ErrNotFound)
	f.pass(4 * 24 * time.Hour) // 5 May
	for _, p := range []string{positions[0], positions[0], positions[1]} {
		require.NoError(t, f.RecordNoShow(t.Context(), ticketing.Call{}, p))
	}
	_, err := f.try(account, may(20), 1)
	require.NoError(t, err, "two strikes, one of them noted twice")
	require.NoError(t, f.RecordNoShow(t.Context(), ticketing.Call{}, positions[2]))
	_, err = f.try(account, may(21), 1)
	require.ErrorIs(t, err, ticketing.ErrFrozen)
	_, err = f.try(account, may(21), 2)
	require.NoError(t, err, "another person's booking is not")
	f.pass(10 * 24 * time.Hour)
	_, err = f.try(account, may(21), 1)
	require.NoError(t, err)
}

func TestDeadlines(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.ruled(ticketing.Rules{RefundDeadlineSeconds: 3600, ChangeDeadlineSeconds: 7200, TransferDeadlineSeconds: 10800})
	account, other := f.person(1), f.person(2)
	var ids []string
	for n := range 3 {
		o, err := f.try(account, may(3), n)
		require.NoError(t, err)
		ids = append(ids, o.ID)
	}
	try := func() []error {
		_, transfer := f.Transfer(t.Context(), ticketing.Call{}, account, ids[0], ticketing.Transfer{ToAccountID: other})
		_, change := f.ChangeDate(t.Context(), ticketing.Call{}, account, ids[1], may(4), "")
		_, refund := f.Cancel(t.Context(), ticketing.Call{}, account, ids[2])
		return []error{transfer, change, refund}
	}
	f.pass(35*time.Hour + 30*time.Minute) // 30 minutes before midnight
	for _, err := range try() {
		require.ErrorIs(t, err, ticketing.ErrTooLate)
	}
	f.pass(-90 * time.Minute) // two hours before
	errs := try()
	require.ErrorIs(t, errs[0], ticketing.ErrTooLate)
	require.ErrorIs(t, errs[1], ticketing.ErrTooLate, "at the deadline it is too late")
	require.NoError(t, errs[2])
	f.pass(-61 * time.Minute)
	errs = try()
	require.NoError(t, errs[0])
	require.NoError(t, errs[1])
}

func TestRulesValidated(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	for field, rules := range map[string]ticketing.Rules{
		"rules.limit_per_person":        {LimitPerPerson: -1},
		"rules.days_ahead":              {DaysAhead: 1000},
		"rules.daily_opening":           {DailyOpening: "08:00"},
		"rules.notice_seconds":          {NoticeSeconds: -1},
		"rules.refund_deadline_seconds": {RefundDeadlineSeconds: 1 << 40},
		"rules.window_days":             {WindowBookings: 5},
		"rules.no_show_freeze_days":     {NoShowFreezeDays: 60},
		"rules.minors_per_adult":        {MinorsPerAdult: 2},
		"rules.minor_age":               {MinorAge: 30},
	} {
		_, err := f.PutPool(t.Context(), ticketing.Call{}, ticketing.PoolChange{
			Pool: ticketing.Pool{ID: "main", Name: "x", LimitPerOrder: 1, Hold: time.Minute}, Rules: &rules,
		})
		var refused *ticketing.Error
		require.ErrorAs(t, err, &refused, field)
		assert.Equal(t, field, refused.Field)
	}
}

// TestChangesAreAudited holds that a change is in force at once, says who made
// it and what it was, and that nothing else is written.
func TestChangesAreAudited(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.pool("main", 0, 5)
	o := f.book(f.person(1), booking("main", 1, 2))
	change := ticketing.PoolChange{
		Pool:  ticketing.Pool{ID: "main", Name: "Main hall", LimitPerOrder: 1, Hold: 10 * time.Minute, Cutoff: 24 * time.Hour},
		Days:  []ticketing.DayCapacity{{Date: may10, Capacity: 3}},
		Rules: &ticketing.Rules{LimitPerPerson: 2},
	}
	for range 2 { // the second changes nothing
		_, err := f.PutPool(t.Context(), ticketing.Call{Actor: "王五"}, change)
		require.NoError(t, err)
	}
	_, err := f.Book(t.Context(), ticketing.Call{}, o.AccountID, booking("main", 3, 4))
	require.ErrorIs(t, err, ticketing.ErrInvalidField, "in force at once")
	change.Days[0].Capacity = 1
	_, err = f.PutPool(t.Context(), ticketing.Call{Actor: "王五"}, change)
	require.ErrorIs(t, err, ticketing.ErrCapacityBooked)
	_, err = f.PutPool(t.Context(), ticketing.Call{Actor: "a\nb"}, change)
	require.Error(t, err)

	changes, err := f.Changes(t.Context(), "main", 0, 10)
	require.NoError(t, err)
	require.Len(t, changes, 2)
	assert.Equal(t, "operations", changes[0].Who)
	assert.JSONEq(t, `null`, string(changes[0].Before))
	assert.Equal(t, "王五", changes[1].Who)
	var before, after struct {
		LimitPerOrder int `json:"limit_per_order"`
		Rules         ticketing.Rules
		Days          []map[string]any
	}
	require.NoError(t, json.Unmarshal(changes[1].Before, &before))
	require.NoError(t, json.Unmarshal(changes[1].After, &after))
	assert.Equal(t, []int{5, 1}, []int{before.LimitPerOrder, after.LimitPerOrder})
	assert.Equal(t, ticketing.Rules{LimitPerPerson: 2}, after.Rules)
	assert.Equal(t, []map[string]any{{"date": may10, "capacity": 5.0}}, before.Days)
	assert.Equal(t, []map[string]any{{"date": may10, "capacity": 3.0}}, after.Days)
	_, err = f.Changes(t.Context(), "none", 0, 10)
	require.ErrorIs(t, err, ticketing.ErrNotFound)
}
