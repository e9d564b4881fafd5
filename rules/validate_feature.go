package rules

import (
	"slices"
	"time"
)

// maxBuckets is into how many parts a window is divided at most
// (PrecisionBucketed).
const maxBuckets = 60

// BucketWidth is the length of the parts in which a bucketed feature of that
// window is kept, in whole milliseconds.
func BucketWidth(window time.Duration) time.Duration {
	ms := window.Milliseconds()
	return time.Duration((ms+maxBuckets-1)/maxBuckets) * time.Millisecond
}

func validateFeature(f *Feature, at string, c *problems) {
	known(c, at+"aggregate", f.Name, f.Aggregate, Aggregates())
	known(c, at+"stage", f.Name, f.Stage, Stages())
	if f.Aggregate == AggRatio {
		validateRatio(f, at, c)
		return
	}
	validateEntity(f, at, c)
	validateKinds(f.Events, at, f.Name, c)
	if f.Stage != StageAsync {
		validateAsked(f.Events, at, f.Name, "a feature of stage "+string(f.Stage), c)
	}
	if f.Window < MinWindow || f.Window > MaxWindow || f.Window%time.Millisecond != 0 {
		c.add(at+"window", f.Name, "%s must be from %s to %s", FormatDuration(f.Window), FormatDuration(MinWindow), FormatDuration(MaxWindow))
	}
	validateOf(f, at, c)
	if f.Over != "" {
		c.add(at+"over", f.Name, "%q has no meaning for aggregate %s, only for ratio", clip(f.Over), f.Aggregate)
	}
	validateBefore(f, at, c)
	validatePrecision(f, at, c)
	if f.Aggregate == AggSinceOther && len(f.Events) == 0 && f.Where == "" {
		c.add(at+"events", f.Name, "is missing: where every event is one of the feature's, there is no other")
	}
}

// validateRatio refuses what a ratio does not have. Its parts are checked by
// validateRatios.
func validateRatio(f *Feature, at string, c *problems) {
	for field, given := range map[string]bool{
		"entity": f.Entity != "", "events": len(f.Events) > 0, "where": f.Where != "",
		"window": f.Window != 0, "before": f.Before != 0, "precision": f.Precision != "",
	} {
		if given {
			c.add(at+field, f.Name, "has no meaning for aggregate ratio: the features that it is made of say it")
		}
	}
}

func validateEntity(f *Feature, at string, c *problems) {
	a, b, pair := f.Entity.Parts()
	switch {
	case a == Entity(FieldClaimed) || b == Entity(FieldClaimed):
		c.add(at+"entity", f.Name,
			"%q cannot be counted for: a name that is merely typed has no bound; count distinct values of it instead", clip(string(f.Entity)))
	case !pair:
		known(c, at+"entity", f.Name, f.Entity, Entities())
	case a == b:
		c.add(at+"entity", f.Name, "%q is a pair of the same; a pair needs two different entities", clip(string(f.Entity)))
	default:
		known(c, at+"entity", f.Name, a, Entities())
		known(c, at+"entity", f.Name, b, Entities())
	}
}

// validateOf checks the field that an aggregate looks at.
func validateOf(f *Feature, at string, c *problems) {
	var fields []Field
	switch f.Aggregate {
	case AggDistinct:
		fields = CountedFields()
	case AggSum:
		fields = SummedFields()
	case AggShare:
		fields = SharedFields()
	default:
		if f.Of != "" {
			c.add(at+"of", f.Name, "%q has no meaning for aggregate %s", clip(string(f.Of)), f.Aggregate)
		}
		return
	}
	if f.Of == "" {
		c.add(at+"of", f.Name, "is missing: %s needs the field to count; one of %s", f.Aggregate, oneOf(fields))
		return
	}
	known(c, at+"of", f.Name, f.Of, fields)
	a, b, pair := f.Entity.Parts()
	switch {
	case f.Aggregate == AggSum:
		if f.Of == FieldLatency && f.Stage == StageInline {
			c.add(at+"of", f.Name, "%q is known only after the response and cannot be used in-line", f.Of)
		}
	case Entity(f.Of) == a || Entity(f.Of) == b:
		c.add(at+"of", f.Name, "%q is the entity itself, the %s would always be 1", f.Of, f.Aggregate)
	case f.Aggregate == AggShare && (pair || f.Entity == EntityDocument):
		c.add(at+"entity", f.Name, "%q has no share: it takes a single entity of which an event has one at most", f.Entity)
	}
}

func validateBefore(f *Feature, at string, c *problems) {
	switch {
	case f.Aggregate != AggChange && f.Before != 0:
		c.add(at+"before", f.Name, "%s has no meaning for aggregate %s, only for change", FormatDuration(f.Before), f.Aggregate)
	case f.Aggregate != AggChange:
	case f.Before < f.Window || f.Before%time.Millisecond != 0:
		c.add(at+"before", f.Name, "%s must be at least the window, %s", FormatDuration(f.Before), FormatDuration(f.Window))
	case f.Reach() > MaxWindow:
		c.add(at+"before", f.Name, "%s and the window reach back %s, at most %s", FormatDuration(f.Before), FormatDuration(f.Reach()), FormatDuration(MaxWindow))
	}
}

func validatePrecision(f *Feature, at string, c *problems) {
	if f.Precision == "" {
		return
	}
	known(c, at+"precision", f.Name, f.Precision, Precisions())
	switch f.Aggregate {
	case AggCount, AggSum, AggShare:
	case AggChange:
		if f.Precision == PrecisionExact {
			c.add(at+"precision", f.Name, "exact is more than can be kept for change, which looks back %s", f.Reach())
		}
	default:
		c.add(at+"precision", f.Name, "%q has no meaning for aggregate %s", clip(string(f.Precision)), f.Aggregate)
	}
}

// counting is the entity of the finest keys that the feature is kept under.
func (f *Feature) counting() Entity {
	if f.Aggregate == AggShare {
		return Pair(f.Entity, Entity(f.Of))
	}
	return f.Entity
}

// validateKeys refuses features whose keys have no bound: pairs of two things
// that visitors type, unless each has cost a booking that was accepted. fields
// are those that the filter reads.
func validateKeys(f *Feature, fields []string, at string, c *problems) {
	entity := f.counting()
	if _, _, pair := entity.Parts(); !pair || !entity.typed() {
		return
	}
	if f.Stage == StageInline || !slices.Contains(fields, "accepted") {
		c.add(at+"entity", f.Name,
			"%q has keys without bound: visitors make up both parts; count what was accepted, at stage outcome or async", entity)
	}
}
