package scoring

import (
	"fmt"

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
	return fmt.Sprintf("%s:%s@%s", f.Entity, define(&f).id(), f.Window)
}
