// Package ticket makes and checks what a ticket's QR code says. It owns the
// format and the signature only: whether a ticket's order stands, and whether
// its secret is still the current one, is for the booking system to say.
//
// A code is "FG1." and, in unpadded base64url, 100 bytes: 4 that name the
// signing key (the beginning of the SHA-256 of its public half), 16 of the
// position's UUID, the 16 of its secret, and the Ed25519 signature (RFC 8032)
// of a fixed prefix and the 36 bytes before it. The secret makes a code
// unguessable and revocable, the signature lets a terminal that is not
// connected tell a forged one.
package ticket

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// What can be wrong with a code.
var (
	ErrMalformed  = errors.New("not a ticket code")
	ErrUnknownKey = errors.New("ticket code signed with an unknown key")
	ErrForged     = errors.New("ticket code with a wrong signature")
)

// Secret is the random part of a ticket. It says nothing of its holder.
type Secret [16]byte

// NewSecret draws a secret from the system's random source.
func NewSecret() Secret {
	var s Secret
	_, _ = rand.Read(s[:]) // crypto/rand.Read never fails
	return s
}

// String is the secret in hexadecimal, as stores keep it.
func (s Secret) String() string { return hex.EncodeToString(s[:]) }

// ParseSecret reads what String wrote.
func ParseSecret(text string) (Secret, error) {
	var s Secret
	if len(text) != hex.EncodedLen(len(s)) {
		return s, fmt.Errorf("ticket secret: want %d digits, got %d", hex.EncodedLen(len(s)), len(text))
	}
	if _, err := hex.Decode(s[:], []byte(text)); err != nil {
		return s, errors.New("ticket secret: not hexadecimal")
	}
	return s, nil
}

// Ticket is what a code says: one person's place, and its secret.
type Ticket struct {
	Position uuid.UUID
	Secret   Secret
}

const (
	prefix     = "FG1."
	domain     = "fairgate ticket v1\n"
	keyIDSize  = 4
	bodySize   = keyIDSize + 16 + 16
	codedBytes = bodySize + ed25519.SignatureSize
)

// keyID names a key within a code.
type keyID [keyIDSize]byte

func idOf(public ed25519.PublicKey) keyID {
	sum := sha256.Sum256(public)
	return keyID(sum[:keyIDSize])
}

// Verifier checks codes. It is safe for concurrent use.
type Verifier struct{ keys map[keyID]ed25519.PublicKey }

// NewVerifier trusts the given keys: the current one and those before it whose
// tickets are still to be used.
func NewVerifier(keys ...ed25519.PublicKey) (*Verifier, error) {
	v := &Verifier{keys: make(map[keyID]ed25519.PublicKey, len(keys))}
	if len(keys) == 0 {
		return nil, errors.New("ticket keys: want at least one")
	}
	for i, key := range keys {
		if len(key) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("ticket keys[%d]: want %d bytes, got %d", i, ed25519.PublicKeySize, len(key))
		}
		if _, taken := v.keys[idOf(key)]; taken {
			return nil, fmt.Errorf("ticket keys[%d]: has the same identifier as an earlier key; make another", i)
		}
		v.keys[idOf(key)] = key
	}
	return v, nil
}

// PublicKeys are the keys that are trusted, in order of their bytes.
func (v *Verifier) PublicKeys() []ed25519.PublicKey {
	keys := slices.Collect(maps.Values(v.keys))
	slices.SortFunc(keys, func(a, b ed25519.PublicKey) int { return bytes.Compare(a, b) })
	return keys
}

// Verify reads a code and checks its signature. It fails with ErrMalformed,
// ErrUnknownKey or ErrForged.
func (v *Verifier) Verify(code string) (Ticket, error) {
	text, known := strings.CutPrefix(code, prefix)
	if !known || len(text) != base64.RawURLEncoding.EncodedLen(codedBytes) || strings.ContainsAny(text, "\r\n") {
		return Ticket{}, ErrMalformed
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != codedBytes {
		return Ticket{}, ErrMalformed
	}
	body, signature := raw[:bodySize], raw[bodySize:]
	key, known := v.keys[keyID(body[:keyIDSize])]
	if !known {
		return Ticket{}, ErrUnknownKey
	}
	if !ed25519.Verify(key, append([]byte(domain), body...), signature) {
		return Ticket{}, ErrForged
	}
	return Ticket{Position: uuid.UUID(body[keyIDSize : keyIDSize+16]), Secret: Secret(body[keyIDSize+16:])}, nil
}

// Issuer makes codes, and checks its own. It is safe for concurrent use.
type Issuer struct {
	*Verifier
	key ed25519.PrivateKey
	id  keyID
}

// NewIssuer signs with the first key and verifies with all of them: rotate by
// putting a new one in front, and drop an old one when its tickets are used.
func NewIssuer(keys ...ed25519.PrivateKey) (*Issuer, error) {
	public := make([]ed25519.PublicKey, len(keys))
	for i, key := range keys {
		if len(key) != ed25519.PrivateKeySize {
			return nil, fmt.Errorf("ticket keys[%d]: want an Ed25519 private key of %d bytes, got %d", i, ed25519.PrivateKeySize, len(key))
		}
		public[i], _ = key.Public().(ed25519.PublicKey)
	}
	v, err := NewVerifier(public...)
	if err != nil {
		return nil, err
	}
	return &Issuer{Verifier: v, key: keys[0], id: idOf(public[0])}, nil
}

// Issue makes the code of a ticket. The same ticket and key give the same code.
func (i *Issuer) Issue(t Ticket) string {
	body := bytes.Join([][]byte{i.id[:], t.Position[:], t.Secret[:]}, nil)
	signature := ed25519.Sign(i.key, append([]byte(domain), body...))
	return prefix + base64.RawURLEncoding.EncodeToString(append(body, signature...))
}
