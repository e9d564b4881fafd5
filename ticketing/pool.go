package ticketing

import (
	"fmt"
	"time"
)

// Pool is a set of places offered by the day, such as "main entrance" or
// "night tour", with the rules they are booked by.
type Pool struct {
	ID            string
	Kind          PoolKind
	Name          string
	NameEN        string // empty = none
	PriceFen      int64  // per position in fen, 1/100 yuan; 0 = free of charge
	LimitPerOrder int    // positions
	Hold          time.Duration
	Cutoff        time.Duration // before the day's start; until then places stay provisional
	OpensAt       time.Time     // booking opens; zero = open already
	Rules         Rules
	Products      []Product // none = one implicit product
	Allotted      bool      // channels have or had allotments in it; the store sees to it
	Activity      *Activity // of the kinds that visitors sign up for; nil = none
	Version       int64
}

// Free reports whether places of the pool cost nothing.
func (p Pool) Free() bool { return p.PriceFen == 0 }

// ProvisionalUntil is the pool's cut-off for places on a day.
func (p Pool) ProvisionalUntil(d Date) time.Time { return d.Start().Add(-p.Cutoff) }

// Day is the capacity of a pool on one day and what is left of it.
type Day struct {
	Date     Date
	Capacity int
	Left     int    // to be booked now
	Withheld int    // neither booked nor to be booked: see Stage
	Reserved int    // of the withheld, for channels: see Allotment
	Version  int64  // grows with every change of Left or Capacity
	Slots    []Slot // in order of start; none = one implicit slot

	OpensAt time.Time // booking of the day opens; zero = by the pool's rules, see Pool.opens
}

// Stock is what a pool has left. Version grows with every change of the pool
// or its days, and as days pass; it is the same in all processes.
type Stock struct {
	Pool    string
	Version int64
	Days    []Day
}

// PoolChange creates or updates a pool. Days not named stay as they are, and so
// does what is a pointer here and not given; these things of Pool are not read.
type PoolChange struct {
	Pool     Pool
	Kind     *PoolKind
	NameEN   *string
	Activity *Activity
	Days     []DayCapacity
	Products *[]Product
	Rules    *Rules
}

// DayCapacity sets how many places there are on a day, in all or by slots.
// Slots replace those that the day has.
type DayCapacity struct {
	Date     string
	Capacity int // with slots: their sum, or 0
	Slots    []SlotCapacity
	OpensAt  *time.Time // when booking of the day opens, zero = by the pool's rules; nil = as it is
}

// Bounds of a pool's settings.
const (
	maxPoolID        = 64
	maxPoolName      = 200
	maxLimitPerOrder = 50
	maxCapacity      = 10_000_000
	maxPriceFen      = 100_000_000
	maxDaysAtOnce    = 1000
	maxHold          = 7 * 24 * time.Hour
	maxCutoff        = 365 * 24 * time.Hour
)

// validate names the first field that is wrong.
func (c PoolChange) validate() error {
	p := c.Pool
	if !validPoolID(p.ID) {
		return invalidField("pool", "want 1 to 64 of a-z, 0-9, _ and -, got %q", shorten(p.ID))
	}
	if p.Name == "" || len(p.Name) > maxPoolName {
		return invalidField("name", "want 1 to %d bytes, got %d", maxPoolName, len(p.Name))
	}
	if p.PriceFen < 0 || p.PriceFen > maxPriceFen {
		return invalidField("price_fen", "want 0 to %d, got %d", maxPriceFen, p.PriceFen)
	}
	if p.LimitPerOrder < 1 || p.LimitPerOrder > maxLimitPerOrder {
		return invalidField("limit_per_order", "want 1 to %d, got %d", maxLimitPerOrder, p.LimitPerOrder)
	}
	if p.Hold < time.Second || p.Hold > maxHold {
		return invalidField("hold_seconds", "want 1 to %d, got %d", int(maxHold/time.Second), int(p.Hold/time.Second))
	}
	if p.Cutoff < 0 || p.Cutoff > maxCutoff {
		return invalidField("provisional_cutoff_seconds", "want 0 to %d, got %d", int(maxCutoff/time.Second), int(p.Cutoff/time.Second))
	}
	if err := c.validateKind(); err != nil {
		return err
	}
	if c.Rules != nil {
		if err := c.Rules.validate(); err != nil {
			return err
		}
	}
	if c.Products != nil {
		if err := validateProducts(*c.Products); err != nil {
			return err
		}
	}
	if len(c.Days) > maxDaysAtOnce {
		return invalidField("days", "want at most %d at once, got %d", maxDaysAtOnce, len(c.Days))
	}
	for i, d := range c.Days {
		if _, err := ParseDate(d.Date); err != nil {
			return invalidField(fmt.Sprintf("days[%d].date", i), "%v", err)
		}
		if d.Capacity < 0 || d.Capacity > maxCapacity {
			return invalidField(fmt.Sprintf("days[%d].capacity", i), "want 0 to %d, got %d", maxCapacity, d.Capacity)
		}
		if err := d.validateSlots(fmt.Sprintf("days[%d]", i)); err != nil {
			return err
		}
	}
	return nil
}

func validPoolID(id string) bool {
	if id == "" || len(id) > maxPoolID {
		return false
	}
	for i := range len(id) {
		c := id[i]
		known := c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '_' || c == '-'
		if !known {
			return false
		}
	}
	return true
}
