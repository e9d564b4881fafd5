package ticketing

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
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

// vault does the sealing and hashing. It is safe for concurrent use.
type vault struct {
	sealers map[byte]cipher.AEAD
	current byte
	lookup  []byte
}

// newVault checks the keys and names every one that is unusable.
func newVault(keys Keys) (*vault, error) {
	v := &vault{sealers: make(map[byte]cipher.AEAD, len(keys.Encryption)), lookup: keys.Lookup}
	var faults []error
	if len(keys.Encryption) == 0 {
		faults = append(faults, errors.New("keys.encryption: want at least one key"))
	}
	for i, key := range keys.Encryption {
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
	if len(keys.Lookup) < 32 {
		faults = append(faults, fmt.Errorf("keys.lookup: want at least 32 bytes, got %d", len(keys.Lookup)))
	}
	if len(keys.Session) != ed25519.PrivateKeySize {
		faults = append(faults, fmt.Errorf("keys.session: want an Ed25519 private key of %d bytes, got %d", ed25519.PrivateKeySize, len(keys.Session)))
	}
	return v, errors.Join(faults...)
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// seal encrypts text for one purpose: a byte that identifies the key, a random
// nonce of 12 bytes, the ciphertext and its tag. The
// purpose is authenticated, so that a sealed phone cannot pass for a name.
func (v *vault) seal(purpose, text string) []byte {
	return v.sealers[v.current].Seal([]byte{v.current}, nil, []byte(text), []byte(purpose)) //nolint:gosec // G407: the cipher makes its own random nonce
}

// open decrypts what seal made for the same purpose.
func (v *vault) open(purpose string, sealed []byte) (string, error) {
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

// key is the HMAC-SHA256 that a value of one purpose is found by.
func (v *vault) key(purpose, value string) []byte {
	mac := hmac.New(sha256.New, v.lookup)
	_, _ = mac.Write([]byte(purpose + "\n" + value)) // hash.Hash never fails
	return mac.Sum(nil)
}
