package gateway

import (
	"maps"
	"slices"

	"fairgate/ingest"
)

// FailModes counts the routes by what they do when screening cannot be done
// properly.
func (t *Routes) FailModes() map[ingest.FailMode]int {
	modes := map[ingest.FailMode]int{}
	for _, routes := range t.routes {
		for _, r := range routes {
			modes[r.policy.FailMode]++
		}
	}
	return modes
}

// RouteMode is a route and what it does when screening cannot be done properly.
type RouteMode struct {
	ID       string
	FailMode ingest.FailMode
}

// ByID lists what the routes do then, by id, each id once: patterns that share
// an id share their policy's name, and the first of them speaks for all.
func (t *Routes) ByID() []RouteMode {
	modes := map[string]ingest.FailMode{t.reads.id: t.reads.policy.FailMode}
	for _, method := range slices.Sorted(maps.Keys(t.routes)) {
		for _, r := range t.routes[method] {
			if _, known := modes[r.id]; !known {
				modes[r.id] = r.policy.FailMode
			}
		}
	}
	out := make([]RouteMode, 0, len(modes))
	for _, id := range slices.Sorted(maps.Keys(modes)) {
		out = append(out, RouteMode{ID: id, FailMode: modes[id]})
	}
	return out
}
