package outcome

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Headers of the Standard Webhooks specification 1.0.
const (
	headerID        = "webhook-id"
	headerTimestamp = "webhook-timestamp"
	headerSignature = "webhook-signature"
)

const (
	secretPrefix  = "whsec_"
	minSecret     = 24 // bytes, the specification's least
	signatureV1   = "v1,"
	maxSignatures = 10
)

// ErrUnsigned says that a delivery has no signature that holds.
var ErrUnsigned = errors.New("webhook signature does not hold")

// ParseSecret reads a secret of the form whsec_BASE64. The error never
// repeats it.
func ParseSecret(text string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(strings.TrimSpace(text), secretPrefix)
	if !ok {
		return nil, fmt.Errorf("webhook secret: want %s and base64", secretPrefix)
	}
	secret, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, errors.New("webhook secret: not base64 after " + secretPrefix)
	}
	if len(secret) < minSecret {
		return nil, fmt.Errorf("webhook secret: %d bytes, at least %d are wanted", len(secret), minSecret)
	}
	return secret, nil
}

// Sign gives a delivery its headers: base64(HMAC-SHA256(secret, id "."
// timestamp "." body)) under version v1 (Standard Webhooks 1.0).
func Sign(h http.Header, secret []byte, id string, at time.Time, body []byte) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	h.Set(headerID, id)
	h.Set(headerTimestamp, stamp)
	h.Set(headerSignature, signatureV1+base64.StdEncoding.EncodeToString(mac(secret, id, stamp, body)))
}

func mac(secret []byte, id, stamp string, body []byte) []byte {
	m := hmac.New(sha256.New, secret)
	m.Write([]byte(id + "." + stamp + "."))
	m.Write(body)
	return m.Sum(nil)
}

// verify checks the headers against every secret. What is compared is
// compared in constant time.
func verify(h http.Header, secrets [][]byte, now time.Time, skew time.Duration, body []byte) error {
	id, stamp := h.Get(headerID), h.Get(headerTimestamp)
	if id == "" || len(id) > maxText {
		return fmt.Errorf("%w: %s is missing or too long", ErrUnsigned, headerID)
	}
	seconds, err := strconv.ParseInt(stamp, 10, 64)
	if err != nil {
		return fmt.Errorf("%w: %s %q is no Unix time in seconds", ErrUnsigned, headerTimestamp, clip(stamp))
	}
	if off := now.Sub(time.Unix(seconds, 0)); off > skew || off < -skew {
		return fmt.Errorf("%w: %s is more than %s off", ErrUnsigned, headerTimestamp, skew)
	}
	signatures := strings.Fields(h.Get(headerSignature))
	if len(signatures) > maxSignatures {
		return fmt.Errorf("%w: %s has %d signatures, at most %d", ErrUnsigned, headerSignature, len(signatures), maxSignatures)
	}
	held := false
	for _, text := range signatures {
		encoded, ok := strings.CutPrefix(text, signatureV1)
		if !ok {
			continue // another version, such as v1a
		}
		given, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil {
			continue
		}
		for _, secret := range secrets {
			held = hmac.Equal(given, mac(secret, id, stamp, body)) || held
		}
	}
	if !held {
		return fmt.Errorf("%w: no %s matches", ErrUnsigned, headerSignature)
	}
	return nil
}
