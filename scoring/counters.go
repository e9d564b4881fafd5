package scoring

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"fairgate/rules"
)

// Counters keeps the sliding windows. Implementations are safe for concurrent
// use and pass scoring/window/windowtest.
type Counters interface {
	// Touch applies one event to every series it belongs to and then reads
	// every window asked for, the event itself included, filling the Values of
	// t. It costs one round trip per store node touched. Applying the same
	// EventID again changes nothing, so a repeat after an error is safe; an
	// event id always comes with the same time.
	//
	// A read at time t looks at (t-window, t]. For events in time order it is
	// exact. For a late event, a distinct read misses members that were seen
	// both before and after t (only the last sighting is kept), and any read
	// may miss what Limit newer members have pushed out.
	//
	// Where the mark of an entity has a since in (t-window, t], the read looks
	// at (since, t] instead, whatever the aggregate but age. A since after t
	// changes nothing: the event is from before it. For an entity that follows
	// others (EntityTouch.Follows) theirs hold as well.
	//
	// What Series of ShapeBuckets answer is bounded, see there.
	//
	// On an error the values are not to be used; what was applied stays
	// applied.
	Touch(ctx context.Context, t *Touch) error
}

// Touch is one event's business with the counters.
type Touch struct {
	EventID  string
	Time     time.Time // event time
	Entities []EntityTouch
	// Burn, if set, is a single-use token: Burnt reports whether this Touch
	// was the first in the fleet to present it within BurnTTL.
	Burn    string
	BurnTTL time.Duration
	Burnt   bool
	// Nonce, if set, is what a signature is known by: Replayed reports that another
	// event came with it within NonceTTL. It is spent as Burn is.
	Nonce    string
	NonceTTL time.Duration
	Replayed bool
	// Degraded is set by Touch where the answer is not the fleet's own: counts
	// are estimates, marks come from a snapshot, Burnt and Replayed are local.
	Degraded bool
	// Settling is set by Touch where what is not in the answer may have happened
	// all the same: it is one process's own, or the fleet's own again and may
	// lack what was counted elsewhere during an outage that has just ended.
	Settling bool
}

// EntityTouch is the part of a Touch that concerns one entity; all its keys
// live in one Redis Cluster slot.
type EntityTouch struct {
	Entity rules.Entity
	Key    string
	Series []SeriesTouch
	// Keep, if set, is the longest Keep of any series of such entities, in
	// whatever stage: everybody who touches the entity says the same. Stores
	// can then let go of an entity as a whole without asking how long others
	// need it. Where it has just become longer, what only the new window could
	// see may be gone sooner.
	Keep time.Duration
	// ReadMark asks for the mark that enforcement left on the entity. Mark is
	// its opaque part, nil where there is none. Since is what it asks of the
	// counters: to ignore what lies at or before it; zero: nothing. Where the
	// mark is not asked for, nothing is ignored.
	ReadMark bool
	Mark     []byte
	Since    time.Time
	// Follows are the places in Touch.Entities, counted from one, of the parts
	// of a pair, both of which come before it: a pair has no mark of its own,
	// and what is hidden of either part is hidden of the pair. 0: none.
	Follows [2]int
}

// SeriesTouch adds to and reads one series of an entity.
type SeriesTouch struct {
	Series *Series
	// Members are the elements to add at the event's time: the counted values
	// for ShapeValues, the event id for all others. Empty: read only.
	Members []string
	// Amount is what the event adds (ShapeAmounts and ShapeBuckets only), from 1
	// to rules.MaxAmount.
	Amount int64
	// Values receives one value per Series.Reads entry.
	Values []float64
}

// Shape says what a series remembers of an event, and so which aggregates can
// be read from it.
type Shape string

// Shapes of a series.
const (
	// ShapeEvents remembers events: count, regularity, since first, last, other.
	ShapeEvents Shape = ""
	// ShapeAmounts remembers events and what each adds: sum.
	ShapeAmounts Shape = "amounts"
	// ShapeValues remembers values, each where it was seen last: distinct.
	ShapeValues Shape = "values"
	// ShapeSpans remembers from when to when something was seen without a pause
	// of Keep or longer: age, over a window of Keep.
	ShapeSpans Shape = "spans"
	// ShapeBuckets remembers the sum of what the events of each Bucket add:
	// count and sum. A read covers every bucket that its window touches: it
	// lacks nothing, and has too much by at most what lies in the bucket of the
	// window's beginning and, for a late event or one that looks back, in that
	// of its end. A mark hides the bucket it lies in, too. A repeat is known by
	// its id for Horizon; an event that is older than the newest one of the
	// entity and Stage by more than that is not added, so none counts twice.
	ShapeBuckets Shape = "buckets"
)

// Shapes lists every Shape.
func Shapes() []Shape {
	return []Shape{ShapeEvents, ShapeAmounts, ShapeValues, ShapeSpans, ShapeBuckets}
}

