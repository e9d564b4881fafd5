// Package alert turns what is found wrong, again and again, into one alert a
// pattern: what, since when, who and how many, which pools, the evidence, what
// was done by itself, and what to do next.
//
// It owns the life of an alert (firing → acknowledged → closed), silences,
// escalation, and how long people took to respond. Whoever watches reports
// Findings every few seconds for as long as a pattern lasts; the first opens an
// alert, the others keep it open, and when none has come for a while it is over.
// Findings of one pattern and group are one alert, whatever number of pools they
// name. It neither watches (package watch does) nor sends: messages are queued
// with package notify in the transaction that changes the alert, so that one is
// told exactly when it happened.
//
// A silenced alert is kept and shown; only nobody is told. A silence has an end
// and a reason, and is over early when it has matched nothing for an hour.
package alert
