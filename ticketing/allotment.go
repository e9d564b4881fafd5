package ticketing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Allotment is what is kept for a channel of a day or, where the day has slots,
// of one slot. Of the quantity some are taken and some went back to general
// sale; the rest is reserved: nobody else can take it. At the release, what is
// still reserved goes to general sale, on a day that is released by stages to
// the last of them.
type Allotment struct {
	Channel    string
	Place      Place
	Quantity   int
	Taken      int
	GivenBack  int
	ReleaseAt  time.Time // zero = never
	ReleasedAt time.Time // zero = not yet
}

// Left is how many places are reserved.
func (a Allotment) Left() int { return a.Quantity - a.Taken - a.GivenBack }

// open reports whether the channel can still take of it.
func (a Allotment) open(now time.Time) bool {
	return a.ReleasedAt.IsZero() && (a.ReleaseAt.IsZero() || now.Before(a.ReleaseAt))
}

// StageAllotment stands in a position's Stage for the allotment of its order's
// channel.
const StageAllotment = -1

// AllotmentReader reads allotments: of a day in order of slot and channel, and
// those that are due to be released, the oldest first. Allotment fails with
// ErrNotFound.
type AllotmentReader interface {
	Allotments(ctx context.Context, pool string, day Date) ([]Allotment, error)
	Allotment(ctx context.Context, channel string, at Place) (Allotment, error)
	DueAllotments(ctx context.Context, now time.Time, limit int) ([]Allotment, error)
}

// AllotmentWriter changes them. PutAllotment sets quantity and release of one,
// and begins it anew: nothing has been given back. What it reserves more it
// takes of the places that are neither booked, nor reserved, nor promised by a
// stage; what it reserves less goes to general sale. It fails with
// ErrAllotmentExceeds, ErrAllotmentTaken (fewer than are taken),
// ErrDateUnavailable, ErrSlotNeeded or ErrSlotUnavailable. TakeReserved fails
// with ErrSoldOut, and also once the release is due. ReturnReserved reports
// whether the places are reserved again; else their time is over and the caller
// returns them to general sale. ReleaseAllotment does nothing where that has
// been done.
type AllotmentWriter interface {
	PutAllotment(ctx context.Context, a Allotment) error
	TakeReserved(ctx context.Context, channel string, at Place, n int, now time.Time) error
	ReturnReserved(ctx context.Context, channel string, at Place, n int, now time.Time) (bool, error)
	ReleaseAllotment(ctx context.Context, channel string, at Place, now time.Time) error
}

// AllotmentPlan is an allotment as the house wants it.
type AllotmentPlan struct {
	Date      string
	Slot      string
	Quantity  int
	ReleaseAt time.Time // zero = never
}

// maxAllotments bounds one change.
const maxAllotments = 500

// PutAllotments sets what is kept for a channel in a pool, all of the plans or
// none, and audits it; allotments that are not named stay. It fails with
// ErrNotFound, ErrInvalidField, or as AllotmentWriter's PutAllotment does.
func (s *Service) PutAllotments(ctx context.Context, call Call, channel, pool string, plans []AllotmentPlan) ([]Allotment, error) {
	if len(plans) == 0 || len(plans) > maxAllotments {
		return nil, invalidField("allotments", "want 1 to %d, got %d", maxAllotments, len(plans))
	}
	wanted := make([]Allotment, len(plans))
	for i, p := range plans {
		field := fmt.Sprintf("allotments[%d]", i)
		at, err := parsePlace(pool, p.Date, p.Slot)
		if err != nil {
			return nil, within(field, err)
		}
		if p.Quantity < 0 || p.Quantity > maxCapacity {
			return nil, invalidField(field+".quantity", "want 0 to %d, got %d", maxCapacity, p.Quantity)
		}
		if slices.ContainsFunc(wanted[:i], func(a Allotment) bool { return a.Place == at }) {
			return nil, invalidField(field+".date", "stands there twice")
		}
		wanted[i] = Allotment{Channel: channel, Place: at, Quantity: p.Quantity, ReleaseAt: p.ReleaseAt.UTC().Truncate(time.Millisecond)}
		if p.ReleaseAt.IsZero() {
			wanted[i].ReleaseAt = time.Time{}
		}
	}
	put, err := once(ctx, s, call, "operations", func(ctx context.Context, w *work) ([]Allotment, error) {
		return w.putAllotments(ctx, channel, pool, wanted)
	})
	if err == nil {
		s.stock.Forget(pool)
	}
	return put, err
}

// within puts the name of what a refused field belongs to before it.
func within(field string, err error) error {
	refused, ok := errors.AsType[*Error](err)
	if !ok {
		return err
	}
	named := *refused
	named.Field = field + "." + refused.Field
	return &named
}

