package enforcement

import (
	"fairgate/ingest"
	"fairgate/rules"
)

// Targets lists whom an event can be about, from the most to the least
// personal. What was merely typed (Subject.Claimed) is not among them.
func Targets(s ingest.Subject, c ingest.Client) []Target {
	e := ingest.Event{Subject: s, Client: c}
	targets := make([]Target, 0, 8+len(s.Documents))
	var keys []string
	for _, entity := range [...]rules.Entity{
		rules.EntityAccount, rules.EntityDevice, rules.EntitySession, rules.EntityDocument, rules.EntityPhone,
		rules.EntityIP, rules.EntitySubnet, rules.EntityASN,
	} {
		// As rules and counters name them, or a mark would miss what set it.
		keys = rules.AppendKeys(keys[:0], entity, &e)
		for _, key := range keys {
			targets = append(targets, Target{Entity: entity, Key: key})
		}
	}
	return targets
}

// proven lists the targets that a rule may block for this subject.
func proven(s ingest.Subject) []Target {
	return Targets(ingest.Subject{Account: s.Account, Device: s.Device, Session: s.Session}, ingest.Client{})
}
