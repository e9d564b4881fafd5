package outbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The headers of a delivery.
const (
	HeaderID        = "webhook-id"        // the id of the batch's last event
	HeaderTimestamp = "webhook-timestamp" // Unix seconds of this attempt
	HeaderSignature = "webhook-signature" // "v1," and the base64 of Sign
)

// secretPrefix marks a secret in the specification's own form.
const secretPrefix = "whsec_"

// minSecret is the specification's least length of a secret, in bytes.
const minSecret = 24

// ParseSecret reads a secret of the form whsec_BASE64. The error never repeats
// it.
func ParseSecret(text string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(text, secretPrefix)
	if !ok {
		return nil, errors.New("webhook secret: want whsec_ and base64")
	}
	secret, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return nil, errors.New("webhook secret: not base64 after whsec_")
	}
	if len(secret) < minSecret {
		return nil, fmt.Errorf("webhook secret: want at least %d bytes, got %d", minSecret, len(secret))
	}
	return secret, nil
}

// Sign computes the signature of a delivery,
// base64(HMAC-SHA256(secret, id "." unix-seconds "." body)), without its
// version prefix (Standard Webhooks 1.0, symmetric scheme v1).
func Sign(secret []byte, id string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, secret)
	// hash.Hash never fails to write.
	_, _ = mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
	_, _ = mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