func (w *work) putAllotments(ctx context.Context, channel, pool string, wanted []Allotment) ([]Allotment, error) {
	if _, err := w.Channel(ctx, channel); err != nil {
		return nil, err
	}
	if _, err := w.Pool(ctx, pool); err != nil {
		return nil, err
	}
	var before, after []allotmentRecord
	put := make([]Allotment, len(wanted))
	for i, a := range wanted {
		field := fmt.Sprintf("allotments[%d]", i)
		if !a.ReleaseAt.IsZero() && !w.now.Before(a.ReleaseAt) {
			return nil, invalidField(field+".release_at", "is past")
		}
		old, err := w.Allotment(ctx, channel, a.Place)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return nil, err
		}
		if err == nil {
			before = append(before, old.record())
		}
		if err := w.PutAllotment(ctx, a); err != nil {
			return nil, within(field, err)
		}
		if put[i], err = w.Allotment(ctx, channel, a.Place); err != nil {
			return nil, err
		}
		after = append(after, put[i].record())
	}
	return put, w.record(ctx, pool, "allotment", before, after)
}

// allotmentRecord is an allotment as the audit shows it.
type allotmentRecord struct {
	Channel   string     `json:"channel"`
	Date      Date       `json:"date"`
	Slot      Clock      `json:"slot,omitempty"`
	Quantity  int        `json:"quantity"`
	ReleaseAt *time.Time `json:"release_at,omitempty"`
}

func (a Allotment) record() allotmentRecord {
	r := allotmentRecord{Channel: a.Channel, Date: a.Place.Date, Slot: a.Place.Slot, Quantity: a.Quantity}
	if !a.ReleaseAt.IsZero() {
		r.ReleaseAt = &a.ReleaseAt
	}
	return r
}

// takeOwn takes as many of so many places as the order's channel has reserved,
// and says how many. The others may be taken of general sale, unless the channel
// must keep to its own: then it fails with ErrSoldOut.
func (w *work) takeOwn(ctx context.Context, pool Pool, channel string, at Place, n int) (int, error) {
	if n == 0 || !pool.Allotted && visitorsChannel(channel) {
		return 0, nil // nothing is read for those who have nothing
	}
	of, err := w.Channel(ctx, channelOr(channel))
	if err != nil {
		return 0, err
	}
	own := 0
	allotment, err := w.Allotment(ctx, of.ID, at)
	switch {
	case errors.Is(err, ErrNotFound):
	case err != nil:
		return 0, err
	case allotment.open(w.now):
		own = min(n, allotment.Left())
	}
	if own < n && !of.Spill {
		return 0, &Error{Code: CodeSoldOut, Field: "date", Detail: fmt.Sprintf("the channel has %d places left of its own and may take no others", own)}
	}
	if own == 0 {
		return 0, nil
	}
	return own, w.TakeReserved(ctx, of.ID, at, own, w.now)
}

// channelOr is the channel of those who say none.
func channelOr(channel string) string {
	if channel == "" {
		return string(ChannelWeb)
	}
	return channel
}

// returnOwn returns the places of those positions that have them of the
// channel's allotment, and gives the positions whose places go to general sale:
// all of them, once the allotment's time is over.
func (w *work) returnOwn(ctx context.Context, channel string, at Place, positions []Position) ([]Position, error) {
	own := 0
	general := make([]Position, 0, len(positions))
	for _, p := range positions {
		if p.Stage == StageAllotment {
			own += p.Places
			continue
		}
		general = append(general, p)
	}
	if own == 0 {
		return general, nil
	}
	kept, err := w.ReturnReserved(ctx, channelOr(channel), at, own, w.now)
	if err != nil || kept {
		return general, err
	}
	for _, p := range positions {
		if p.Stage == StageAllotment {
			p.Stage = 0
			general = append(general, p)
		}
	}
	return general, nil
}

// ReleaseAllotments gives back to general sale what channels have not taken by
// the time that was set, and says how many allotments that were. What was due
// while no process ran is done then; meanwhile no channel can take of it.
func (s *Service) ReleaseAllotments(ctx context.Context) (int, error) {
	var due []Allotment
	err := s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		due, err = r.DueAllotments(ctx, s.now(), dueAtOnce)
		return err
	})
	if err != nil || len(due) == 0 {
		return 0, err
	}
	err = s.update(ctx, Call{}, func(ctx context.Context, w *work) error {
		for _, a := range due {
			if err := w.ReleaseAllotment(ctx, a.Channel, a.Place, w.now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, a := range due {
		s.stock.Forget(a.Place.Pool)
	}
	return len(due), nil
}
