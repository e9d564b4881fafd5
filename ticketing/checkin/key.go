package checkin

import (
	"crypto/ecdh"
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hpke"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Key is a terminal's secret. Whoever makes terminals may use it as the
// reference for what a terminal does with the 32 bytes it is given.
type Key [32]byte

// What the secret is stretched for (HKDF-SHA256, RFC 5869, without salt).
const (
	keyPrefix   = "FGTK1."
	signPurpose = "fairgate terminal sign-in key v1"
	sealPurpose = "fairgate terminal list key v1"
	signDomain  = "fairgate terminal sign-in v1"
	listInfo    = "fairgate terminal list v1"
)

// ErrKey is what ParseKey says of everything that is no key.
var ErrKey = errors.New("not a terminal's key")

// NewKey draws a key from the system's random source.
func NewKey() Key {
	var k Key
	_, _ = rand.Read(k[:]) // crypto/rand.Read never fails
	return k
}

// Text is the key as it is shown once: "FGTK1." and unpadded base64url.
func (k Key) Text() string { return keyPrefix + base64.RawURLEncoding.EncodeToString(k[:]) }

// String hides the key, so that it gets into no log.
func (Key) String() string { return "terminal key" }

// ParseKey reads what Text wrote.
func ParseKey(text string) (Key, error) {
	var k Key
	coded, known := strings.CutPrefix(text, keyPrefix)
	raw, err := base64.RawURLEncoding.Strict().DecodeString(coded)
	if !known || err != nil || len(raw) != len(k) {
		return k, ErrKey
	}
	return Key(raw), nil
}

func (k Key) derive(purpose string) []byte {
	out, err := hkdf.Key(sha256.New, k[:], nil, purpose, 32)
	if err != nil {
		return make([]byte, 32) // only asking for more than 8160 bytes fails
	}
	return out
}

// signer signs sign-ins.
func (k Key) signer() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(k.derive(signPurpose)) }

// opener opens lists.
func (k Key) opener() (*ecdh.PrivateKey, error) {
	return ecdh.X25519().NewPrivateKey(k.derive(sealPurpose))
}

// public are the halves that are stored.
func (k Key) public() (sign, seal []byte, err error) {
	opener, err := k.opener()
	if err != nil {
		return nil, nil, fmt.Errorf("derive list key: %w", err)
	}
	sign, _ = k.signer().Public().(ed25519.PublicKey)
	return sign, opener.PublicKey().Bytes(), nil
}

// Sign signs a sign-in: Ed25519 over a fixed line, the terminal's id, the
// nonce, the terminal's clock in Unix milliseconds and the version of its
// application, joined by newlines.
func (k Key) Sign(terminal, nonce string, clock time.Time, app string) []byte {
	return ed25519.Sign(k.signer(), signInText(terminal, nonce, clock, app))
}

func signInText(terminal, nonce string, clock time.Time, app string) []byte {
	return []byte(strings.Join([]string{signDomain, terminal, nonce, strconv.FormatInt(clock.UnixMilli(), 10), app}, "\n"))
}

// OpenList opens a sealed page of a list.
func (k Key) OpenList(sealed []byte) ([]byte, error) {
	private, err := k.opener()
	if err != nil {
		return nil, fmt.Errorf("open list: %w", err)
	}
	key, err := hpke.NewDHKEMPrivateKey(private)
	if err != nil {
		return nil, fmt.Errorf("open list: %w", err)
	}
	text, err := hpke.Open(key, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte(listInfo), sealed)
	if err != nil {
		return nil, fmt.Errorf("open list: %w", err)
	}
	return text, nil
}

// sealList seals a page to a terminal: the encapsulated key of 32 bytes, then
// the ciphertext (HPKE base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
// AES-256-GCM).
func sealList(public, text []byte) ([]byte, error) {
	key, err := ecdh.X25519().NewPublicKey(public)
	if err != nil {
		return nil, fmt.Errorf("seal list: %w", err)
	}
	to, err := hpke.NewDHKEMPublicKey(key)
	if err != nil {
		return nil, fmt.Errorf("seal list: %w", err)
	}
	sealed, err := hpke.Seal(to, hpke.HKDFSHA256(), hpke.AES256GCM(), []byte(listInfo), text)
	if err != nil {
		return nil, fmt.Errorf("seal list: %w", err)
	}
	return sealed, nil
}
