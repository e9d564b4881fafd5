package app

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/config"
	"fairgate/ticketing"
)

func TestTicketingKeys(t *testing.T) {
	hexa := func(b byte) config.Secret {
		return config.Secret("value:" + strings.Repeat(hex.EncodeToString([]byte{b}), 32))
	}
	base := config.Keys{TicketingData: hexa(1), TicketingLookup: hexa(2), Session: hexa(3)}
	plain, err := ticketingKeys(base)
	require.NoError(t, err)
	assert.Len(t, plain.Encryption, 1)
	assert.Empty(t, plain.Tickets, "one derived from the session's signs")
	rotated := base
	rotated.TicketingData, rotated.TicketingDataPrevious = hexa(4), []config.Secret{hexa(1)}
	rotated.TicketingTickets, rotated.TicketingTicketsPrevious = hexa(5), []config.Secret{hexa(6), derivedTickets}
	keys, err := ticketingKeys(rotated)
	require.NoError(t, err)
	require.Len(t, keys.Encryption, 2)
	assert.Equal(t, plain.Encryption[0], keys.Encryption[1], "the former key still opens")
	derived, err := ticketing.DerivedTicketKey(plain.Session)
	require.NoError(t, err)
	require.Len(t, keys.Tickets, 3)
	assert.Equal(t, derived, keys.Tickets[2])
	for field, spoil := range map[string]func(*config.Keys){
		"keys.ticketing_data":                func(k *config.Keys) { k.TicketingData = "file:/nowhere/at/all" },
		"keys.ticketing_data_previous[0]":    func(k *config.Keys) { k.TicketingDataPrevious = []config.Secret{"value:short"} },
		"keys.session":                       func(k *config.Keys) { k.Session = config.Secret("value:" + strings.Repeat("x", 64)) },
		"keys.ticketing_tickets":             func(k *config.Keys) { k.TicketingTickets = config.Secret("value:" + strings.Repeat("x", 64)) },
		"keys.ticketing_tickets_previous[0]": func(k *config.Keys) { k.TicketingTicketsPrevious = []config.Secret{"file:/nowhere/at/all"} },
		"needs keys.ticketing_tickets":       func(k *config.Keys) { k.TicketingTickets = "" },
	} {
		bad := rotated
		spoil(&bad)
		_, err := ticketingKeys(bad)
		require.ErrorContains(t, err, field)
	}
}
