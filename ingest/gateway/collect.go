package gateway

import "fairgate/ingest"

// collector is the route of the browser collector's beacon: a small JSON
// summary, checked for form and size, answered with 204 and recorded as an
// event of kind beacon. That it came is what rules count; it is screened so
// that it is counted, and never acted on. What it says is not kept.
var collector = &route{
	id:        "collect",
	kind:      ingest.KindBeacon,
	policy:    ingest.Policy{Observe: true, FailMode: ingest.FailOpen},
	maxBody:   4 << 10,
	body:      &jsonNode{},
	collector: true,
}
