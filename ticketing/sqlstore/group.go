package sqlstore

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"time"

	"fairgate/ticketing"
)

// Pool is read once for many groups.
func (t *tx) Pool(ctx context.Context, id string) (ticketing.Pool, error) {
	if t.careful {
		return t.reader.Pool(ctx, id)
	}
	return learn(t, t.stock.pools, id, func(r reader) (ticketing.Pool, error) { return r.Pool(ctx, id) })
}

// learn gives what is known of a key, or reads it past the gate and keeps it.
func learn[K comparable, V any](t *tx, known map[K]V, key K, read func(reader) (V, error)) (V, error) {
	if v, found := known[key]; found {
		return v, nil
	}
	v, err := read(reader{q: t.raw})
	if err == nil {
		known[key] = v
	}
	return v, t.read(err)
}

// read passes an error of a reading past the gate on; all but ErrNotFound mean
// that the transaction is lost.
func (t *tx) read(err error) error {
	if err == nil || errors.Is(err, ticketing.ErrNotFound) {
		return err
	}
	return t.lost(err)
}

func (t *tx) knownDay(ctx context.Context, key dayKey) (*dayRow, error) {
	return learn(t, t.stock.days, key, func(r reader) (*dayRow, error) {
		d, err := r.day(ctx, key.pool, key.day)
		return &d, err
	})
}

func (t *tx) knownSlot(ctx context.Context, at ticketing.Place) (*slotRow, error) {
	return learn(t, t.stock.slots, at, func(r reader) (*slotRow, error) {
		s, err := r.slot(ctx, at)
		return &s, err
	})
}

// DayOpening implements ticketing.ActivityReader.
func (t *tx) DayOpening(ctx context.Context, pool string, day ticketing.Date) (time.Time, error) {
	if t.careful {
		return t.reader.DayOpening(ctx, pool, day)
	}
	d, err := t.knownDay(ctx, dayKey{pool, day})
	if err != nil {
		return time.Time{}, err
	}
	return moment(d.opens), nil
}

// SlotEnd implements ticketing.PoolReader.
func (t *tx) SlotEnd(ctx context.Context, at ticketing.Place) (ticketing.Clock, error) {
	if t.careful {
		return t.reader.SlotEnd(ctx, at)
	}
	s, err := t.knownSlot(ctx, at)
	if err != nil {
		return "", err
	}
	return s.ends, nil
}

// Channel is read once for many groups.
func (t *tx) Channel(ctx context.Context, id string) (ticketing.Channel, error) {
	if t.careful {
		return t.reader.Channel(ctx, id)
	}
	return learn(t, t.stock.channels, id, func(r reader) (ticketing.Channel, error) { return r.Channel(ctx, id) })
}

// Allotment is read once for many groups, and so is that there is none.
func (t *tx) Allotment(ctx context.Context, channel string, at ticketing.Place) (ticketing.Allotment, error) {
	if t.careful {
		return t.reader.Allotment(ctx, channel, at)
	}
	a, err := learn(t, t.stock.allotments, allotmentKey{channel, at}, func(r reader) (maybeAllotment, error) {
		a, err := r.Allotment(ctx, channel, at)
		if errors.Is(err, ticketing.ErrNotFound) {
			return maybeAllotment{}, nil
		}
		return maybeAllotment{a, true}, err
	})
	if err == nil && !a.there {
		err = ticketing.ErrNotFound
	}
	return a.Allotment, err
}

// TakePlaces takes from what is known; SQL judges again when the group is
// written. What was known and is not true fails the group, whose jobs are then
// run one by one.
func (t *tx) TakePlaces(ctx context.Context, at ticketing.Place, n int) ([]int, error) {
	if t.careful {
		return t.takeNow(ctx, at, n)
	}
	day, err := t.knownDay(ctx, dayKey{at.Pool, at.Date})
	if errors.Is(err, ticketing.ErrNotFound) {
		return nil, ticketing.ErrDateUnavailable
	}
	if err != nil {
		return nil, err
	}
	slot := &slotRow{remaining: n} // of a day without slots
	if at.Slot != "" {
		slot, err = t.knownSlot(ctx, at)
		if errors.Is(err, ticketing.ErrNotFound) {
			return nil, ticketing.ErrSlotUnavailable
		}
		if err != nil {
			return nil, err
		}
	} else if day.slots > 0 {
		return nil, ticketing.ErrSlotNeeded
	}
	if slot.remaining-slot.withheld < n || day.remaining-day.withheld < n {
		return nil, ticketing.ErrSoldOut
	}
	taken := take{at: at, n: n}
	var stages []int
	if day.staged {
		if stages, taken.staged, err = t.takeOpen(ctx, at, n); err != nil {
			return nil, err
		}
	}
	day.remaining, slot.remaining = day.remaining-n, slot.remaining-n
	t.undo = append(t.undo, func() { day.remaining, slot.remaining = day.remaining+n, slot.remaining+n })
	t.pending.takes = append(t.pending.takes, taken)
	return stages, nil
}

