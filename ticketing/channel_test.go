package ticketing_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

func (f *fixture) channel(id string, spill bool) {
	f.t.Helper()
	_, err := f.PutChannel(f.t.Context(), ticketing.Call{Actor: "li"}, ticketing.ChannelChange{
		ID: id, Kind: ticketing.ChannelAgency, Name: "旅行社", Active: true, Spill: spill,
	})
	require.NoError(f.t, err)
}

func (f *fixture) keep(channel string, quantity int, release time.Time) error {
	f.t.Helper()
	_, err := f.PutAllotments(f.t.Context(), ticketing.Call{Actor: "li"}, channel, "main", []ticketing.AllotmentPlan{
		{Date: may10, Quantity: quantity, ReleaseAt: release},
	})
	return err
}

func (f *fixture) sell(channel string, documents ...int) (ticketing.Order, error) {
	f.t.Helper()
	return f.BookForChannel(f.t.Context(), ticketing.Call{}, channel, booking("main", documents...))
}

// allotted is a channel's quantity, taken, given back and left places.
func (f *fixture) allotted(channel string) [4]int {
	f.t.Helper()
	r, err := f.Release(f.t.Context(), "main", may10)
	require.NoError(f.t, err)
	assert.Equal(f.t, r.Capacity, r.Booked+r.Left+r.Withheld)
	reserved := 0
	var out [4]int
	for _, a := range r.Allotments {
		reserved += a.Left()
		if a.Channel == channel {
			out = [4]int{a.Quantity, a.Taken, a.GivenBack, a.Left()}
		}
	}
	assert.Equal(f.t, reserved, r.Reserved)
	return out
}

func TestChannelsThatAreWrongAreRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	good := ticketing.ChannelChange{ID: "x", Kind: ticketing.ChannelPartner, Name: "x", Active: true}
	for _, c := range []struct {
		field  string
		change func(*ticketing.ChannelChange)
	}{
		{"channel", func(c *ticketing.ChannelChange) { c.ID = "X" }},
		{"kind", func(c *ticketing.ChannelChange) { c.Kind = "shop" }},
		{"kind", func(c *ticketing.ChannelChange) { c.Kind = ticketing.ChannelWeb }},
		{"kind", func(c *ticketing.ChannelChange) { c.ID = "web" }},
		{"kind", func(c *ticketing.ChannelChange) { c.ID, c.Kind = "web", ticketing.ChannelMiniProgram }},
		{"active", func(c *ticketing.ChannelChange) { c.ID, c.Kind, c.Active = "web", ticketing.ChannelWeb, false }},
		{"name", func(c *ticketing.ChannelChange) { c.Name = "" }},
		{"name_en", func(c *ticketing.ChannelChange) { c.NameEN = strings.Repeat("x", 201) }},
	} {
		bad := good
		c.change(&bad)
		_, err := f.PutChannel(t.Context(), ticketing.Call{}, bad)
		var refusal *ticketing.Error
		require.ErrorAs(t, err, &refusal, "%+v", bad)
		assert.Equal(t, c.field, refusal.Field, refusal.Detail)
	}
	all, err := f.Channels(t.Context())
	require.NoError(t, err)
	assert.Len(t, all, 2, "nothing was made")

	f.pool("main", 0, 5)
	f.channel("agency", true)
	twice := ticketing.AllotmentPlan{Date: may10, Quantity: 1}
	for want, plans := range map[string][]ticketing.AllotmentPlan{
		"(allotments)":            nil,
		"allotments[0].date":      {{Date: "2026-02-31"}},
		"allotments[0].slot":      {{Date: may10, Slot: "9"}},
		"allotments[0].quantity":  {{Date: may10, Quantity: -1}},
		"allotments[1].date":      {twice, twice},
		"[0].release_at":          {{Date: may10, Quantity: 1, ReleaseAt: opening()}},
		"[1].quantity":            {{Date: may11, Quantity: 1}, {Date: may10, Quantity: 6}},
		"date_unavailable":        {{Date: "2026-06-01", Quantity: 1}},
		"slot_unavailable (allot": {{Date: may10, Slot: "09:00", Quantity: 1}},
	} {
		_, err := f.PutAllotments(t.Context(), ticketing.Call{}, "agency", "main", plans)
		require.ErrorContains(t, err, want)
	}
	_, err = f.PutAllotments(t.Context(), ticketing.Call{}, "nobody", "main", []ticketing.AllotmentPlan{twice})
	require.ErrorIs(t, err, ticketing.ErrNotFound)
	_, err = f.PutAllotments(t.Context(), ticketing.Call{}, "agency", "nothing", []ticketing.AllotmentPlan{twice})
	require.ErrorIs(t, err, ticketing.ErrNotFound)
	release, err := f.Release(t.Context(), "main", may10)
	require.NoError(t, err)
	assert.Empty(t, release.Allotments, "none was made")
}

