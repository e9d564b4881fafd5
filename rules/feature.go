package rules

import (
	"time"

	"fairgate/ingest"
)

// Entity is what a feature is counted for, and what a rule acts on. A feature
// can also be counted for a pair of two different ones, written
// "device+pool" (see Parts).
type Entity string

// Entities.
const (
	EntityAccount  Entity = "account"
	EntityDevice   Entity = "device"
	EntitySession  Entity = "session"
	EntityIP       Entity = "ip"
	EntitySubnet   Entity = "subnet"
	EntityASN      Entity = "asn"
	EntityDocument Entity = "document"
	EntityPhone    Entity = "phone"
	EntityPool     Entity = "pool"
	// EntityCluster is a group of accounts that belong together. Events have
	// it once the pipeline has found it; no rule acts on it.
	EntityCluster Entity = "cluster"
	// EntityFamily is a group of like devices. Events have it where the
	// device's collector told enough; no rule acts on it.
	EntityFamily Entity = "family"
	// EntityPhoneBlock is ten thousand numbers of a virtual operator that lie
	// together; events have it where their number is such a one. No rule acts on
	// it.
	EntityPhoneBlock Entity = "phone_block"
	// EntityPayee is a card or wallet that pays, where the route names it; no
	// rule acts on it.
	EntityPayee Entity = "payee"
	// EntityChannel is through whom the booking system sold; only its reports
	// (order.granted, …) have it, and no rule acts on it.
	EntityChannel Entity = "channel"
)

// Stage says who keeps a feature and when a rule runs.
type Stage string

// Stages. Each feature has exactly one writer, named by its stage.
const (
	// StageInline: at screening, on the visitor's path, before the rules; the
	// current event is counted.
	StageInline Stage = "inline"
	// StageOutcome: when the response is known (features only).
	StageOutcome Stage = "outcome"
	// StageAsync: in the pipeline.
	StageAsync Stage = "async"
)

// Aggregate is how a feature folds the events of its window.
type Aggregate string

// Aggregates. All values are float64; NoValue where there is nothing to say.
// rulesets/FEATURES.md shows each by an example.
const (
	// AggCount is the number of events in the window.
	AggCount Aggregate = "count"
	// AggSum is the sum of the number Feature.Of over the events in the
	// window. Where Precision is exact it is the whole sum as long as fewer
	// events than the counters keep add to it, and that of the newest of them
	// otherwise: never below a threshold that was passed.
	AggSum Aggregate = "sum"
	// AggDistinct is the number of distinct values of Feature.Of.
	AggDistinct Aggregate = "distinct"
	// AggRegularity is the coefficient of variation of the intervals between
	// the last events (up to RegularityEvents) in the window, NoValue for
	// fewer than four.
	AggRegularity Aggregate = "regularity"
	// AggSinceFirst and AggSinceLast are seconds since the first or the
	// previous event in the window (the current one excluded), NoValue if none.
	AggSinceFirst Aggregate = "since_first"
	AggSinceLast  Aggregate = "since_last"
	// AggSinceOther is seconds since the entity last did something else: since
	// its last event in the window that is not one of the feature's (its kind
	// is not among Events, or Where does not hold), NoValue if none. The
	// current event is excluded here, too.
	AggSinceOther Aggregate = "since_other"
	// AggAge is seconds since the entity's first event, as far back as it was
	// never idle for as long as the window; the current event counts, so a
	// newcomer has the age 0. Clearing an account does not make it younger.
	AggAge Aggregate = "age"
	// AggRatio is the value of the feature named Of divided by that of the
	// feature named Over; NoValue where either has none or Over is zero.
	AggRatio Aggregate = "ratio"
	// AggShare is the part, 0 to 1, of the entity's events in the window whose
	// field Of is the same as this event's; NoValue where the event has none.
	// Where Precision is exact it is NoValue, too, once the counters hold fewer
	// events than there were.
	AggShare Aggregate = "share"
	// AggChange is the number of events in the window divided by their number
	// in the same window, Before earlier; NoValue where that was none, or where
	// the entity has not been known since then (AggAge over Before and Window).
	AggChange Aggregate = "change"
)

// NoValue is the value of a feature that has nothing to say: its entity is
// not known for this event, or too few events were seen. It is negative so
// that "feature > n" is false.
const NoValue = -1.0

