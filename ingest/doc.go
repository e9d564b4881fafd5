// Package ingest is the first room of the house: what happened (Event), what
// the edge must do about it (Decision), and the one interface that the edge
// calls to find out (Screener).
//
// It owns these types, their validation and their wire form, and nothing
// else: the edge itself is ingest/gateway, the log is ingest/stream. It knows
// neither rules nor counters nor any booking system; everything downstream
// (rules, scoring, enforcement, console) imports it and never the reverse.
package ingest