func TestChannelsSellTheirOwnFirst(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: -1})
	f.pool("main", 0, 6)
	f.channel("agency", false)
	f.channel("partner", true)
	account := f.person(1)
	require.NoError(t, f.keep("agency", 3, hours(2)))
	require.NoError(t, f.keep("partner", 1, time.Time{}))
	assert.Equal(t, 2, f.left(may10))
	_, err := f.try(account, may10, 1, 2, 3)
	require.ErrorIs(t, err, ticketing.ErrSoldOut, "general sale cannot take what is kept")
	_, err = f.sell("agency", 1, 2, 3, 4)
	require.ErrorIs(t, err, ticketing.ErrSoldOut, "nor a channel what it has not")
	o, err := f.sell("agency", 1, 2)
	require.NoError(t, err)
	assert.Equal(t, []any{"agency", ticketing.StageAllotment}, []any{o.Channel, o.Positions[0].Stage})
	assert.Equal(t, [4]int{3, 2, 0, 1}, f.allotted("agency"))
	spilt, err := f.sell("partner", 5, 6)
	require.NoError(t, err)
	assert.Equal(t, [4]int{1, 1, 0, 0}, f.allotted("partner"))
	assert.Equal(t, 1, f.left(may10), "one of them is of general sale")
	_, err = f.CancelForChannel(t.Context(), ticketing.Call{}, "partner", spilt.ID, nil)
	require.NoError(t, err)
	assert.Equal(t, [4]int{1, 0, 0, 1}, f.allotted("partner"), "each goes back where it was from")
	assert.Equal(t, 2, f.left(may10))
	_, err = f.CancelForChannel(t.Context(), ticketing.Call{}, "agency", o.ID, []string{o.Positions[0].ID})
	require.NoError(t, err)
	assert.Equal(t, [4]int{3, 1, 0, 2}, f.allotted("agency"))
	moved, err := f.ChangeDate(t.Context(), ticketing.Call{}, o.AccountID, o.ID, may11, "")
	require.ErrorIs(t, err, ticketing.ErrSoldOut, "it may not spill on another day either: %v", moved)

	f.pass(2 * time.Hour)
	_, err = f.sell("agency", 8)
	require.ErrorIs(t, err, ticketing.ErrSoldOut, "its time is over before the job has run")
	n, err := f.ReleaseAllotments(t.Context())
	require.NoError(t, err)
	assert.Equal(t, 1, n)
	assert.Equal(t, [4]int{3, 1, 2, 0}, f.allotted("agency"))
	assert.Equal(t, 4, f.left(may10))
	_, err = f.CancelForChannel(t.Context(), ticketing.Call{}, "agency", o.ID, nil)
	require.NoError(t, err)
	assert.Equal(t, [4]int{3, 0, 3, 0}, f.allotted("agency"))
	assert.Equal(t, 5, f.left(may10), "what comes back now is for everybody")
	n, err = f.ReleaseAllotments(t.Context())
	require.NoError(t, err)
	assert.Zero(t, n)
	changes, err := f.Changes(t.Context(), "main", 1, 10)
	require.NoError(t, err)
	require.Len(t, changes, 2)
	assert.Equal(t, []string{"allotment", "li"}, []string{changes[0].What, changes[0].Who})
	assert.JSONEq(t, `[{"channel":"agency","date":"2026-05-10","quantity":3,"release_at":"2026-05-01T06:00:00Z"}]`, string(changes[0].After))
}

func TestAChannelsOrdersAreItsOwn(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: -1})
	f.pool("main", 500, 9)
	f.channel("agency", true)
	f.channel("partner", true)
	rules := ticketing.Rules{LimitPerPerson: 2}
	_, err := f.PutPool(t.Context(), ticketing.Call{}, ticketing.PoolChange{
		Pool: ticketing.Pool{ID: "main", Name: "x", PriceFen: 500, LimitPerOrder: 5, Hold: time.Minute}, Rules: &rules,
	})
	require.NoError(t, err)
	o, err := f.sell("agency", 1, 2, 3)
	require.NoError(t, err, "the limit of an account is not a channel's")
	_, _, err = f.ChannelOrder(t.Context(), "partner", o.ID)
	require.ErrorIs(t, err, ticketing.ErrNotFound)
	_, err = f.SettleForChannel(t.Context(), ticketing.Call{}, "partner", o.ID)
	require.ErrorIs(t, err, ticketing.ErrNotFound)
	_, err = f.SettleForChannel(t.Context(), ticketing.Call{}, "agency", o.ID)
	require.NoError(t, err)
	o, tickets, err := f.ChannelOrder(t.Context(), "agency", o.ID)
	require.NoError(t, err)
	assert.Equal(t, ticketing.StateConfirmed, o.State)
	assert.Len(t, tickets, 3)
	_, err = f.BookForChannel(t.Context(), ticketing.Call{}, "web", booking("main", 7))
	require.ErrorIs(t, err, ticketing.ErrInvalidField)
	_, err = f.sell("nobody", 7)
	require.ErrorIs(t, err, ticketing.ErrNotFound)
	_, err = f.PutChannel(t.Context(), ticketing.Call{}, ticketing.ChannelChange{ID: "agency", Kind: ticketing.ChannelAgency, Name: "x"})
	require.NoError(t, err)
	_, err = f.sell("agency", 7)
	require.ErrorIs(t, err, ticketing.ErrChannelClosed)
}

