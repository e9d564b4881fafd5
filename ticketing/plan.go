package ticketing

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Offer is what an open day offers: places in all, or by slots.
type Offer struct {
	Capacity int
	Slots    []SlotCapacity
}

// OpeningPlan says which days of a month a pool is open and what they offer.
// What is more particular wins: a special day, then a closed day, then a
// holiday, then the weekday.
type OpeningPlan struct {
	Month     string           // YYYY-MM
	Open      Offer            // of an open day that has no offer of its own
	Weekdays  []string         // open ones: mon, tue, wed, thu, fri, sat, sun
	ByWeekday map[string]Offer // offers of single weekdays
	Holidays  []string         // days that are open whatever their weekday
	Holiday   *Offer           // of holidays; nil = Open
	Closed    []string         // days that are closed
	Special   []DayCapacity
	DryRun    bool
}

// PlanAction says what a plan does to a day.
type PlanAction string

// What a plan can do to a day.
const (
	PlanCreate    PlanAction = "create"
	PlanChange    PlanAction = "change"
	PlanClose     PlanAction = "close" // no places are offered any more
	PlanUnchanged PlanAction = "unchanged"
	PlanBlocked   PlanAction = "blocked" // it would take booked or promised places away
)

// PlannedDay is what a plan does to one day, or would do.
type PlannedDay struct {
	Date   Date
	Action PlanAction
	Before *Day // nil where the day did not exist
	After  DayCapacity
	Reason string // why it is blocked
}

// weekday reads the three letters of a weekday's English name.
func weekday(name string) (time.Weekday, bool) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.ToLower(d.String()[:3]) == name {
			return d, true
		}
	}
	return 0, false
}

// days works the plan out from a day on: every day of the month that is open,
// and every closed one with no places. The error names the field.
func (p OpeningPlan) days(today Date) ([]DayCapacity, error) {
	first, err := time.Parse("2006-01", p.Month)
	if err != nil {
		return nil, invalidField("month", "month %q is not of the form YYYY-MM", shorten(p.Month))
	}
	weekdays, err := p.weekdays()
	if err != nil {
		return nil, err
	}
	named, err := p.named()
	if err != nil {
		return nil, err
	}
	var out []DayCapacity
	for at := first; at.Month() == first.Month(); at = at.AddDate(0, 0, 1) {
		date := at.Format(time.DateOnly)
		if Date(date) < today {
			continue
		}
		day, known := named[date]
		if !known {
			offer := weekdays[at.Weekday()]
			day = DayCapacity{Date: date, Capacity: offer.Capacity, Slots: offer.Slots}
		}
		out = append(out, day)
	}
	if len(out) == 0 {
		return nil, invalidField("month", "%s is past", p.Month)
	}
	return out, nil
}

// weekdays are the offers of the open weekdays.
func (p OpeningPlan) weekdays() (map[time.Weekday]Offer, error) {
	if err := p.Open.validate("open"); err != nil {
		return nil, err
	}
	out := map[time.Weekday]Offer{}
	for i, name := range p.Weekdays {
		day, known := weekday(name)
		if !known {
			return nil, invalidField(fmt.Sprintf("weekdays[%d]", i), "want mon, tue, wed, thu, fri, sat or sun, got %q", shorten(name))
		}
		out[day] = p.Open
	}
	for name, offer := range p.ByWeekday {
		day, known := weekday(name)
		if !known {
			return nil, invalidField("by_weekday", "want mon, tue, wed, thu, fri, sat or sun, got %q", shorten(name))
		}
		if _, open := out[day]; !open {
			return nil, invalidField("by_weekday."+name, "is not among the weekdays that are open")
		}
		if err := offer.validate("by_weekday." + name); err != nil {
			return nil, err
		}
		out[day] = offer
	}
	return out, nil
}

