package enforcement

import (
	"maps"
	"slices"
	"sync/atomic"
)

// Switch is the kill switch of the site and of its routes: while it is on,
// everything, or everything on a route, is observed and nothing acts. The zero
// value is off, and nil always is. It is safe for concurrent use; who turns it
// is audited by the caller.
type Switch struct {
	on     atomic.Bool
	routes atomic.Pointer[map[string]struct{}]
}

// Set turns the site's switch and reports whether that changed it.
func (s *Switch) Set(on bool) (changed bool) { return s.on.Swap(on) != on }

// On reports whether everything is merely observed.
func (s *Switch) On() bool { return s != nil && s.on.Load() }

// SetRoutes makes these the routes that only observe and reports whether that
// changed anything.
func (s *Switch) SetRoutes(routes []string) (changed bool) {
	next := make(map[string]struct{}, len(routes))
	for _, r := range routes {
		next[r] = struct{}{}
	}
	old := s.routes.Swap(&next)
	return old == nil && len(next) > 0 || old != nil && !maps.Equal(*old, next)
}

// AddRoutes lets these routes only observe, too, and reports whether that
// changed anything.
func (s *Switch) AddRoutes(routes []string) (changed bool) {
	return s.SetRoutes(append(s.Routes(), routes...))
}

// Routes lists the routes that only observe, in order.
func (s *Switch) Routes() []string {
	if s == nil || s.routes.Load() == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(*s.routes.Load()))
}

// Observes reports whether requests of the route are merely observed.
func (s *Switch) Observes(route string) bool {
	if s == nil {
		return false
	}
	if s.on.Load() {
		return true
	}
	routes := s.routes.Load()
	if routes == nil || len(*routes) == 0 {
		return false
	}
	_, observed := (*routes)[route]
	return observed
}
