package enforcement

import (
	"crypto/sha256"
	"encoding/base32"
)

// receiptAlphabet is Crockford's base 32: no I, L, O or U, so that a number
// read aloud or off a screen cannot be mistaken.
var receiptAlphabet = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// Receipt is the number that a refused visitor can appeal with, for the event
// that was decided: "FG-" and 16 characters in groups of four. It is a
// one-way function of the event id, so that every stage gives the same number
// without asking another, and it tells nothing.
func Receipt(eventID string) string {
	sum := sha256.Sum256([]byte("fairgate receipt\x00" + eventID))
	text := receiptAlphabet.EncodeToString(sum[:10])
	return "FG-" + text[:4] + "-" + text[4:8] + "-" + text[8:12] + "-" + text[12:]
}