// named are the days that the plan names, the more particular over the less.
func (p OpeningPlan) named() (map[string]DayCapacity, error) {
	out := map[string]DayCapacity{}
	holiday := p.Open
	if p.Holiday != nil {
		holiday = *p.Holiday
		if err := holiday.validate("holiday"); err != nil {
			return nil, err
		}
	}
	for _, list := range []struct {
		field string
		dates []string
		offer Offer
	}{{"holidays", p.Holidays, holiday}, {"closed", p.Closed, Offer{}}} {
		for i, date := range list.dates {
			if err := p.inMonth(fmt.Sprintf("%s[%d]", list.field, i), date); err != nil {
				return nil, err
			}
			out[date] = DayCapacity{Date: date, Capacity: list.offer.Capacity, Slots: list.offer.Slots}
		}
	}
	seen := map[string]bool{}
	for i, day := range p.Special {
		field := fmt.Sprintf("special[%d]", i)
		if err := p.inMonth(field+".date", day.Date); err != nil {
			return nil, err
		}
		if seen[day.Date] {
			return nil, invalidField(field+".date", "%s is named twice", day.Date)
		}
		if err := (Offer{Capacity: day.Capacity, Slots: day.Slots}).validate(field); err != nil {
			return nil, err
		}
		seen[day.Date] = true
		out[day.Date] = day
	}
	return out, nil
}

func (p OpeningPlan) inMonth(field, date string) error {
	if _, err := ParseDate(date); err != nil {
		return invalidField(field, "%v", err)
	}
	if !strings.HasPrefix(date, p.Month+"-") {
		return invalidField(field, "%s is not in %s", date, p.Month)
	}
	return nil
}

func (o Offer) validate(field string) error {
	if o.Capacity < 0 || o.Capacity > maxCapacity {
		return invalidField(field+".capacity", "want 0 to %d, got %d", maxCapacity, o.Capacity)
	}
	return DayCapacity{Capacity: o.Capacity, Slots: o.Slots}.validateSlots(field)
}

// errDryRun undoes a transaction that was only a preview.
var errDryRun = errors.New("dry run")

// Plan opens and closes a pool's days of a month, from today on, and says what
// it did to each; with DryRun, what it would do, and nothing is changed. Done
// twice, the second changes nothing. It fails with ErrNotFound,
// ErrInvalidField, or ErrCapacityBooked with the days that stand against it,
// and then changes nothing.
func (s *Service) Plan(ctx context.Context, call Call, pool string, plan OpeningPlan) ([]PlannedDay, error) {
	days, err := plan.days(DateOf(s.now()))
	if err != nil {
		return nil, err
	}
	if plan.DryRun {
		var preview []PlannedDay
		err := s.store.Update(ctx, func(ctx context.Context, tx Tx) (err error) {
			preview, err = follow(ctx, &work{Tx: tx, now: s.now(), call: call}, pool, days)
			return errors.Join(err, errDryRun)
		})
		if errors.Is(err, errDryRun) && preview != nil {
			return preview, nil
		}
		return nil, err
	}
	done, err := once(ctx, s, call, "operations", func(ctx context.Context, w *work) ([]PlannedDay, error) {
		done, err := follow(ctx, w, pool, days)
		if err != nil {
			return nil, err
		}
		if blocked := blockedDays(done); blocked != "" {
			return nil, &Error{Code: CodeCapacityBooked, Field: "days", Detail: "booked places cannot be taken away: " + blocked}
		}
		return done, recordPlan(ctx, w, pool, done)
	})
	if err == nil {
		s.forget(pool)
	}
	return done, err
}

