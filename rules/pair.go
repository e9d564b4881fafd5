package rules

import (
	"slices"
	"strconv"
	"strings"

	"fairgate/ingest"
)

// pairSign joins the two parts of a pair's name.
const pairSign = "+"

// Pair is the entity that two others make together, in the order of Entities
// whichever way round they are given: what happened between this device and
// this pool.
func Pair(a, b Entity) Entity {
	if slices.Index(Entities(), a) > slices.Index(Entities(), b) {
		a, b = b, a
	}
	return a + pairSign + b
}

// Parts are the two entities of a pair; ok is false for an entity that is
// none. They need not be valid.
func (e Entity) Parts() (a, b Entity, ok bool) {
	before, after, ok := strings.Cut(string(e), pairSign)
	return Entity(before), Entity(after), ok
}

// Counted reports whether features can be counted for e: it is one of Entities
// or a pair of two different ones.
func (e Entity) Counted() bool {
	a, b, pair := e.Parts()
	if !pair {
		return e.Valid()
	}
	return a != b && a.Valid() && b.Valid()
}

// canonical is the one way in which a pair is written from here on.
func (e Entity) canonical() Entity {
	if a, b, pair := e.Parts(); pair && e.Counted() {
		return Pair(a, b)
	}
	return e
}

// typed reports that visitors write the key into their requests, so that they
// can make up as many as they like.
func (e Entity) typed() bool {
	if a, b, pair := e.Parts(); pair {
		return a.typed() && b.typed()
	}
	return e == EntityDocument || e == EntityPhone || e == EntityPool || e == EntityPhoneBlock || e == EntityPayee
}

// PairKey joins the keys of a pair's parts, in the order in which Pair names
// them, so that no two pairs of keys have the same: the first one's length
// stands before it. It is "" where either is.
func PairKey(a, b string) string {
	if a == "" || b == "" {
		return ""
	}
	return strconv.Itoa(len(a)) + ":" + a + b
}

// appendPairKeys appends the keys of a pair for the event: one for every
// document where that is one of its parts.
func appendPairKeys(dst []string, a, b Entity, e *ingest.Event) []string {
	if a != EntityDocument && b != EntityDocument {
		if k := PairKey(Key(a, e), Key(b, e)); k != "" {
			dst = append(dst, k)
		}
		return dst
	}
	for _, d := range e.Subject.Documents {
		x, y := d, Key(b, e)
		if b == EntityDocument {
			x, y = Key(a, e), d
		}
		if k := PairKey(x, y); k != "" {
			dst = append(dst, k)
		}
	}
	return dst
}
