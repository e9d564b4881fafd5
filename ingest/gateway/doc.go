// Package gateway is the edge: the Fiber server that stands in front of a
// booking system and takes every request through the same steps, one small
// file each, to be read in this order:
//
//	canonicalise.go  one spelling of path, headers and body; the rest is refused
//	match.go         method and path → the route table's entry
//	identify.go      account, device, address, documents, phone → ingest.Event
//	screen.go        one call to the Screener, within its deadline
//	act.go           challenge and block are answered here
//	forward.go       to the upstream, signed, and nothing but what was checked
//	record.go        the intent before, the outcome after
//
// It owns the route table, the wire form of refusals, and the signature that
// the booking system accepts. It mounts handlers that the wiring gives it
// (challenge, appeal) and knows neither rules nor counters nor any database.
package gateway
