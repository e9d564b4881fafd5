// Package engines tells how the engines and the processes of the house are: up,
// slow or away, since when, with which version, and how far behind readers of
// the log are.
//
// It owns the judgement and the memory of since when (Monitor), and asks probes
// that the wiring gives it. It raises no alert: enforcement/alert/watch does, on
// probes of its own, whether or not anybody looks here.
package engines
