package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// Headers by which the upstream knows that a request came through the gateway.
const (
	TimestampHeader = "X-Fairgate-Timestamp"  // Unix milliseconds
	RequestIDHeader = "X-Fairgate-Request-Id" // the event's id
	SignatureHeader = "X-Fairgate-Signature"  // "v1=" and 64 hexadecimal digits
)

// Sign is the value of SignatureHeader: HMAC-SHA256 with key over
//
//	"v1\n" METHOD "\n" TARGET "\n" TIMESTAMP "\n" REQUEST-ID "\n" hex(SHA-256(body))
//
// where TARGET is the request target as sent, path and query.
func Sign(key []byte, method, target, timestamp, requestID string, body []byte) string {
	sum := sha256.Sum256(body)
	mac := hmac.New(sha256.New, key)
	for _, part := range []string{"v1", method, target, timestamp, requestID} {
		mac.Write([]byte(part))
		mac.Write([]byte{'\n'})
	}
	mac.Write([]byte(hex.EncodeToString(sum[:])))
	return "v1=" + hex.EncodeToString(mac.Sum(nil))
}

// timestamp writes t as the signature has it.
func timestamp(t time.Time) string { return formatInt(t.UnixMilli()) }