// follow does what the plan says, day by day. A blocked day may be left half
// done: the caller must then undo the whole.
func follow(ctx context.Context, w *work, pool string, days []DayCapacity) ([]PlannedDay, error) {
	of, err := w.Pool(ctx, pool)
	if err != nil {
		return nil, err
	}
	have, err := w.Days(ctx, pool, Date(days[0].Date))
	if err != nil {
		return nil, err
	}
	out := []PlannedDay{}
	for _, want := range days {
		i := slices.IndexFunc(have, func(d Day) bool { return d.Date == Date(want.Date) })
		done := PlannedDay{Date: Date(want.Date), After: want}
		open := want.Capacity > 0 || len(want.Slots) > 0
		switch {
		case i < 0 && !open:
			continue // closed, and there is no such day
		case i < 0:
			done.Action = PlanCreate
		default:
			done.Before = &have[i]
			if !open {
				want = closed(have[i])
			}
			switch {
			case same(have[i], want):
				done.Action = PlanUnchanged
			case open:
				done.Action = PlanChange
			default:
				done.Action = PlanClose
			}
		}
		if done.Action != PlanUnchanged {
			if err := replaceDay(ctx, w, pool, want, done.Before); errors.Is(err, ErrCapacityBooked) {
				done.Action = PlanBlocked
				done.Reason = fmt.Sprintf("%d places are booked", done.Before.Capacity-done.Before.Left-done.Before.Withheld)
			} else if errors.Is(err, ErrReleaseExceeds) || errors.Is(err, ErrDayStaged) {
				done.Action, done.Reason = PlanBlocked, "it is released by stages, which must be changed first"
			} else if errors.Is(err, ErrCapacityReserved) {
				done.Action, done.Reason = PlanBlocked, fmt.Sprintf("%d places are kept for channels", done.Before.Reserved)
			} else if err != nil {
				return nil, err
			} else if err := openDay(ctx, w, of, want, "special.opens_at"); err != nil {
				return nil, err
			}
		}
		out = append(out, done)
	}
	return out, nil
}

// replaceDay sets a day's places, also where slots go or come.
func replaceDay(ctx context.Context, w *work, pool string, want DayCapacity, before *Day) error {
	if len(want.Slots) == 0 && before != nil && len(before.Slots) > 0 {
		if err := w.PutSlots(ctx, pool, before.Date, nil); err != nil {
			return err
		}
	}
	return putDay(ctx, w, pool, want)
}

// closed is a day with its slots, if any, and no places.
func closed(d Day) DayCapacity {
	out := DayCapacity{Date: string(d.Date)}
	for _, s := range d.Slots {
		out.Slots = append(out.Slots, SlotCapacity{Start: string(s.Start), End: string(s.End)})
	}
	return out
}

// same reports whether the day is as wanted already.
func same(have Day, want DayCapacity) bool {
	wanted := want.record()
	if want.OpensAt == nil && !have.OpensAt.IsZero() {
		wanted.OpensAt = &have.OpensAt // stays
	}
	return reflect.DeepEqual(have.record(), wanted)
}

// record is the day as it will be, its slots in order and its capacity their
// sum.
func (d DayCapacity) record() dayRecord {
	day := Day{Date: Date(d.Date), Capacity: d.Capacity, Slots: d.slots()}
	if d.OpensAt != nil {
		day.OpensAt = d.OpensAt.UTC()
	}
	if len(day.Slots) > 0 {
		day.Capacity = 0
	}
	slices.SortFunc(day.Slots, func(a, b Slot) int { return strings.Compare(string(a.Start), string(b.Start)) })
	for _, s := range day.Slots {
		day.Capacity += s.Capacity
	}
	return day.record()
}

// blockedDays lists the first of the days that stand against a plan.
func blockedDays(days []PlannedDay) string {
	const most = 10
	var list []string
	for _, d := range days {
		if d.Action == PlanBlocked {
			list = append(list, fmt.Sprintf("%s: %s", d.Date, d.Reason))
		}
	}
	if len(list) > most {
		list = append(list[:most], fmt.Sprintf("and %d days more", len(list)-most))
	}
	return strings.Join(list, "; ")
}

// recordPlan writes to the audit what a plan changed.
func recordPlan(ctx context.Context, w *work, pool string, days []PlannedDay) error {
	var before, after []dayRecord
	for _, d := range days {
		if d.Action == PlanUnchanged {
			continue
		}
		if d.Before != nil {
			before = append(before, d.Before.record())
		}
		after = append(after, d.After.record())
	}
	return w.record(ctx, pool, "plan", before, after)
}
