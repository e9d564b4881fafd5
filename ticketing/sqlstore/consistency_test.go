package sqlstore_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/document"
)

// The days of the sale: without slots, with slots, and released by stages.
const (
	plainDay, slotDay, stagedDay = "2026-05-10", "2026-05-11", "2026-05-12"
	moreDays                     = "2026-05-13"
)

func saleStart() time.Time { return time.Date(2026, 5, 1, 4, 0, 0, 0, time.UTC) }

// TestToldIsStored lets many callers book, cancel and change at random, with
// documents and idempotency keys that overlap, through two stores at once, and
// then compares what stands in SQL with what each of them was told.
func TestToldIsStored(t *testing.T) {
	t.Parallel()
	for name, dsn := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			const callers, each = 24, 40
			target := dsn(t)
			services := []*ticketing.Service{sale(t, target), sale(t, target)}
			openSale(t, services[0])
			people := make([]*caller, callers)
			var group sync.WaitGroup
			for i := range people {
				a, err := services[0].Register(t.Context(), ticketing.Call{}, fmt.Sprintf("138%08d", i), "correct horse")
				require.NoError(t, err)
				people[i] = &caller{t: t, service: services[i%2], account: a.ID, random: rand.New(rand.NewPCG(7, uint64(i))), told: map[string]ticketing.Order{}}
			}
			for _, p := range people {
				group.Go(func() {
					for range each {
						p.act(t.Context())
					}
				})
			}
			group.Wait()
			compare(t, services[0], people)
		})
	}
}

func sale(t *testing.T, dsn string) *ticketing.Service {
	t.Helper()
	s, err := ticketing.NewService(open(t, dsn), ticketing.Keys{
		Encryption: [][]byte{bytes.Repeat([]byte{1}, 32)}, Lookup: bytes.Repeat([]byte{2}, 32), Session: ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, 32)),
	}, saleStart, ticketing.Options{PasswordCost: ticketing.PasswordCost{MemoryKiB: 8, Passes: 1, Lanes: 1}, StockMaxAge: -1})
	require.NoError(t, err)
	return s
}

func openSale(t *testing.T, s *ticketing.Service) {
	t.Helper()
	ctx, call := t.Context(), ticketing.Call{Actor: "house"}
	for pool, rules := range map[string]ticketing.Rules{
		"ruled": {LimitPerPerson: 12, WindowBookings: 2, WindowDays: 4, NoShowStrikes: 3, NoShowFreezeDays: 60},
		"free":  {},
	} {
		_, err := s.PutPool(ctx, call, ticketing.PoolChange{
			Pool:  ticketing.Pool{ID: pool, Name: "x", LimitPerOrder: 5, Hold: time.Minute, Cutoff: 24 * time.Hour},
			Rules: &rules,
			Days: []ticketing.DayCapacity{
				{Date: plainDay, Capacity: 30},
				{Date: stagedDay, Capacity: 30},
				{Date: moreDays, Capacity: 500},
				{Date: slotDay, Slots: []ticketing.SlotCapacity{{Start: "09:00", End: "12:00", Capacity: 15}, {Start: "13:00", End: "17:00", Capacity: 15}}},
			},
		})
		require.NoError(t, err)
		_, err = s.PutRelease(ctx, call, pool, stagedDay, []ticketing.StagePlan{{At: saleStart(), Quantity: 12}, {At: saleStart(), Quantity: 9}, {At: saleStart().Add(time.Hour), Quantity: 5}})
		require.NoError(t, err)
	}
	_, err := s.FireReleases(ctx)
	require.NoError(t, err)
}

// caller is one account, and what it was told of its orders.
type caller struct {
	t       *testing.T
	service *ticketing.Service
	account string
	random  *rand.Rand
	told    map[string]ticketing.Order
	ids     []string
	booked  int
}

// act does one thing at random. Whatever is refused must change nothing.
func (c *caller) act(ctx context.Context) {
	var (
		o   ticketing.Order
		err error
	)
	switch n := c.random.IntN(10); {
	case n < 6 || len(c.ids) == 0:
		o, err = c.book(ctx)
	case n < 8:
		o, err = c.service.Cancel(ctx, ticketing.Call{}, c.account, c.one())
	case n < 9:
		id := c.one()
		p := c.told[id].Positions
		o, err = c.service.CancelPositions(ctx, ticketing.Call{}, c.account, id, []string{p[c.random.IntN(len(p))].ID})
	default:
		date, slot := c.somewhere()
		o, err = c.service.ChangeDate(ctx, ticketing.Call{}, c.account, c.one(), date, slot)
	}
	var refusal *ticketing.Error
	switch {
	case err == nil:
		if _, known := c.told[o.ID]; !known {
			c.ids = append(c.ids, o.ID)
		}
		c.told[o.ID] = o
	case !errors.As(err, &refusal) || refusal.Code == ticketing.CodeUnavailable:
		c.t.Errorf("not a refusal: %v", err)
	}
}

