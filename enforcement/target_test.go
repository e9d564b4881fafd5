package enforcement_test

import (
	"net/netip"
	"testing"

	"github.com/stretchr/testify/assert"

	"fairgate/enforcement"
	"fairgate/ingest"
	"fairgate/rules"
)

func TestTargetsAreKeyedAsRulesKeyThem(t *testing.T) {
	// A dual-stack listener reports IPv4 peers in IPv6 form.
	e := ingest.Event{
		Subject: ingest.Subject{Account: "a", Claimed: "typed", Device: "d", Session: "s", Documents: []string{"d1", "", "d2"}, Phone: "p"},
		Client:  ingest.Client{IP: netip.MustParseAddr("::ffff:192.0.2.7"), Subnet: "192.0.2.0/24", ASN: 4134},
	}
	targets := enforcement.Targets(e.Subject, e.Client)
	assert.Equal(t, []enforcement.Target{
		{Entity: rules.EntityAccount, Key: "a"},
		{Entity: rules.EntityDevice, Key: "d"},
		{Entity: rules.EntitySession, Key: "s"},
		{Entity: rules.EntityDocument, Key: "d1"},
		{Entity: rules.EntityDocument, Key: "d2"},
		{Entity: rules.EntityPhone, Key: "p"},
		{Entity: rules.EntityIP, Key: "192.0.2.7"},
		{Entity: rules.EntitySubnet, Key: "192.0.2.0/24"},
		{Entity: rules.EntityASN, Key: "4134"},
	}, targets)
	for _, target := range targets {
		assert.Contains(t, rules.AppendKeys(nil, target.Entity, &e), target.Key)
	}
	assert.Empty(t, enforcement.Targets(ingest.Subject{Claimed: "typed"}, ingest.Client{}))
}
