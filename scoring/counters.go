package scoring

import (
	"context"
	"time"

	"fairgate/rules"
)

// Counters keeps the sliding windows. Implementations are safe for concurrent
// use and pass scoring/window/windowtest.
type Counters interface {
	// Touch applies one event to every series it belongs to and then reads
	// every window asked for, the event itself included, filling the Values of
	// t. It costs one round trip per store node touched. Applying the same
	// EventID again changes nothing, so a repeat after an error is safe.
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
}

// EntityTouch is the part of a Touch that concerns one entity; all its keys
// live in one Redis Cluster slot.
type EntityTouch struct {
	Entity rules.Entity
	Key    string
	Series []SeriesTouch
	// ReadMark asks for the mark that enforcement left on the entity (a list
	// entry, opaque here). Mark is nil where there is none.
	ReadMark bool
	Mark     []byte
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
	// that compares with a greater number.
	Limit int
	Reads []Read
}

// Read is one window over a series.
type Read struct {
	Window    time.Duration
	Aggregate rules.Aggregate
}