// takeOpen takes places of the open stages, the earliest first.
func (t *tx) takeOpen(ctx context.Context, at ticketing.Place, n int) (stages []int, taken []openPart, err error) {
	parts, err := learn(t, t.stock.parts, at, func(r reader) ([]openPart, error) { return r.openParts(ctx, at) })
	if err != nil {
		return nil, nil, err
	}
	if stages, taken, err = earliest(parts, at, n); err != nil {
		return nil, nil, err
	}
	move := func(sign int) {
		for _, k := range taken {
			for i := range parts {
				if parts[i].stage == k.stage {
					parts[i].left += sign * k.left
				}
			}
		}
	}
	move(-1)
	t.undo = append(t.undo, func() { move(1) })
	return stages, taken, nil
}

// InsertOrder implements ticketing.OrderWriter.
func (t *tx) InsertOrder(ctx context.Context, o ticketing.Order) error {
	if t.careful {
		return t.insertNow(ctx, o)
	}
	if o.State.Live() {
		documents := make([]string, len(o.Positions))
		for i, p := range o.Positions {
			documents[i] = string(p.DocumentKey)
		}
		if err := t.free(ctx, dayKey{o.Pool, o.Date}, documents); err != nil {
			return err
		}
		t.occupy(o, documents)
	}
	p := &t.pending
	p.orders = append(p.orders, orderValues(o)...)
	p.leaders = append(p.leaders, leaderValues(o)...)
	p.positions = append(p.positions, positionValues(o)...)
	return nil
}

// occupy notes a live order in what is known of persons.
func (t *tx) occupy(o ticketing.Order, documents []string) {
	known, day := t.persons, dayKey{o.Pool, o.Date}
	account := countKey{o.AccountID, day}
	_, counted := known.counts[account]
	mark := func(live bool, n int) {
		for _, d := range documents {
			known.documents[documentKey{day, d}] = live
		}
		if counted {
			known.counts[account] += n
		}
	}
	mark(true, len(documents))
	former := map[visitorKey]map[string][]ticketing.Date{}
	for _, d := range documents {
		key := visitorKey{o.Pool, d}
		if asked, known := known.visits[key]; known {
			former[key] = maps.Clone(asked)
			for days, visits := range asked {
				asked[days] = append(slices.Clip(visits), o.Date)
			}
		}
	}
	t.undo = append(t.undo, func() {
		mark(false, -len(documents))
		maps.Copy(known.visits, former)
	})
}

// Recall implements ticketing.Journal.
func (t *tx) Recall(ctx context.Context, scope, key string) (ticketing.Answer, error) {
	if t.careful {
		return t.recall(ctx, answerKey{scope, key})
	}
	a, err := t.recalled(ctx, answerKey{scope, key})
	if err == nil && a == nil {
		return ticketing.Answer{}, ticketing.ErrNotFound
	}
	if err != nil {
		return ticketing.Answer{}, err
	}
	return *a, nil
}

// Remember implements ticketing.Journal.
func (t *tx) Remember(ctx context.Context, scope, key string, a ticketing.Answer) error {
	values := []any{scope, key, a.Fingerprint, string(a.Result), millis(a.At)}
	if t.careful {
		return t.texts.answers.write(ctx, t.db, values)
	}
	known, k := t.persons, answerKey{scope, key}
	former, had := known.answers[k]
	known.answers[k] = &ticketing.Answer{Fingerprint: a.Fingerprint, Result: json.RawMessage(a.Result), At: a.At}
	t.undo = append(t.undo, func() {
		if known.answers[k] = former; !had {
			delete(known.answers, k)
		}
	})
	t.pending.answers = append(t.pending.answers, values...)
	return nil
}
