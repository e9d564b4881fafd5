// Package scoring is the third room of the house: it turns an event into a
// verdict.
//
// It owns the Engine (which features to count for an event, and which rules
// fired) and the contract of the counters (Counters). The counters themselves
// are scoring/window, the asynchronous consumer is scoring/pipeline. It says
// what it found and never what is to be done about it: that is enforcement.
package scoring
