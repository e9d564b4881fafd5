package scoring

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"fairgate/rules"
)

// Definition names what a feature counts, whatever the feature is called: two
// features with the same definition have the same value, in whatever ruleset
// they stand, and a feature whose definition was active for as long as its
// window is warm. Another entity, filter, stage, element, aggregate's kind of
// memory or window gives another definition: a longer window sees what a
// shorter one had let go of.
//
// The form is "<entity>:<id>@<window>", id being that of the series. It is
// empty for a feature that counts nothing itself (a ratio of two others).
func Definition(f rules.Feature) string {
	parts := partsOf(&f, 0)
	if len(parts) == 0 {
		return ""
	}
	ids := make([]string, len(parts))
	for i, p := range parts {
		ids[i] = fmt.Sprintf("%s:%s", p.entity, p.id())
	}
	return strings.Join(ids, ",") + "@" + f.Reach().String()
}

// part is one number that the counters tell for a feature. Most features are
// one; a share is made of two, a change of three.
type part struct {
	definition
	feature int // its slot in the program
	read    Read
}

// definition is what makes two features share a series.
type definition struct {
	entity rules.Entity
	stage  rules.Stage
	events string
	where  string
	of     rules.Field // what is looked at of an event
	shape  Shape
	// other says that the events which are not the feature's are meant.
	other bool
	// window is part of it where another would be kept in another way.
	window time.Duration
}

// id is the first 12 hexadecimal digits of the definition's SHA-256. The
// entity is left out: it is part of the key already.
func (d definition) id() string {
	text := fmt.Appendf(nil, "%s\n%s\n%s\n%s", d.stage, d.events, d.where, d.of)
	if d.other || d.shape == ShapeAmounts || d.shape == ShapeSpans || d.shape == ShapeBuckets {
		text = fmt.Appendf(text, "\n%s\n%t\n%s", d.shape, d.other, d.window)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:6])
}

// partsOf lists what the counters have to tell for the feature in that slot;
// nothing for a ratio. What finish makes of them depends on their order.
func partsOf(f *rules.Feature, slot int) []part {
	events := make([]string, 0, len(f.Events))
	for _, k := range f.Events {
		events = append(events, string(k))
	}
	slices.Sort(events)
	one := part{
		feature: slot,
		definition: definition{
			entity: f.Entity, stage: f.Stage, where: strings.TrimSpace(f.Where),
			events: strings.Join(slices.Compact(events), ","),
		},
		read: Read{Window: f.Window, Aggregate: f.Aggregate},
	}
	if f.Bucketed() {
		one.shape, one.window = ShapeBuckets, f.Window
	}
	switch f.Aggregate {
	case rules.AggRatio:
		return nil
	case rules.AggDistinct:
		one.shape, one.of = ShapeValues, f.Of
	case rules.AggSum:
		one.of = f.Of
		if one.shape != ShapeBuckets {
			one.shape = ShapeAmounts
		}
	case rules.AggAge:
		one.shape, one.window = ShapeSpans, f.Window
	case rules.AggSinceOther:
		one.other = true
	case rules.AggShare:
		one.read.Aggregate = rules.AggCount
		of := one
		of.entity = rules.Pair(f.Entity, rules.Entity(f.Of))
		return []part{of, one}
	case rules.AggChange:
		one.read.Aggregate = rules.AggCount
		before, age := one, one
		before.read.Before = f.Before
		age.shape, age.window = ShapeSpans, f.Reach()
		age.read = Read{Window: f.Reach(), Aggregate: rules.AggAge}
		return []part{one, before, age}
	default: // one number of the events themselves
	}
	return []part{one}
}
