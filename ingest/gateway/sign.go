package gateway

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"sync"
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
	return newSigner(key).sign(method, target, timestamp, requestID, body)
}

// signer signs with one key. Setting an HMAC up costs as much as signing, so
// its states are used again. It is safe for concurrent use.
type signer struct {
	pool sync.Pool // of *signing
}

// signing is an HMAC state with the memory for its input and output.
type signing struct {
	mac     hash.Hash
	in, out []byte
}

func newSigner(key []byte) *signer {
	return &signer{pool: sync.Pool{New: func() any { return &signing{mac: hmac.New(sha256.New, key)} }}}
}

func (s *signer) sign(method, target, timestamp, requestID string, body []byte) string {
	state, _ := s.pool.Get().(*signing) // the pool holds nothing else
	defer s.pool.Put(state)
	in := append(state.in[:0], "v1\n"...)
	for _, part := range [...]string{method, target, timestamp, requestID} {
		in = append(append(in, part...), '\n')
	}
	sum := sha256.Sum256(body)
	state.in = hex.AppendEncode(in, sum[:])
	state.mac.Reset()
	state.mac.Write(state.in) // never fails
	state.out = state.mac.Sum(state.out[:0])
	var text [3 + 2*sha256.Size]byte
	copy(text[:], "v1=")
	hex.Encode(text[3:], state.out)
	return string(text[:])
}

// timestamp writes t as the signature has it.
func timestamp(t time.Time) string { return formatInt(t.UnixMilli()) }
