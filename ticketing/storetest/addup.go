package storetest

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
)

// addUp does things to a day at random, at times one that is released by stages,
// and holds after each that nothing was sold twice or lost: what is left,
// withheld and booked is the capacity, what is reserved is what the allotments
// have left, and what is left is what open stages have.
func addUp(t *testing.T, s Store) {
	t.Helper()
	addUpAt(t, newSale(t, s, 12))
}

// addUpInSlots does the same to one of two slots; the other stands still.
func addUpInSlots(t *testing.T, s Store) {
	t.Helper()
	f := newSale(t, s, 0)
	require.NoError(t, putSlots(t, s, ticketing.Slot{Start: "09:00", End: "12:00", Capacity: 12}, otherSlot()))
	f.at.Slot = "09:00"
	addUpAt(t, f)
	other := onlyDay(t, s).Slots[1]
	assert.Equal(t, []int{5, 5, 0}, []int{other.Capacity, other.Left + other.Withheld, other.Reserved})
}

func otherSlot() ticketing.Slot { return ticketing.Slot{Start: "13:00", End: "15:00", Capacity: 5} }

func addUpAt(t *testing.T, f *sale) {
	t.Helper()
	random := rand.New(rand.NewPCG(7, 11)) // the same figures at every run
	m := &model{sale: f, random: random, now: start(), own: map[string]int{}}
	for step := range 400 {
		err := m.step(step)
		if err != nil && !refusal(err) {
			require.NoError(t, err, "step %d", step)
		}
		if !m.holds(step) {
			return
		}
	}
	assert.Positive(t, m.done, "some of it was done")
	assert.Positive(t, m.lifted, "also a release lifted, while places were reserved")
}

// refusal reports whether it is one of those that random steps may meet.
func refusal(err error) bool {
	for _, known := range []error{
		ticketing.ErrSoldOut, ticketing.ErrAllotmentExceeds, ticketing.ErrAllotmentTaken, ticketing.ErrCapacityBooked,
		ticketing.ErrCapacityReserved, ticketing.ErrReleaseExceeds, ticketing.ErrDayStaged,
	} {
		if errors.Is(err, known) {
			return true
		}
	}
	return false
}

// model is what should be booked.
type model struct {
	*sale
	random  *rand.Rand
	now     time.Time
	general []int          // the stage of each place of general sale that is booked
	own     map[string]int // places that are booked of allotments
	staged  bool
	done    int
	lifted  int
}

func (m *model) channel() string { return []string{"agency", "partner"}[m.random.IntN(2)] }

func (m *model) step(no int) error {
	m.t.Helper()
	m.now = m.now.Add(time.Duration(m.random.IntN(5)) * time.Minute)
	channel, n := m.channel(), 1+m.random.IntN(3)
	switch m.random.IntN(9) {
	case 0, 1:
		return m.takeGeneral(n)
	case 2:
		return m.returnGeneral()
	case 3:
		err := m.takeOwn(channel, n, m.now)
		if err == nil {
			m.own[channel] += n
			m.done++
		}
		return err
	case 4:
		if m.own[channel] > 0 {
			m.giveBackOwn(channel)
		}
	case 5:
		return m.keep(channel, m.random.IntN(6), m.now.Add(time.Duration(m.random.IntN(20))*time.Minute))
	case 6:
		return m.try(func(ctx context.Context, tx ticketing.Tx) error {
			a, err := tx.Allotment(ctx, channel, m.at)
			if errors.Is(err, ticketing.ErrNotFound) {
				return nil
			}
			return errors.Join(err, tx.ReleaseAllotment(ctx, channel, a.Place, m.now))
		})
	case 7:
		return m.resize(8 + m.random.IntN(8))
	case 8:
		if no%2 == 0 {
			return m.restage()
		}
		return m.fire()
	}
	return nil
}

// resize sets how many places there are.
func (m *model) resize(capacity int) error {
	if m.at.Slot == "" {
		return m.setDay(capacity)
	}
	return putSlots(m.t, m.s, ticketing.Slot{Start: m.at.Slot, End: "12:00", Capacity: capacity}, otherSlot())
}

// part is the day, or its slot, as a slot.
func (m *model) part() ticketing.Slot {
	m.t.Helper()
	d := onlyDay(m.t, m.s)
	if m.at.Slot == "" {
		return ticketing.Slot{Capacity: d.Capacity, Left: d.Left, Withheld: d.Withheld, Reserved: d.Reserved}
	}
	sum := ticketing.Slot{}
	for _, s := range d.Slots {
		sum.Capacity, sum.Left, sum.Withheld, sum.Reserved = sum.Capacity+s.Capacity, sum.Left+s.Left, sum.Withheld+s.Withheld, sum.Reserved+s.Reserved
	}
	assert.Equal(m.t, ticketing.Slot{Capacity: d.Capacity, Left: d.Left, Withheld: d.Withheld, Reserved: d.Reserved}, sum, "the day is its slots")
	return d.Slots[0]
}