// Valid reports whether s is one of Shapes.
func (s Shape) Valid() bool { return slices.Contains(Shapes(), s) }

// Reads reports whether the aggregate can be read from a series of this shape.
func (s Shape) Reads(a rules.Aggregate) bool {
	switch s {
	case ShapeAmounts:
		return a == rules.AggSum
	case ShapeValues:
		return a == rules.AggDistinct
	case ShapeSpans:
		return a == rules.AggAge
	case ShapeBuckets:
		return a == rules.AggCount || a == rules.AggSum
	default:
		switch a {
		case rules.AggCount, rules.AggRegularity, rules.AggSinceFirst, rules.AggSinceLast, rules.AggSinceOther:
			return true
		default:
			return false
		}
	}
}

// Horizon is for how long, in event time, a series of ShapeBuckets knows an
// event that is delivered again. What is later than this changes no verdict
// (scoring/pipeline).
const Horizon = 10 * time.Minute

// Series is what is remembered of an entity's events so that one or several
// features can be read from it through windows. Features of the same entity,
// events, filter, stage and shape share one.
type Series struct {
	// ID names the series within its entity. It is a hash of the definition,
	// so a changed definition starts a new series.
	ID string
	// Shape is what is remembered of each event.
	Shape Shape
	// Keep is how far back it is read at most.
	Keep time.Duration
	// Limit is how many members are kept (the newest): counts are exact below
	// it, and Limit itself means "at least Limit"; a sum is that of the Limit
	// newest. Loading refuses a ruleset that compares with a greater number. 0
	// or less: no limit. It says nothing for ShapeSpans and ShapeBuckets.
	Limit int
	// Bucket is the length of a bucket, whole milliseconds (ShapeBuckets only).
	Bucket time.Duration
	// Stage is the writer. All of an entity's series of ShapeBuckets that an
	// event adds to at one stage are in the same touch: stores remember its id
	// once for all of them.
	Stage rules.Stage
	Reads []Read
}

// Read is one window over a series.
type Read struct {
	Window    time.Duration
	Aggregate rules.Aggregate
	// Before moves the window to so much earlier (ShapeBuckets only).
	Before time.Duration
}

// ErrInvalidTouch is wrapped by the errors about a Touch that no engine could
// have built.
var ErrInvalidTouch = errors.New("invalid touch")

// Validate reports the first thing in t that the counters cannot work with.
// Implementations of Counters call it before they apply anything.
func (t *Touch) Validate() error {
	if t.EventID == "" {
		return fmt.Errorf("%w: event id is empty", ErrInvalidTouch)
	}
	if t.Burn != "" && t.BurnTTL < time.Millisecond {
		return fmt.Errorf("%w: burn ttl %s is shorter than a millisecond", ErrInvalidTouch, t.BurnTTL)
	}
	if t.Nonce != "" && t.NonceTTL < time.Millisecond {
		return fmt.Errorf("%w: nonce ttl %s is shorter than a millisecond", ErrInvalidTouch, t.NonceTTL)
	}
	for i := range t.Entities {
		for _, at := range t.Entities[i].Follows {
			if at < 0 || at > i {
				return fmt.Errorf("%w: entity %d follows %d, which is not before it", ErrInvalidTouch, i+1, at)
			}
		}
		for j := range t.Entities[i].Series {
			if err := t.Entities[i].Series[j].validate(); err != nil {
				return err
			}
		}
	}
	return nil
}

func (st *SeriesTouch) validate() error {
	s := st.Series
	if len(st.Values) != len(s.Reads) {
		return fmt.Errorf("%w: series %s has %d reads and room for %d values", ErrInvalidTouch, s.ID, len(s.Reads), len(st.Values))
	}
	adds := s.Shape == ShapeAmounts || s.Shape == ShapeBuckets
	switch {
	case !s.Shape.Valid():
		return fmt.Errorf("%w: series %s has the unknown shape %q", ErrInvalidTouch, s.ID, s.Shape)
	case s.Shape == ShapeBuckets && (s.Bucket <= 0 || s.Bucket%time.Millisecond != 0):
		return fmt.Errorf("%w: series %s has buckets of %s", ErrInvalidTouch, s.ID, s.Bucket)
	case adds && len(st.Members) > 0 && (st.Amount < 1 || st.Amount > rules.MaxAmount):
		return fmt.Errorf("%w: series %s is to add %d, from 1 to %d", ErrInvalidTouch, s.ID, st.Amount, rules.MaxAmount)
	}
	for _, r := range s.Reads {
		if !s.Shape.Reads(r.Aggregate) {
			return fmt.Errorf("%w: series %s of %q cannot tell %s", ErrInvalidTouch, s.ID, s.Shape, r.Aggregate)
		}
		if r.Before != 0 && s.Shape != ShapeBuckets {
			return fmt.Errorf("%w: series %s of %q cannot look %s back", ErrInvalidTouch, s.ID, s.Shape, r.Before)
		}
	}
	return nil
}
