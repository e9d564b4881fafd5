package fingerprint

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"sync"
)

// MAC is HMAC-SHA256 under one key. Its states are used again: setting one up
// costs as much as hashing. It is safe for concurrent use.
type MAC struct {
	pool sync.Pool // of *macState
}

// macState is an HMAC state with the memory for its input and output.
type macState struct {
	hash    hash.Hash
	in, out []byte
}

// NewMAC returns the HMAC under key.
func NewMAC(key []byte) *MAC {
	return &MAC{pool: sync.Pool{New: func() any { return &macState{hash: hmac.New(sha256.New, key)} }}}
}

// Sum is the HMAC of what write appends to b, of which nothing stays.
func (m *MAC) Sum(write func(b []byte) []byte) (full [sha256.Size]byte) {
	state, _ := m.pool.Get().(*macState) // the pool holds nothing else
	state.in = write(state.in[:0])
	state.hash.Reset()
	state.hash.Write(state.in) // never fails
	state.out = state.hash.Sum(state.out[:0])
	copy(full[:], state.out)
	clear(state.in)
	m.pool.Put(state)
	return full
}

// SumText is the HMAC of text.
func (m *MAC) SumText(text string) [sha256.Size]byte {
	return m.Sum(func(b []byte) []byte { return append(b, text...) })
}