func TestVisitorsChannelsHaveAllotmentsToo(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: -1})
	f.pool("main", 0, 3)
	account := f.person(1)
	require.NoError(t, f.keep("miniprogram", 2, time.Time{}))
	_, err := f.try(account, may10, 1, 2)
	require.ErrorIs(t, err, ticketing.ErrSoldOut, "the website has one")
	b := booking("main", 1, 2, 3)
	b.Channel = "miniprogram"
	o := f.book(account, b)
	assert.Equal(t, []any{"miniprogram", [4]int{2, 2, 0, 0}}, []any{o.Channel, f.allotted("miniprogram")})
	_, err = f.Withdraw(t.Context(), ticketing.Call{}, o.ID, "odd", "")
	require.NoError(t, err)
	assert.Equal(t, [4]int{2, 0, 0, 2}, f.allotted("miniprogram"))
	o, err = f.Reinstate(t.Context(), ticketing.Call{}, o.ID)
	require.NoError(t, err)
	assert.Equal(t, [4]int{2, 2, 0, 0}, f.allotted("miniprogram"))
	assert.Equal(t, "miniprogram", o.Channel)
}

func TestReturnsOfAChannelFollowTheStages(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: -1, Delay: longest})
	f.pool("main", 0, 6)
	f.channel("agency", false)
	require.NoError(t, f.keep("agency", 2, hours(2)))
	require.ErrorIs(t, f.stage(ticketing.StagePlan{At: hours(0), Quantity: 5}), ticketing.ErrReleaseExceeds)
	require.NoError(t, f.stage(ticketing.StagePlan{At: hours(0), Quantity: 3}, ticketing.StagePlan{At: hours(3), Quantity: 1}))
	f.fire()
	o, err := f.sell("agency", 1)
	require.NoError(t, err)
	assert.Equal(t, [][6]int{{0, 3, 0, 0, 3, 0}, {1, 0, 0, 0, 0, 0}}, f.stages(), "no stage's place was taken")
	f.pass(2 * time.Hour)
	_, err = f.ReleaseAllotments(t.Context())
	require.NoError(t, err)
	assert.Equal(t, [][6]int{{0, 3, 0, 0, 3, 0}, {2, 0, 0, 0, 0, 0}}, f.stages(), "the last stage has the rest")
	_, err = f.CancelForChannel(t.Context(), ticketing.Call{}, "agency", o.ID, nil)
	require.NoError(t, err)
	assert.Equal(t, [][6]int{{0, 3, 0, 0, 3, 0}, {2, 0, 0, 0, 0, 1}}, f.stages())
	f.pass(time.Hour)
	f.fire()
	f.fire()
	assert.Equal(t, 6, f.left(may10))
}

