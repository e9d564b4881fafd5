package app

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"

	"fairgate/cmd/internal/config"
	"fairgate/ticketing"
)

// derivedTickets names, among the previous keys of tickets, the one that signs
// where no key of their own is given.
const derivedTickets = "session"

// ticketingKeys reads the secrets that the booking system keeps its data with.
func ticketingKeys(k config.Keys) (ticketing.Keys, error) {
	data, err := reveal("keys.ticketing_data", k.TicketingData)
	keys := ticketing.Keys{Encryption: [][]byte{key32(data)}}
	faults := []error{err}
	for i, previous := range k.TicketingDataPrevious {
		text, err := reveal(fmt.Sprintf("keys.ticketing_data_previous[%d]", i), previous)
		faults = append(faults, err)
		keys.Encryption = append(keys.Encryption, key32(text))
	}
	lookup, err := reveal("keys.ticketing_lookup", k.TicketingLookup)
	keys.Lookup = []byte(lookup)
	faults = append(faults, err)
	if keys.Session, err = seed("keys.session", k.Session); err == nil {
		keys.Tickets, err = ticketKeys(k, keys.Session)
	}
	return keys, errors.Join(append(faults, err)...)
}

// ticketKeys reads the keys of tickets, of which the first signs; none where
// one derived from the session's does.
func ticketKeys(k config.Keys, session ed25519.PrivateKey) ([]ed25519.PrivateKey, error) {
	if k.TicketingTickets == "" {
		if len(k.TicketingTicketsPrevious) > 0 {
			return nil, errors.New("keys.ticketing_tickets_previous: needs keys.ticketing_tickets")
		}
		return nil, nil
	}
	first, err := seed("keys.ticketing_tickets", k.TicketingTickets)
	keys, faults := []ed25519.PrivateKey{first}, []error{err}
	for i, previous := range k.TicketingTicketsPrevious {
		var key ed25519.PrivateKey
		if previous == derivedTickets {
			key, err = ticketing.DerivedTicketKey(session)
		} else {
			key, err = seed(fmt.Sprintf("keys.ticketing_tickets_previous[%d]", i), previous)
		}
		keys, faults = append(keys, key), append(faults, err)
	}
	return keys, errors.Join(faults...)
}

// seed reads an Ed25519 key from its seed.
func seed(field string, secret config.Secret) (ed25519.PrivateKey, error) {
	bytes, err := hexBytes(field, secret, ed25519.SeedSize)
	if err != nil {
		return nil, err
	}
	return ed25519.NewKeyFromSeed(bytes), nil
}

// sessionPublicKey reads the public half, which is all that the gateway gets.
func sessionPublicKey(secret config.Secret) (ed25519.PublicKey, error) {
	return hexBytes("keys.session_public", secret, ed25519.PublicKeySize)
}

// hexBytes reads a required secret that is so many bytes in hexadecimal.
func hexBytes(field string, secret config.Secret, size int) ([]byte, error) {
	text, err := reveal(field, secret)
	if err != nil {
		return nil, err
	}
	bytes, err := hex.DecodeString(text)
	if err != nil || len(bytes) != size {
		return nil, fmt.Errorf("%s: want %d bytes in hexadecimal", field, size)
	}
	return bytes, nil
}

// optionalKey reads the one key of a role that nobody need have.
func optionalKey(field string, secret config.Secret) ([]string, error) {
	if secret == "" {
		return nil, nil
	}
	key, err := reveal(field, secret)
	return []string{key}, err
}
