package httpapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"
)

// The headers of the gateway's signature.
const (
	HeaderTimestamp = "X-Fairgate-Timestamp"  // Unix milliseconds
	HeaderRequestID = "X-Fairgate-Request-Id" // unique; refused when seen again
	HeaderSignature = "X-Fairgate-Signature"  // "v1=" and the hex of Sign
)

// Sign computes the gateway's signature of a request, in hex:
//
//	HMAC-SHA256(key, "v1\n" METHOD "\n" TARGET "\n" TIMESTAMP "\n" REQUEST-ID "\n" hex(SHA-256(body)))
//
// TARGET is path?query exactly as it stands in the request line, TIMESTAMP the
// Unix time in milliseconds, as in its header. A golden vector: with the key
// "0123456789abcdef0123456789abcdef" (its ASCII bytes), POST,
// /api/v1/orders?x=1, 1767225600000, 018f0000-0000-7000-8000-000000000001 and
// the body {"pool":"main"} the signature is
// a31688fe117bb7d09b8d3bb9f16b84e748e91e395a84b9579fce1d5a3adeea76.
func Sign(key []byte, method, target, timestamp, requestID string, body []byte) string {
	sum := sha256.Sum256(body)
	mac := hmac.New(sha256.New, key)
	// hash.Hash never fails to write.
	_, _ = mac.Write([]byte("v1\n" + method + "\n" + target + "\n" + timestamp + "\n" + requestID + "\n" + hex.EncodeToString(sum[:])))
	return hex.EncodeToString(mac.Sum(nil))
}

// signed is what a request says of its signature.
type signed struct {
	method, target, timestamp, requestID, signature string
	body                                            []byte
}

// Reasons to refuse a signature; they go to metrics, never to the caller.
var (
	errNoSignature  = errors.New("missing")
	errBadSignature = errors.New("mismatch")
	errStale        = errors.New("stale")
	errReplayed     = errors.New("replayed")
	errGuardFull    = errors.New("guard_full")
)

// verifier checks signatures: any of the keys, within the tolerance, once.
type verifier struct {
	keys      [][]byte
	tolerance time.Duration
	clock     func() time.Time
	guard     *replayGuard
}

// maxRequestID bounds a request id, in bytes.
const maxRequestID = 128

// verify looks at every key even after a match, in constant time, and at the
// replay only after the signature, so that nobody else can fill the guard.
func (v *verifier) verify(s signed) error {
	given, err := hex.DecodeString(strings.TrimPrefix(s.signature, "v1="))
	if err != nil || !strings.HasPrefix(s.signature, "v1=") || s.requestID == "" || len(s.requestID) > maxRequestID {
		return errNoSignature
	}
	ms, err := strconv.ParseInt(s.timestamp, 10, 64)
	if err != nil {
		return errNoSignature
	}
	matches := false
	for _, key := range v.keys {
		want, err := hex.DecodeString(Sign(key, s.method, s.target, s.timestamp, s.requestID, s.body))
		if err != nil {
			return err
		}
		if hmac.Equal(want, given) {
			matches = true
		}
	}
	if !matches {
		return errBadSignature
	}
	now, at := v.clock(), time.UnixMilli(ms)
	if age := now.Sub(at); age > v.tolerance || age < -v.tolerance {
		return errStale
	}
	return v.guard.admit(s.requestID, now)
}