func TestChannelKeys(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{})
	f.channel("agency", true)
	f.channel("partner", true)
	issue := func(call ticketing.Call) string {
		key, err := f.IssueChannelKey(t.Context(), call, "agency")
		require.NoError(t, err)
		return key
	}
	holds := func(channel, key string) error {
		_, err := f.AuthenticateChannel(t.Context(), channel, key)
		return err
	}
	require.ErrorIs(t, holds("agency", "fgc_"), ticketing.ErrUnauthenticated, "it has none yet")
	first := issue(ticketing.Call{IdempotencyKey: "k"})
	assert.Len(t, first, 47)
	assert.Empty(t, issue(ticketing.Call{IdempotencyKey: "k"}), "shown once")
	require.NoError(t, holds("agency", first))
	second := issue(ticketing.Call{})
	require.NoError(t, holds("agency", second))
	for channel, key := range map[string]string{"agency": first, "partner": second, "web": second, "nobody": second, "": second} {
		require.ErrorIs(t, holds(channel, key), ticketing.ErrUnauthenticated, channel)
	}
	require.ErrorIs(t, holds("agency", second+strings.Repeat("x", 200)), ticketing.ErrUnauthenticated)
	_, err := f.IssueChannelKey(t.Context(), ticketing.Call{}, "web")
	require.ErrorIs(t, err, ticketing.ErrInvalidField)
	_, err = f.IssueChannelKey(t.Context(), ticketing.Call{}, "nobody")
	require.ErrorIs(t, err, ticketing.ErrNotFound)
	changes, err := f.ChannelChanges(t.Context(), "agency", 0, 10)
	require.NoError(t, err)
	require.Len(t, changes, 3, "made, and two keys")
	text, err := json.Marshal(changes)
	require.NoError(t, err)
	assert.NotContains(t, string(text), first)
	_, err = f.ChannelChanges(t.Context(), "nobody", 0, 10)
	require.ErrorIs(t, err, ticketing.ErrNotFound)
	_, err = f.ChannelChanges(t.Context(), "agency", 0, 0)
	require.ErrorIs(t, err, ticketing.ErrInvalidField)
	_, err = f.PutChannel(t.Context(), ticketing.Call{}, ticketing.ChannelChange{ID: "agency", Kind: ticketing.ChannelAgency, Name: "x"})
	require.NoError(t, err)
	require.ErrorIs(t, holds("agency", second), ticketing.ErrUnauthenticated, "closed")
}

// TestPlacesOfChannelsAddUp books, moves and cancels at random, with stages and
// releases of allotments between, and holds that the figures add up throughout.
func TestPlacesOfChannelsAddUp(t *testing.T) {
	t.Parallel()
	f := newFixture(t, ticketing.Options{StockMaxAge: -1})
	f.pool("main", 0, 14)
	f.channel("agency", true)
	f.channel("partner", false)
	random := rand.New(rand.NewPCG(3, 5)) // the same figures at every run
	var orders []ticketing.Order
	booked := map[string]int{} // places of may10, by whether of an allotment
	for step := range 250 {
		f.pass(time.Duration(random.IntN(4)) * time.Minute)
		channel := []string{"agency", "partner"}[random.IntN(2)]
		switch random.IntN(7) {
		case 0, 1:
			people := make([]int, 1+random.IntN(3))
			for i := range people {
				people[i] = 10*step + i
			}
			if o, err := f.sell(channel, people...); err == nil {
				orders = append(orders, o)
			} else {
				require.ErrorIs(t, err, ticketing.ErrSoldOut)
			}
		case 2, 3:
			if len(orders) > 0 {
				o := orders[0]
				orders = orders[1:]
				_, err := f.CancelForChannel(t.Context(), ticketing.Call{}, o.Channel, o.ID, nil)
				require.NoError(t, err)
			}
		case 4:
			if len(orders) > 0 {
				o, err := f.ChangeDate(t.Context(), ticketing.Call{}, orders[0].AccountID, orders[0].ID, []string{may10, may11}[random.IntN(2)], "")
				if err == nil {
					orders[0] = o
				} else {
					require.ErrorIs(t, err, ticketing.ErrSoldOut)
				}
			}
		case 5:
			err := f.keep(channel, random.IntN(7), f.clock().Add(time.Duration(1+random.IntN(20))*time.Minute))
			if err != nil {
				require.ErrorContains(t, err, "allotment_")
			}
		case 6:
			_, err := f.ReleaseAllotments(t.Context())
			require.NoError(t, err)
			f.fire()
		}
		if step == 100 {
			r, err := f.Release(t.Context(), "main", may10)
			require.NoError(t, err)
			free := r.Capacity - r.Booked - r.Reserved
			require.NoError(t, f.stage(ticketing.StagePlan{At: f.clock(), Quantity: max(1, free/2)}, ticketing.StagePlan{At: f.clock().Add(9 * time.Minute), Percent: 1}))
		}
		clear(booked)
		for _, o := range orders {
			for _, p := range o.Positions {
				if o.Date == may10 {
					booked["all"]++
					if p.Stage == ticketing.StageAllotment {
						booked[o.Channel]++
					}
				}
			}
		}
		if r, err := f.Release(t.Context(), "main", may10); err == nil {
			assert.Equal(t, booked["all"], r.Booked, "step %d", step)
			assert.GreaterOrEqual(t, r.Left, 0)
			for _, a := range r.Allotments {
				assert.Equal(t, booked[a.Channel], a.Taken, "step %d: %s", step, a.Channel)
			}
			f.allotted("agency")
		}
	}
}

func (f *fixture) clock() time.Time { return time.UnixMilli(f.now.Load()) }
