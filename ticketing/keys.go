package ticketing

import (
	"crypto/ed25519"
	"errors"
	"fmt"

	"fairgate/ticketing/ticket"
	"fairgate/ticketing/vault"
)

// Keys are the secrets of the booking system. They come from a file or a key
// service and are never stored beside the data.
type Keys struct {
	// Encryption seals personal data with AES-256-GCM, 32 bytes each. The first
	// seals, all of them open: rotate by putting a new one in front.
	Encryption [][]byte
	// Lookup makes the keyed HMACs that phones and documents are found by, at
	// least 32 bytes. Changing it makes stored ones unfindable.
	Lookup []byte
	// Session signs session tokens.
	Session ed25519.PrivateKey
	// Tickets sign the codes of tickets. The first signs, all of them verify:
	// rotate by putting a new one in front. None = one derived from Session.
	Tickets []ed25519.PrivateKey
}

// Vault seals and looks up with the keys, for parts of the booking system that
// stand beside the Service.
func (k Keys) Vault() (*vault.Vault, error) { return newVault(k) }

// TicketIssuer signs and checks tickets with the keys.
func (k Keys) TicketIssuer() (*ticket.Issuer, error) { return newIssuer(k) }

// newVault checks the keys and names every one that is unusable.
func newVault(keys Keys) (*vault.Vault, error) {
	v, err := vault.New(keys.Encryption, keys.Lookup)
	if len(keys.Session) != ed25519.PrivateKeySize {
		err = errors.Join(err, fmt.Errorf("keys.session: want an Ed25519 private key of %d bytes, got %d", ed25519.PrivateKeySize, len(keys.Session)))
	}
	return v, err
}
