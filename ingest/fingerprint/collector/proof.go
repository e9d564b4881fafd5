package collector

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
)

// ProofHeader carries the signature over a beacon: 64 bytes r ‖ s (IEEE P1363,
// what WebCrypto gives) in base64url without padding.
const ProofHeader = "X-Fairgate-Proof"

// proofPrefix separates these signatures from any other use of the key.
const proofPrefix = "fairgate-beacon-v1\n"

// coordinate is the length of one coordinate of P-256, in bytes.
const coordinate = 32

// prove checks that body was signed with the key it names, and returns the
// key's thumbprint: the first 8 bytes of the SHA-256 of the uncompressed
// point, hexadecimal. Without a key and a signature it is empty.
func prove(key *PublicKey, proof string, body []byte) (thumb string, err error) {
	switch {
	case key == nil && proof == "":
		return "", nil
	case key == nil:
		return "", refuse(BadProof, "key", "is missing, and there is a signature")
	case proof == "":
		return "", refuse(BadProof, ProofHeader, "is missing, and there is a key")
	}
	x, xerr := strict.DecodeString(key.X)
	y, yerr := strict.DecodeString(key.Y)
	if xerr != nil || yerr != nil || len(x) != coordinate || len(y) != coordinate {
		return "", refuse(BadProof, "key", "is not a point in base64url")
	}
	point := append(append([]byte{4}, x...), y...)
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return "", refuse(BadProof, "key", "is not on the curve P-256")
	}
	signature, err := strict.DecodeString(proof)
	if err != nil || len(signature) != 2*coordinate {
		return "", refuse(BadProof, ProofHeader, "is not a signature in base64url")
	}
	digest := sha256.Sum256(append([]byte(proofPrefix), body...))
	r, s := new(big.Int).SetBytes(signature[:coordinate]), new(big.Int).SetBytes(signature[coordinate:])
	if !ecdsa.Verify(public, digest[:], r, s) {
		return "", refuse(BadProof, ProofHeader, "is not this key's signature over this beacon")
	}
	sum := sha256.Sum256(point)
	return hex.EncodeToString(sum[:8]), nil
}
