package ticketing

import (
	"fmt"
	"time"
)

// Clock is a time of day at the venue in the form HH:MM, from 00:00 to 24:00.
type Clock string

// ParseClock reads a time of day of the form HH:MM.
func ParseClock(s string) (Clock, error) {
	if s == "24:00" {
		return Clock(s), nil
	}
	if _, err := time.Parse("15:04", s); err != nil || len(s) != len("15:04") {
		return "", fmt.Errorf("time %q is not of the form HH:MM", shorten(s))
	}
	return Clock(s), nil
}

// sinceMidnight is how far into the day the clock stands; zero for a malformed
// time.
func (c Clock) sinceMidnight() time.Duration {
	if c == "24:00" {
		return 24 * time.Hour
	}
	t, err := time.Parse("15:04", string(c))
	if err != nil {
		return 0
	}
	return time.Duration(t.Hour())*time.Hour + time.Duration(t.Minute())*time.Minute
}

// Slot is a part of a pool's day with places of its own. Its start names it:
// no two slots of a day start together, though they may overlap.
type Slot struct {
	Start    Clock
	End      Clock
	Capacity int
	Left     int   // to be booked now
	Withheld int   // neither booked nor to be booked: see Stage
	Reserved int   // of the withheld, for channels: see Allotment
	Version  int64 // grows with every change of Left or Capacity
}

// Place says where an order has its places. Slot is the start of the slot, and
// empty on a day without slots, which is one implicit slot from 00:00 to 24:00.
type Place struct {
	Pool string
	Date Date
	Slot Clock
}

// starts is the moment at which the visit begins.
func (p Place) starts() time.Time { return p.Date.Start().Add(p.Slot.sinceMidnight()) }

// SlotCapacity sets how many places there are in a slot.
type SlotCapacity struct {
	Start    string
	End      string
	Capacity int
}

// maxSlots bounds the slots of one day.
const maxSlots = 200

// validateSlots checks the slots of one day; field names the day.
func (d DayCapacity) validateSlots(field string) error {
	if len(d.Slots) > maxSlots {
		return invalidField(field+".slots", "want at most %d, got %d", maxSlots, len(d.Slots))
	}
	seen, sum := map[string]bool{}, 0
	for i, slot := range d.Slots {
		name := fmt.Sprintf("%s.slots[%d]", field, i)
		start, err := ParseClock(slot.Start)
		if err != nil {
			return invalidField(name+".start", "%v", err)
		}
		end, err := ParseClock(slot.End)
		if err != nil {
			return invalidField(name+".end", "%v", err)
		}
		if start >= end {
			return invalidField(name+".end", "want a time after %s, got %s", start, end)
		}
		if seen[slot.Start] {
			return invalidField(name+".start", "another slot starts at %s too", start)
		}
		if slot.Capacity < 0 || slot.Capacity > maxCapacity {
			return invalidField(name+".capacity", "want 0 to %d, got %d", maxCapacity, slot.Capacity)
		}
		seen[slot.Start] = true
		sum += slot.Capacity
	}
	if sum > maxCapacity {
		return invalidField(field+".slots", "want at most %d places on a day, got %d", maxCapacity, sum)
	}
	if len(d.Slots) > 0 && d.Capacity != 0 && d.Capacity != sum {
		return invalidField(field+".capacity", "want the sum of the slots, %d, or nothing, got %d", sum, d.Capacity)
	}
	return nil
}

// slots is the day's slots as the store takes them, once they are valid.
func (d DayCapacity) slots() []Slot {
	out := make([]Slot, len(d.Slots))
	for i, s := range d.Slots {
		out[i] = Slot{Start: Clock(s.Start), End: Clock(s.End), Capacity: s.Capacity}
	}
	return out
}
