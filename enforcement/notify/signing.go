package notify

import (
	"encoding/base64"
	"errors"
	"strings"
)

// SigningKey decodes a webhook's key as Standard Webhooks writes it:
// "whsec_" and base64 of 24 to 64 bytes (standardwebhooks.com, "Signature scheme").
func SigningKey(text string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(text, "whsec_")
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !ok || err != nil || len(key) < 24 || len(key) > 64 {
		return nil, errors.New(`want "whsec_" and base64 of 24 to 64 bytes`)
	}
	return key, nil
}
