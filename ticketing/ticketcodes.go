package ticketing

import (
	"context"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"fairgate/ticketing/ticket"
	"fairgate/ticketing/vault"
)

// newIssuer signs tickets with the keys given for that, or else with one
// derived from the session key (HKDF, RFC 5869).
func newIssuer(keys Keys) (*ticket.Issuer, error) {
	if len(keys.Tickets) > 0 {
		return ticket.NewIssuer(keys.Tickets...)
	}
	derived, err := DerivedTicketKey(keys.Session)
	if err != nil {
		return nil, err
	}
	return ticket.NewIssuer(derived)
}

// DerivedTicketKey is what signs tickets where no key of their own is given. Put
// it among the keys that verify when one is given for the first time.
func DerivedTicketKey(session ed25519.PrivateKey) (ed25519.PrivateKey, error) {
	if len(session) != ed25519.PrivateKeySize {
		return nil, errors.New("derive ticket key: the session key is none of Ed25519")
	}
	seed, err := hkdf.Key(sha256.New, session.Seed(), nil, "fairgate ticketing ticket key v1", ed25519.SeedSize)
	if err != nil {
		return nil, fmt.Errorf("derive ticket key: %w", err)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// OrderWithTickets finds an account's own order and the codes of its tickets,
// one for each position; an order that is not booked has none. Another's order
// is ErrNotFound.
func (s *Service) OrderWithTickets(ctx context.Context, account, id string) (Order, []string, error) {
	order, err := s.Order(ctx, account, id)
	if err != nil || order.State != StateProvisional && order.State != StateConfirmed {
		return order, nil, err
	}
	codes := make([]string, len(order.Positions))
	for i, p := range order.Positions {
		if codes[i], err = s.ticketCode(p); err != nil {
			return Order{}, nil, err
		}
	}
	return order, codes, nil
}

func (s *Service) ticketCode(p Position) (string, error) {
	id, err := uuid.Parse(p.ID)
	if err != nil {
		return "", fmt.Errorf("ticket of position %q: %w", p.ID, err)
	}
	secret, err := SecretOf(s.vault, p)
	if err != nil {
		return "", fmt.Errorf("ticket of position %q: %w", p.ID, err)
	}
	return s.issuer.Issue(ticket.Ticket{Position: id, Secret: secret}), nil
}

// SecretOf is the position's secret. Positions from before tickets had one of
// their own have one derived from their id with the secret look-up key.
func SecretOf(v *vault.Vault, p Position) (ticket.Secret, error) {
	if p.Secret == "" {
		return ticket.Secret(v.Key("ticket", p.ID)), nil
	}
	return ticket.ParseSecret(p.Secret)
}
