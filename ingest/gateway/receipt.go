package gateway

import (
	"crypto/rand"
	"encoding/base32"
)

// crockford is Crockford's Base32 alphabet: no I, L, O or U, so that a receipt
// survives being read out on the telephone.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// receiptLength is in characters of five bits each: 100 bits, not guessable.
const receiptLength = 20

// newReceipt says nothing about whom or what it is for.
func newReceipt() string {
	var random [13]byte
	rand.Read(random[:]) // never fails: crypto/rand ends the process instead
	return crockford.EncodeToString(random[:])[:receiptLength]
}
