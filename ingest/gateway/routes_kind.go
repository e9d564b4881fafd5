package gateway

import "fairgate/ingest"

// Kind tells what a request of the past asked for, by the same table that
// screens live ones: the route's id and kind. ok is false for a write that the
// table refuses. The gateway's own collector counts as a beacon.
func (t *Routes) Kind(method, path string) (id string, kind ingest.Kind, ok bool) {
	if method == "POST" && path == CollectPath {
		return beaconRoute.id, beaconRoute.kind, true
	}
	r, _ := t.find(method, path)
	if r == nil {
		return "", "", false
	}
	return r.id, r.kind, true
}
