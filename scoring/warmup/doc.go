// Package warmup knows since when each feature has been counted, and so which
// features have seen their whole window.
//
// A counter that begins today has seen one hour of its thirty days tomorrow
// morning at nine, and a rule over it would take regulars for newcomers. A
// feature is therefore warming until it was counted for as long as its window,
// and no rule that acts may begin to read it before (Gate). A backfill from the
// ledger (scoring.Backfill, run from enforcement/backfill) makes it warm at
// once.
//
// The unit is the definition of what is counted (scoring.Definition), not the
// feature's name: a renamed feature stays warm, a changed filter begins anew.
// Every process that counts reports its definitions through a Tracker; the
// Store keeps one row for each. A definition that others counted without it for
// longer than Gap loses its date. When nobody counted at all there was nobody
// to count: a stop of the whole service costs no date.
//
// # The first ruleset
//
// On a new installation nothing has been counted, and still it must screen from
// the first visitor on. The definitions of the first report ever are warm at
// once: their counters begin with the service itself, so they are right about
// everything that ever happened in front of it.
package warmup
