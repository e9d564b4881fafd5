package ingest

// Proof is what became of the signature that a booking came with: made by the
// page's collector with the device's own key, which cannot be exported, over
// what is asked for.
type Proof string

// States of a proof; empty: there was none, which by itself says nothing
// against a visitor.
const (
	ProofValid    Proof = "valid"     // the device's key signed this very request, just now, for the first time
	ProofUnbound  Proof = "unbound"   // it is right, and of no key that this device has shown before
	ProofOtherKey Proof = "other_key" // it is right, and not of the key that this device has shown
	ProofStale    Proof = "stale"     // it is right, and older or newer than the device's clock explains
	ProofReplayed Proof = "replayed"  // it came with another request before
	ProofWrong    Proof = "wrong"     // it does not fit the request, or is none
)

// Valid reports whether p is a known state; none is one.
func (p Proof) Valid() bool {
	switch p {
	case "", ProofValid, ProofUnbound, ProofOtherKey, ProofStale, ProofReplayed, ProofWrong:
		return true
	default:
		return false
	}
}

// Right reports whether the signature fits the request, whoever's it is.
func (p Proof) Right() bool { return p == ProofValid || p == ProofUnbound || p == ProofOtherKey }
