// Package vault keeps personal data: it seals names, phone and document numbers
// with AES-256-GCM, and makes the keyed HMACs that they are found by. It holds
// keys, never data; what is sealed lies in the store of whoever sealed it.
package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
)

// minLookup is the least length of the key for looking up, in bytes.
const minLookup = 32

// Vault does the sealing and hashing. It is safe for concurrent use.
type Vault struct {
	sealers map[byte]cipher.AEAD
	current byte
	lookup  []byte
}

// New takes the keys: of encryption 32 bytes each, of which the first seals and
// all of them open, so that they can be rotated; lookup is at least 32 bytes.
// The error names every unusable key.
func New(encryption [][]byte, lookup []byte) (*Vault, error) {
	v := &Vault{sealers: make(map[byte]cipher.AEAD, len(encryption)), lookup: lookup}
	var faults []error
	if len(encryption) == 0 {
		faults = append(faults, errors.New("keys.encryption: want at least one key"))
	}
	for i, key := range encryption {
		if len(key) != 32 {
			faults = append(faults, fmt.Errorf("keys.encryption[%d]: want 32 bytes, got %d", i, len(key)))
			continue
		}
		aead, err := newAEAD(key)
		if err != nil {
			faults = append(faults, fmt.Errorf("keys.encryption[%d]: %w", i, err))
			continue
		}
		id := sha256.Sum256(key)
		if _, taken := v.sealers[id[0]]; taken {
			faults = append(faults, fmt.Errorf("keys.encryption[%d]: has the same identifier as an earlier key; make another", i))
			continue
		}
		v.sealers[id[0]] = aead
		if i == 0 {
			v.current = id[0]
		}
	}
	if len(lookup) < minLookup {
		faults = append(faults, fmt.Errorf("keys.lookup: want at least %d bytes, got %d", minLookup, len(lookup)))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return v, nil
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// Seal encrypts text for one purpose: a byte that identifies the key, a random
// nonce of 12 bytes, the ciphertext and its tag. The
// purpose is authenticated, so that a sealed phone cannot pass for a name.
func (v *Vault) Seal(purpose, text string) []byte {
	return v.sealers[v.current].Seal([]byte{v.current}, nil, []byte(text), []byte(purpose)) //nolint:gosec // G407: the cipher makes its own random nonce
}

// Current is the first byte of whatever Seal makes: it identifies the key.
func (v *Vault) Current() byte { return v.current }

// Open decrypts what Seal made for the same purpose.
func (v *Vault) Open(purpose string, sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", errors.New("open sealed " + purpose + ": empty")
	}
	aead, known := v.sealers[sealed[0]]
	if !known {
		return "", errors.New("open sealed " + purpose + ": no key for it")
	}
	plain, err := aead.Open(nil, nil, sealed[1:], []byte(purpose))
	if err != nil {
		return "", fmt.Errorf("open sealed %s: %w", purpose, err)
	}
	return string(plain), nil
}

// Key is the HMAC-SHA256 that a value of one purpose is found by.
func (v *Vault) Key(purpose, value string) []byte {
	mac := hmac.New(sha256.New, v.lookup)
	_, _ = mac.Write([]byte(purpose + "\n" + value)) // hash.Hash never fails
	return mac.Sum(nil)
}
