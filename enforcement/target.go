package enforcement

import (
	"strconv"

	"fairgate/ingest"
	"fairgate/rules"
)

// Targets lists whom an event can be about, from the most to the least
// personal. What was merely typed (Subject.Claimed) is not among them.
func Targets(s ingest.Subject, c ingest.Client) []Target {
	targets := make([]Target, 0, 8+len(s.Documents))
	add := func(entity rules.Entity, key string) {
		if key != "" {
			targets = append(targets, Target{Entity: entity, Key: key})
		}
	}
	add(rules.EntityAccount, s.Account)
	add(rules.EntityDevice, s.Device)
	add(rules.EntitySession, s.Session)
	for _, document := range s.Documents {
		add(rules.EntityDocument, document)
	}
	add(rules.EntityPhone, s.Phone)
	if c.IP.IsValid() {
		add(rules.EntityIP, c.IP.String())
	}
	add(rules.EntitySubnet, c.Subnet)
	if c.ASN != 0 {
		add(rules.EntityASN, strconv.FormatUint(uint64(c.ASN), 10))
	}
	return targets
}

// proven lists the targets that a rule may block for this subject.
func proven(s ingest.Subject) []Target {
	return Targets(ingest.Subject{Account: s.Account, Device: s.Device, Session: s.Session}, ingest.Client{})
}
