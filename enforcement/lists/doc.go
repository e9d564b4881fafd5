// Package lists keeps who is denied and who is excepted from which rule.
//
// SQL is the truth (Service). Beside every target's counters in the shared
// store lies a copy of what the lists say about it, its mark, which screening
// reads in the same round trip; the Service writes it after every change and
// restores it after a loss. Snapshot is a third copy, in memory and on disk,
// for gateways whose shared store is away. The package decides nothing:
// whether an entry acts on an event is enforcement's precedence.
package lists