// RegularityEvents is how many of the last events AggRegularity looks at.
const RegularityEvents = 20

// Precision says how a feature's events are kept.
type Precision string

// Precisions.
const (
	// PrecisionExact keeps the events themselves, as many as the largest
	// threshold needs.
	PrecisionExact Precision = "exact"
	// PrecisionBucketed keeps their number (or sum) for each sixtieth of the
	// window, whatever it grows to. What is read covers the window and at most
	// one such part before it: it is never too small, and too large by at most
	// what happened in the part that the window's edge lies in. (Behind a
	// clearing it is too small by at most the rest of the part in which the
	// clearing lies.)
	PrecisionBucketed Precision = "bucketed"
)

// Field names what a feature looks at within an event: the value that
// AggDistinct and AggShare tell apart, or the number that AggSum adds up. For
// AggRatio it is the name of a feature.
type Field string

// Fields that can be counted. FieldDocument counts every document of the
// request.
const (
	FieldAccount  Field = "account"
	FieldDevice   Field = "device"
	FieldSession  Field = "session"
	FieldIP       Field = "ip"
	FieldSubnet   Field = "subnet"
	FieldASN      Field = "asn"
	FieldDocument Field = "document"
	FieldPhone    Field = "phone"
	FieldPool     Field = "pool"
	FieldDay      Field = "day"
	FieldClaimed  Field = "claimed"
	FieldCluster  Field = "cluster"
	FieldFamily   Field = "family"
	FieldBlock    Field = "phone_block"
	FieldPayee    Field = "payee"
	FieldChannel  Field = "channel"
	FieldOrder    Field = "order"   // the order that the request names
	FieldImprint  Field = "imprint" // all traits of a device together
	FieldAgent    Field = "agent"   // the user agent, whole
)

// Numbers that can be added up; all are whole and not negative.
const (
	// FieldPositions is the number of places asked for.
	FieldPositions Field = "positions"
	// FieldDocuments is the number of identity documents in the request.
	FieldDocuments Field = "documents"
	// FieldLatency is how long the request took, in milliseconds: the load that
	// somebody causes. Only the response tells it.
	FieldLatency Field = "latency_ms"
)

// Feature declares one number that rules can use, by name.
type Feature struct {
	Name        string        `yaml:"name" json:"name"`
	Description string        `yaml:"description" json:"description,omitempty"`
	Entity      Entity        `yaml:"entity" json:"entity"` // not for AggRatio
	Events      []ingest.Kind `yaml:"events" json:"events"` // empty: every kind
	// Where narrows the events further: a boolean expression over the event's
	// fields (not over features). Empty: all.
	Where     string        `yaml:"where" json:"where,omitempty"`
	Window    time.Duration `yaml:"window" json:"window"` // 1 s to 720 h; not for AggRatio
	Aggregate Aggregate     `yaml:"aggregate" json:"aggregate"`
	// Of is needed by AggDistinct, AggSum, AggShare and AggRatio.
	Of Field `yaml:"of" json:"of,omitempty"`
	// Over is the name of the feature that AggRatio divides by.
	Over string `yaml:"over" json:"over,omitempty"`
	// Before is how much earlier AggChange looks for comparison; default 24 h.
	Before time.Duration `yaml:"before" json:"before,omitempty"`
	// Precision is for AggCount, AggSum, AggShare and AggChange. Where it is
	// empty, AggChange, and AggSum and AggShare of an entity that many people
	// share, are bucketed and all others exact (see Bucketed).
	Precision Precision `yaml:"precision" json:"precision,omitempty"`
	Stage     Stage     `yaml:"stage" json:"stage"` // default inline
}

// DefaultBefore is the default of Feature.Before.
const DefaultBefore = 24 * time.Hour

// Bucketed reports whether the feature is kept as numbers for parts of its
// window rather than as events (PrecisionBucketed).
func (f *Feature) Bucketed() bool {
	switch f.Aggregate {
	case AggChange:
		return true
	case AggSum, AggShare:
		return f.Precision == PrecisionBucketed || (f.Precision == "" && f.Entity.shared())
	default:
		return f.Aggregate == AggCount && f.Precision == PrecisionBucketed
	}
}

// Reach is how far back the feature looks.
func (f *Feature) Reach() time.Duration { return f.Window + f.Before }
