package enforcement

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"fairgate/ingest"
	"fairgate/rules"
)

// Receipts makes the receipts that refused visitors can appeal with, and reads
// them. A receipt needs no store: it is one block of 16 bytes, the minute of the
// decision, a tag of the event and a keyed tag of whom it concerned, enciphered
// with AES so that it tells nothing and nobody can make one (redundancy that is
// enciphered authenticates: M. Bellare and P. Rogaway, "Encode-then-encipher
// encryption", ASIACRYPT 2000). Guessing one for a known account succeeds with
// probability 2^-72. Every stage gives the same receipt for an event. It is safe
// for concurrent use.
type Receipts struct {
	keys []receiptKey // the current one first
	life time.Duration
}

type receiptKey struct {
	block cipher.Block
	mac   []byte
}

// ErrReceipt says that a receipt is not one of ours, or that what was proved is
// not what it was made for: which of the two is not told.
var ErrReceipt = errors.New("the receipt is unknown, or does not belong to this account or document")

// ErrReceiptOver says that a receipt whose owner is proved has expired.
var ErrReceiptOver = errors.New("the receipt has expired")

// ReceiptLife is for how long a receipt can be appealed with.
const ReceiptLife = 30 * 24 * time.Hour

// Layout of a receipt's block: version, minute, event, subject, zeros.
const (
	receiptVersion = 1
	minuteAt       = 1
	eventAt        = 5
	subjectAt      = 8
	checkAt        = 13
)

// NewReceipts takes the current key and, while one is being replaced, the
// previous, each of at least 32 bytes.
func NewReceipts(keys [][]byte) (*Receipts, error) {
	if len(keys) == 0 {
		return nil, errors.New("receipts need a key")
	}
	r := &Receipts{life: ReceiptLife}
	for i, key := range keys {
		if len(key) < 32 {
			return nil, fmt.Errorf("receipt key %d has %d bytes, want at least 32", i, len(key))
		}
		derived, err := hkdf.Key(sha256.New, key, nil, "fairgate receipts", 64)
		if err != nil {
			return nil, fmt.Errorf("derive a receipt key: %w", err)
		}
		block, err := aes.NewCipher(derived[:32])
		if err != nil {
			return nil, fmt.Errorf("prepare a receipt key: %w", err)
		}
		r.keys = append(r.keys, receiptKey{block: block, mac: derived[32:]})
	}
	return r, nil
}

// ReceiptOwner is whom a receipt for an event is made for: the account, or else
// the first document, or else the device. ok is false where nobody is known, who
// then can prove nothing either.
func ReceiptOwner(s ingest.Subject) (owner Target, ok bool) {
	switch {
	case s.Account != "":
		return Target{Entity: rules.EntityAccount, Key: s.Account}, true
	case len(s.Documents) > 0:
		return Target{Entity: rules.EntityDocument, Key: s.Documents[0]}, true
	case s.Device != "":
		return Target{Entity: rules.EntityDevice, Key: s.Device}, true
	default:
		return Target{}, false
	}
}

// Seal makes the receipt of an event.
func (r *Receipts) Seal(eventID string, at time.Time, s ingest.Subject) string {
	var plain, sealed [aes.BlockSize]byte
	plain[0] = receiptVersion
	binary.BigEndian.PutUint32(plain[minuteAt:], uint32(at.Unix()/60)) //nolint:gosec // until the year 10136
	event := sha256.Sum256([]byte(eventID))
	copy(plain[eventAt:subjectAt], event[:])
	owner, _ := ReceiptOwner(s)
	key := r.keys[0]
	copy(plain[subjectAt:checkAt], key.tag(owner, plain[:subjectAt]))
	key.block.Encrypt(sealed[:], plain[:])
	return spellReceipt(sealed)
}

// tag binds a receipt to its owner.
func (k receiptKey) tag(owner Target, head []byte) []byte {
	mac := hmac.New(sha256.New, k.mac)
	mac.Write(head)
	mac.Write([]byte(owner.String()))
	return mac.Sum(nil)[:checkAt-subjectAt]
}

// Claim is an open receipt.
type Claim struct {
	Owner Target // the proof that fits
	At    time.Time
}

// maxProofs bounds what one visitor can prove at once; Open always does as much
// work as if it were so many.
const maxProofs = 4

// Open reads a receipt for somebody who has proved to be one of owners. It takes
// the same time whether the receipt is unknown or another's, and answers both
// with ErrReceipt; forged tells them apart, for counting only.
func (r *Receipts) Open(text string, owners []Target, now time.Time) (c Claim, forged bool, err error) {
	sealed, spelt := readReceipt(text)
	found, authentic := 0, 0
	for _, key := range r.keys {
		var plain [aes.BlockSize]byte
		key.block.Decrypt(plain[:], sealed[:])
		genuine := subtle.ConstantTimeByteEq(plain[0], receiptVersion) & subtle.ConstantTimeCompare(plain[checkAt:], []byte{0, 0, 0}) & spelt
		authentic |= genuine
		for i := range maxProofs {
			var owner Target
			if i < len(owners) {
				owner = owners[i]
			}
			fits := genuine & subtle.ConstantTimeCompare(plain[subjectAt:checkAt], key.tag(owner, plain[:subjectAt]))
			if fits == 1 && owner.Key != "" {
				found = 1
				c = Claim{Owner: owner, At: time.Unix(60*int64(binary.BigEndian.Uint32(plain[minuteAt:])), 0).UTC()}
			}
		}
	}
	switch {
	case found == 0:
		return Claim{}, authentic == 0, ErrReceipt
	case now.Sub(c.At) > r.life || c.At.Sub(now) > time.Hour:
		return Claim{}, false, ErrReceiptOver
	default:
		return c, false, nil
	}
}

// spellReceipt writes a block as "FG-" and groups of four.
func spellReceipt(sealed [aes.BlockSize]byte) string {
	text := receiptAlphabet.EncodeToString(sealed[:])
	var b strings.Builder
	b.WriteString("FG")
	for i := 0; i < len(text); i += 4 {
		b.WriteByte('-')
		b.WriteString(text[i:min(i+4, len(text))])
	}
	return b.String()
}

// misread are letters that people write for digits.
var misread = strings.NewReplacer("-", "", " ", "", "O", "0", "I", "1", "L", "1")

// readReceipt reads what spellReceipt wrote, as people copy it; spelt is 0 for
// what it cannot have written.
func readReceipt(text string) (sealed [aes.BlockSize]byte, spelt int) {
	const longest = 64
	if len(text) > longest {
		return sealed, 0
	}
	text = strings.TrimPrefix(strings.ToUpper(strings.TrimSpace(text)), "FG")
	data, err := receiptAlphabet.DecodeString(misread.Replace(text))
	if err != nil || len(data) != aes.BlockSize {
		return sealed, 0
	}
	return [aes.BlockSize]byte(data), 1
}

// TidyReceipt spells a receipt as it was given out, from what people copy of it.
// It opens nothing and needs no key.
func TidyReceipt(text string) (string, bool) {
	sealed, spelt := readReceipt(text)
	if spelt == 0 {
		return "", false
	}
	return spellReceipt(sealed), true
}

// ReceiptFor is the receipt of an event by r, or, without a key, a number that
// tells events apart and that nobody can appeal with.
func ReceiptFor(r *Receipts, eventID string, at time.Time, s ingest.Subject) string {
	if r == nil {
		return Receipt(eventID)
	}
	return r.Seal(eventID, at, s)
}