// book books up to three of some documents that everybody wants, and half the
// time asks again with the same key.
func (c *caller) book(ctx context.Context) (ticketing.Order, error) {
	c.booked++
	b := ticketing.Booking{Pool: []string{"ruled", "free"}[c.random.IntN(2)]}
	b.Date, b.Slot = c.somewhere()
	for _, n := range c.random.Perm(150)[:1+c.random.IntN(3)] {
		b.Visitors = append(b.Visitors, ticketing.Visitor{Name: "Ann", Type: document.Passport, Number: fmt.Sprintf("P%07d", n), Nationality: "GBR"})
	}
	call := ticketing.Call{IdempotencyKey: fmt.Sprint(c.booked), Request: fmt.Append(nil, b)}
	if c.random.IntN(2) == 0 {
		return c.service.Book(ctx, call, c.account, b)
	}
	var (
		both   sync.WaitGroup
		orders [2]ticketing.Order
		errs   [2]error
	)
	for i := range orders {
		both.Go(func() { orders[i], errs[i] = c.service.Book(ctx, call, c.account, b) })
	}
	both.Wait()
	if errs[0] == nil && errs[1] == nil {
		assert.Equal(c.t, orders[0].ID, orders[1].ID, "one key, one order")
	}
	if errs[0] != nil { // refused, then taken: places came back in between
		return orders[1], errs[1]
	}
	return orders[0], nil
}

func (c *caller) one() string { return c.ids[c.random.IntN(len(c.ids))] }

func (c *caller) somewhere() (date, slot string) {
	if date = []string{plainDay, slotDay, stagedDay, moreDays}[c.random.IntN(4)]; date == slotDay {
		slot = []string{"09:00", "13:00"}[c.random.IntN(2)]
	}
	return date, slot
}

// compare holds that every success is there, no failure is, and that places
// and documents add up.
func compare(t *testing.T, s *ticketing.Service, people []*caller) {
	t.Helper()
	booked, visits, orders := map[ticketing.Place]int{}, map[string]bool{}, 0
	for _, p := range people {
		stored, next, err := s.Orders(t.Context(), p.account, ticketing.OrderQuery{Limit: 100})
		require.NoError(t, err)
		require.Empty(t, next)
		assert.Len(t, stored, len(p.told), "an order that nobody was told of")
		for _, o := range stored {
			told, known := p.told[o.ID]
			require.True(t, known, "%s was refused and is there", o.ID)
			assert.Equal(t, []any{told.State, told.Place(), told.TotalFen}, []any{o.State, o.Place(), o.TotalFen})
			require.Len(t, o.Positions, len(told.Positions))
			orders++
			if !o.State.Live() {
				continue
			}
			booked[o.Place()] += o.Places()
			for i, v := range o.Positions {
				assert.Equal(t, told.Positions[i].ID, v.ID)
				visit := fmt.Sprintf("%s %s %x", o.Pool, o.Date, v.DocumentKey)
				assert.False(t, visits[visit], "a document twice on a day")
				visits[visit] = true
			}
		}
	}
	require.Positive(t, orders)
	full := 0
	for _, pool := range []string{"ruled", "free"} {
		stock, err := s.Stock(t.Context(), pool, "", "")
		require.NoError(t, err)
		for _, d := range stock.Days {
			slots := d.Slots
			if len(slots) == 0 {
				slots = []ticketing.Slot{{Capacity: d.Capacity, Left: d.Left, Withheld: d.Withheld}}
			}
			for _, slot := range slots {
				place := ticketing.Place{Pool: pool, Date: d.Date, Slot: slot.Start}
				assert.Equal(t, slot.Capacity, slot.Left+slot.Withheld+booked[place], "%v", place)
				if slot.Left == 0 {
					full++
				}
			}
		}
		release, err := s.Release(t.Context(), pool, stagedDay)
		require.NoError(t, err)
		assert.Equal(t, booked[ticketing.Place{Pool: pool, Date: stagedDay}], release.Booked)
		for _, stage := range release.Stages {
			assert.Equal(t, stage.Released, stage.Held+stage.Sold+stage.Left, "stage %d", stage.No)
		}
	}
	t.Logf("%d orders, %d visits, %d places sold out", orders, len(visits), full)
}
