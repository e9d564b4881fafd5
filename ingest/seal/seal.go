// Package seal keeps small secrets at rest: addresses of channels with their
// tokens, second factors of operators. It is AES-256-GCM with a random nonce
// under keys that can be rotated.
//
// It holds keys and never data, and nothing is found by it: what must be looked
// up is hashed by whoever owns it.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
)

// KeySize is the size of every key, in bytes.
const KeySize = 32

// ErrOpen is returned for what none of the keys made for the same purpose.
var ErrOpen = errors.New("sealed with a key that is not here, or for another purpose, or damaged")

// Box seals and opens. It is safe for concurrent use.
type Box struct{ keys []cipher.AEAD }

// New takes the keys: the first seals, all of them open, so that a key can be
// replaced while what older ones sealed is still read. The error names the
// unusable ones by their position and never shows them.
func New(keys ...[]byte) (*Box, error) {
	if len(keys) == 0 {
		return nil, errors.New("no key to seal with")
	}
	b := &Box{}
	var faults []error
	for i, key := range keys {
		if len(key) != KeySize {
			faults = append(faults, fmt.Errorf("key %d: want %d bytes, have %d", i+1, KeySize, len(key)))
			continue
		}
		block, err := aes.NewCipher(key)
		if err != nil {
			faults = append(faults, fmt.Errorf("key %d: %w", i+1, err))
			continue
		}
		aead, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			faults = append(faults, fmt.Errorf("key %d: %w", i+1, err))
			continue
		}
		b.keys = append(b.keys, aead)
	}
	return b, errors.Join(faults...)
}

// Seal encrypts plain for one purpose, such as "notify.channel/" and a row's id:
// what is sealed for one row cannot be put into another.
func (b *Box) Seal(purpose string, plain []byte) []byte {
	return b.keys[0].Seal(nil, nil, plain, []byte(purpose)) //nolint:gosec // G407: the AEAD draws a nonce itself
}

// Open decrypts what Seal made for the same purpose.
func (b *Box) Open(purpose string, sealed []byte) ([]byte, error) {
	for _, key := range b.keys {
		if plain, err := key.Open(nil, nil, sealed, []byte(purpose)); err == nil {
			return plain, nil
		}
	}
	return nil, ErrOpen
}