func (m *model) takeGeneral(n int) error {
	var stages []int
	err := m.try(func(ctx context.Context, tx ticketing.Tx) (err error) {
		stages, err = tx.TakePlaces(ctx, m.at, n)
		return err
	})
	if err != nil {
		return err
	}
	if len(stages) == 0 {
		stages = make([]int, n)
	}
	m.general = append(m.general, stages...)
	m.done++
	return nil
}

// giveGeneral returns places as the service does: on a staged day to the last
// stage.
func (m *model) giveGeneral(ctx context.Context, tx ticketing.Tx, from, n int) error {
	staged, err := tx.ReturnPlaces(ctx, m.at, n)
	if err != nil || !staged {
		return err
	}
	for range n {
		id := time.Duration(m.random.Int64()).String()
		back := ticketing.Return{ID: id, Place: m.at, From: from, To: 2, DueAt: m.now}
		if err := errors.Join(tx.QueueReturn(ctx, back), tx.LandReturn(ctx, back)); err != nil {
			return err
		}
	}
	return nil
}

func (m *model) returnGeneral() error {
	if len(m.general) == 0 {
		return nil
	}
	from := m.general[0]
	m.general = m.general[1:]
	return m.try(func(ctx context.Context, tx ticketing.Tx) error { return m.giveGeneral(ctx, tx, from, 1) })
}

func (m *model) giveBackOwn(channel string) {
	m.t.Helper()
	m.own[channel]--
	require.NoError(m.t, m.try(func(ctx context.Context, tx ticketing.Tx) error {
		kept, err := tx.ReturnReserved(ctx, channel, m.at, 1, m.now)
		if err != nil || kept {
			return err
		}
		return m.giveGeneral(ctx, tx, 0, 1)
	}))
}

// restage lifts the release of the day, or begins one that promises what is
// free.
func (m *model) restage() error {
	m.staged = !m.staged
	for i := range m.general {
		m.general[i] = 0 // were booked before there were stages
	}
	d := m.part()
	return m.try(func(ctx context.Context, tx ticketing.Tx) error {
		if !m.staged {
			m.lifted += min(d.Reserved, 1)
			return tx.PutStages(ctx, pool, day, nil)
		}
		free := d.Left + d.Withheld - d.Reserved
		first := ticketing.Stage{No: 1, At: m.now, Quantity: 1, ReturnsTo: 2, Parts: m.parts(free / 2)}
		second := ticketing.Stage{No: 2, At: m.now.Add(10 * time.Minute), Quantity: 1, ReturnsTo: 2, Parts: m.parts(free / 3)}
		return tx.PutStages(ctx, pool, day, []ticketing.Stage{first, second})
	})
}

// parts are a stage's; the other slot is in no stage.
func (m *model) parts(planned int) []ticketing.StagePart {
	parts := []ticketing.StagePart{{Slot: m.at.Slot, Planned: planned}}
	if m.at.Slot != "" {
		parts = append(parts, ticketing.StagePart{Slot: otherSlot().Start})
	}
	return parts
}

func (m *model) fire() error {
	return m.try(func(ctx context.Context, tx ticketing.Tx) error {
		for no := 1; no <= 2; no++ {
			if err := tx.FireStage(ctx, ticketing.StageKey{Pool: pool, Date: day, No: no}, m.now); m.staged && err != nil {
				return err
			}
		}
		return nil
	})
}

func (m *model) holds(step int) bool {
	m.t.Helper()
	d := m.part()
	booked, reserved, open := len(m.general), 0, 0
	view(m.t, m.s, func(ctx context.Context, r ticketing.Reader) error {
		all, err := r.Allotments(ctx, pool, day)
		for _, a := range all {
			reserved += a.Left()
			booked += m.own[a.Channel]
			assert.Equal(m.t, m.own[a.Channel], a.Taken, a.Channel)
			assert.GreaterOrEqual(m.t, a.Left(), 0)
		}
		stages, err2 := r.Stages(ctx, pool, day)
		for _, stage := range stages {
			for _, p := range stage.Parts {
				if !stage.FiredAt.IsZero() {
					open += p.Released - p.Taken
				}
			}
		}
		return errors.Join(err, err2)
	})
	ok := assert.Equal(m.t, d.Capacity-booked, d.Left+d.Withheld, "places, step %d", step) &&
		assert.Equal(m.t, reserved, d.Reserved, "reserved, step %d", step) &&
		assert.GreaterOrEqual(m.t, d.Withheld, d.Reserved, "step %d", step) && assert.GreaterOrEqual(m.t, d.Left, 0)
	if m.staged {
		return ok && assert.Equal(m.t, open, d.Left, "stages, step %d", step)
	}
	return ok && assert.Equal(m.t, d.Reserved, d.Withheld, "step %d", step)
}
