package scoring

import (
	"context"
	"errors"
	"fmt"
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
	// at (since, t] instead, whatever the aggregate. A since after t changes
	// nothing: the event is from before it.
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
	// Degraded is set by Touch where the answer is not the fleet's own: counts
	// are estimates, marks come from a snapshot, and Burnt is local.
	Degraded bool
	// Settling is set by Touch where the answer is the fleet's own again, but
	// may lack what was counted elsewhere during an outage that has just ended:
	// what is not in it may have happened all the same.
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
}

// SeriesTouch adds to and reads one series of an entity.
type SeriesTouch struct {
	Series *Series
	// Members are the elements to add at the event's time: the event id for
	// counting series, the counted values for distinct ones. Empty: read only.
	Members []string
	// Values receives one value per Series.Reads entry.
	Values []float64
}

// Series is a log of (member, time) that one or several features read through
// windows. Features of the same entity, events, filter, stage and element
// share one.
type Series struct {
	// ID names the series within its entity. It is a hash of the definition,
	// so a changed definition starts a new series.
	ID string
	// Keep is the longest window that reads it.
	Keep time.Duration
	// Limit is how many members are kept (the newest): counts are exact below
	// it, and Limit itself means "at least Limit". Loading refuses a ruleset
	// that compares with a greater number. 0 or less: no limit.
	Limit int
	// Distinct says that the members are counted values rather than event ids.
	// All Reads are then AggDistinct, and otherwise none is.
	Distinct bool
	Reads    []Read
}

// Read is one window over a series.
type Read struct {
	Window    time.Duration
	Aggregate rules.Aggregate
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
	for i := range t.Entities {
		for j := range t.Entities[i].Series {
			st := &t.Entities[i].Series[j]
			if len(st.Values) != len(st.Series.Reads) {
				return fmt.Errorf("%w: series %s has %d reads and room for %d values",
					ErrInvalidTouch, st.Series.ID, len(st.Series.Reads), len(st.Values))
			}
			for _, r := range st.Series.Reads {
				if (r.Aggregate == rules.AggDistinct) != st.Series.Distinct {
					return fmt.Errorf("%w: series %s mixes distinct with %s", ErrInvalidTouch, st.Series.ID, r.Aggregate)
				}
			}
		}
	}
	return nil
}
