package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"fairgate/ingest/fingerprint"
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
	return sign(fingerprint.NewMAC(key), method, target, timestamp, requestID, body)
}

func sign(key *fingerprint.MAC, method, target, timestamp, requestID string, body []byte) string {
	full := key.Sum(func(b []byte) []byte {
		b = append(b, "v1\n"...)
		for _, part := range [...]string{method, target, timestamp, requestID} {
			b = append(append(b, part...), '\n')
		}
		sum := sha256.Sum256(body)
		return hex.AppendEncode(b, sum[:])
	})
	var text [3 + 2*sha256.Size]byte
	copy(text[:], "v1=")
	hex.Encode(text[3:], full[:])
	return string(text[:])
}

// timestamp writes t as the signature has it.
func timestamp(t time.Time) string { return formatInt(t.UnixMilli()) }
