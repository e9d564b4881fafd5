package fingerprint

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"math/big"
	"strconv"
	"strings"
	"time"

	"fairgate/ingest"
)

// ProofHeader carries the signature of a device's own key: over a beacon, 64
// bytes r ‖ s (IEEE P1363, what WebCrypto gives) in base64url without padding;
// over any other request what ReadProof reads.
const ProofHeader = "X-Fairgate-Proof"

// ProofLife is how far the device's time of a signature may be off, once the
// skew of its clock is known; a nonce is remembered for twice as long.
const ProofLife = 5 * time.Minute

// Layout of a request's proof: "r1." + x + "." + y + "." + Unix milliseconds by
// the device's clock + "." + nonce + "." + r ‖ s, where x, y and r ‖ s are in
// base64url without padding, and the nonce is 16 bytes so. Signed is
// "fairgate-request-v1" and, each after a line feed, the method, the path
// without the query, the milliseconds, the nonce, and the SHA-256 of the body
// in lower-case hexadecimal.
const (
	proofVersion = "r1"
	proofPrefix  = "fairgate-request-v1\n"
	proofParts   = 6
	maxProof     = 300
	proofNonce   = 22   // characters
	coordinate   = 32   // bytes
	maxMillis    = 1e14 // far beyond any date
)

// proofText gives each value one spelling only.
var proofText = base64.RawURLEncoding.Strict()

// Faults of a signature.
var (
	ErrNoPoint     = errors.New("the key is not a point of P-256 in base64url")
	ErrNoSignature = errors.New("it is not a signature in base64url")
	ErrOtherText   = errors.New("it is not this key's signature over this text")
)

// VerifyP256 checks a signature (r ‖ s, base64url) over message by the key whose
// coordinates are given in base64url, and returns the key's thumbprint: the
// first 8 bytes of the SHA-256 of the uncompressed point, hexadecimal. It fails
// with ErrNoPoint, ErrNoSignature or ErrOtherText.
func VerifyP256(x, y, signature string, message []byte) (thumb string, err error) {
	var point [1 + 2*coordinate]byte
	point[0] = 4
	if !fills(point[1:1+coordinate], x) || !fills(point[1+coordinate:], y) {
		return "", ErrNoPoint
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point[:])
	if err != nil {
		return "", ErrNoPoint
	}
	var rs [2 * coordinate]byte
	if !fills(rs[:], signature) {
		return "", ErrNoSignature
	}
	digest := sha256.Sum256(message)
	r, s := new(big.Int).SetBytes(rs[:coordinate]), new(big.Int).SetBytes(rs[coordinate:])
	if !ecdsa.Verify(public, digest[:], r, s) {
		return "", ErrOtherText
	}
	sum := sha256.Sum256(point[:])
	return hex.EncodeToString(sum[:8]), nil
}

// fills decodes text into out if it is exactly as long.
func fills(out []byte, text string) bool {
	if len(text) != proofText.EncodedLen(len(out)) {
		return false
	}
	n, err := proofText.Decode(out, []byte(text))
	return err == nil && n == len(out)
}

// ReadProof says what the signature of a request is worth, as far as that shows
// without knowing what came before: device is what the request's device told
// last. nonce is what its replay is known by, empty where the signature is not
// right. An absent one gives no proof and is no fault.
func ReadProof(header, method, path string, body []byte, device Sealed, now time.Time) (p ingest.Proof, nonce string) {
	if header == "" {
		return "", ""
	}
	parts := strings.Split(header[:min(len(header), maxProof+1)], ".")
	if len(header) > maxProof || len(parts) != proofParts || parts[0] != proofVersion || len(parts[4]) != proofNonce {
		return ingest.ProofWrong, ""
	}
	ms, err := strconv.ParseInt(parts[3], 10, 64)
	if err != nil || ms <= 0 || ms > maxMillis || strconv.FormatInt(ms, 10) != parts[3] {
		return ingest.ProofWrong, ""
	}
	sum := sha256.Sum256(body)
	text := proofPrefix + method + "\n" + path + "\n" + parts[3] + "\n" + parts[4] + "\n" + hex.EncodeToString(sum[:])
	thumb, err := VerifyP256(parts[1], parts[2], parts[5], []byte(text))
	if err != nil {
		return ingest.ProofWrong, ""
	}
	// The clock of a phone may be hours off; how far, its last beacon told.
	told := time.UnixMilli(ms).Add(-time.Duration(device.Telemetry.Skew) * time.Second)
	nonce = thumb + parts[4]
	switch off := now.Sub(told).Abs(); {
	case device.Key == "":
		return ingest.ProofUnbound, nonce
	case device.Key != thumb:
		return ingest.ProofOtherKey, nonce
	case off > ProofLife:
		return ingest.ProofStale, ""
	default:
		return ingest.ProofValid, nonce
	}
}
