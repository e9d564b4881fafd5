package collector

import (
	"errors"

	"fairgate/ingest/fingerprint"
)

// ProofHeader carries the signature over a beacon.
const ProofHeader = fingerprint.ProofHeader

// proofPrefix separates these signatures from any other use of the key.
const proofPrefix = "fairgate-beacon-v1\n"

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
	thumb, err = fingerprint.VerifyP256(key.X, key.Y, proof, append([]byte(proofPrefix), body...))
	switch {
	case errors.Is(err, fingerprint.ErrNoPoint):
		return "", refuse(BadProof, "key", "is not a point of P-256 in base64url")
	case errors.Is(err, fingerprint.ErrNoSignature):
		return "", refuse(BadProof, ProofHeader, "is not a signature in base64url")
	case err != nil:
		return "", refuse(BadProof, ProofHeader, "is not this key's signature over this beacon")
	}
	return thumb, nil
}
