package fingerprint

import (
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
)

// Purpose separates the keys of one tenant: the same value hashed for two
// purposes gives two unrelated results.
type Purpose string

// The purposes that the gateway hashes for.
const (
	PurposeDocument Purpose = "document"
	PurposePhone    Purpose = "phone"
	PurposeSession  Purpose = "session"
	PurposeClaimed  Purpose = "claimed"
	PurposePayee    Purpose = "payee"
	PurposeBlock    Purpose = "phone_block"
)

// purposes are all there are; each has a key of its own.
var purposes = [...]Purpose{PurposeDocument, PurposePhone, PurposeSession, PurposeClaimed, PurposePayee, PurposeBlock}

// Valid reports whether p is a known purpose.
func (p Purpose) Valid() bool { return slices.Contains(purposes[:], p) }

// MinMasterKey is the least number of bytes of a master or signing key.
const MinMasterKey = 32

// ErrShortKey is wrapped by constructors that are given too short a key.
var ErrShortKey = errors.New("key is too short")

// hashBytes is how much of the HMAC is kept: 128 bits, 32 hexadecimal digits.
const hashBytes = 16

// Keyer turns personal values into keyed hashes that can be counted and
// joined but not read back. Keys are derived per tenant and purpose from a
// master key (HKDF-SHA256, RFC 5869), so that a hash of one tenant says
// nothing about another's. It is safe for concurrent use.
type Keyer struct {
	current  map[Purpose]*MAC
	previous map[Purpose]*MAC
}

// NewKeyer derives the keys of a tenant. previous is the master key in use
// before the last rotation, or nil; while it is given, Keys answers with both
// hashes so that counters kept under the old one stay readable.
func NewKeyer(tenant string, master, previous []byte) (*Keyer, error) {
	if tenant == "" {
		return nil, errors.New("new keyer: tenant is empty")
	}
	current, err := derive(tenant, master)
	if err != nil {
		return nil, fmt.Errorf("new keyer: current master key: %w", err)
	}
	k := &Keyer{current: current}
	if len(previous) > 0 {
		if k.previous, err = derive(tenant, previous); err != nil {
			return nil, fmt.Errorf("new keyer: previous master key: %w", err)
		}
	}
	return k, nil
}

func derive(tenant string, master []byte) (map[Purpose]*MAC, error) {
	if len(master) < MinMasterKey {
		return nil, fmt.Errorf("%w: %d bytes, at least %d", ErrShortKey, len(master), MinMasterKey)
	}
	keys := make(map[Purpose]*MAC, len(purposes))
	for _, p := range purposes {
		// The tenant's length keeps ("a", "b/phone") apart from ("a/b", "phone").
		info := fmt.Sprintf("fairgate/v1/%d/%s/%s", len(tenant), tenant, p)
		key, err := hkdf.Key(sha256.New, master, nil, info, sha256.Size)
		if err != nil {
			return nil, fmt.Errorf("derive key for %s: %w", p, err)
		}
		keys[p] = NewMAC(key)
	}
	return keys, nil
}

// Current is the hash of value under the current key, 32 lower-case
// hexadecimal digits, after the purpose's normalisation. A value that
// normalises to nothing, or an unknown purpose, has the empty hash.
func (k *Keyer) Current(p Purpose, value string) string { return sum(k.current[p], p, value) }

// Previous is the hash under the key before the last rotation, or empty where
// there is none.
func (k *Keyer) Previous(p Purpose, value string) string { return sum(k.previous[p], p, value) }

// Keys lists the hashes under which value may be known, the current one
// first: one without a rotation under way, two during one, none for an empty
// value.
func (k *Keyer) Keys(p Purpose, value string) []string {
	current := k.Current(p, value)
	if current == "" {
		return nil
	}
	if previous := k.Previous(p, value); previous != "" {
		return []string{current, previous}
	}
	return []string{current}
}

func sum(m *MAC, p Purpose, value string) string {
	value = Normalise(p, value)
	if m == nil || value == "" {
		return ""
	}
	full := m.SumText(value)
	var text [2 * hashBytes]byte
	hex.Encode(text[:], full[:hashBytes])
	return string(text[:])
}
