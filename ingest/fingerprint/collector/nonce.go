package collector

import (
	"crypto/hmac"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"fairgate/ingest/fingerprint"
)

// NonceTTL is for how long a nonce is good.
const NonceTTL = 10 * time.Minute

// nonceSkew is by how much the clocks of two gateways may differ.
const nonceSkew = time.Minute

// Layout of a nonce: "n1." + base64url(payload) + "." + base64url(mac), where
// payload = 16 bytes of device id, 8 of issue time in Unix milliseconds (big
// endian) and 12 random ones, and mac = the first 16 bytes of HMAC-SHA256(key,
// "nonce" 0 site 0 "n1." + base64url(payload)).
const (
	nonceVersion = "n1."
	nonceDevice  = 16
	nonceRandom  = 12
	nonceBytes   = nonceDevice + 8 + nonceRandom
	nonceMAC     = 16
	maxNonce     = 128
)

// strict gives each nonce one spelling only.
var strict = base64.RawURLEncoding.Strict()

// nonces issues and verifies nonces. It keeps nothing: what was used is the
// store's affair.
type nonces struct {
	site string
	keys []*fingerprint.MAC // the first signs
	ttl  time.Duration
}

func newNonces(site string, keys [][]byte, ttl time.Duration) (*nonces, error) {
	if len(keys) == 0 {
		return nil, fmt.Errorf("nonce key is missing: %w", fingerprint.ErrShortKey)
	}
	n := &nonces{site: site, ttl: ttl}
	for i, key := range keys {
		if len(key) < fingerprint.MinMasterKey {
			return nil, fmt.Errorf("nonce key %d: %w: %d bytes, at least %d", i, fingerprint.ErrShortKey, len(key), fingerprint.MinMasterKey)
		}
		n.keys = append(n.keys, fingerprint.NewMAC(key))
	}
	return n, nil
}

func (n *nonces) mac(key *fingerprint.MAC, head string) []byte {
	full := key.SumText("nonce\x00" + n.site + "\x00" + head)
	return full[:nonceMAC]
}

// issue makes a nonce for a device, 32 hexadecimal digits.
func (n *nonces) issue(device string, now time.Time) (string, error) {
	id, err := hex.DecodeString(device)
	if err != nil || len(id) != nonceDevice {
		return "", refuse(NoDevice, "", "there is no valid device token")
	}
	payload := binary.BigEndian.AppendUint64(id, uint64(max(now.UnixMilli(), 0)))
	var random [nonceRandom]byte
	rand.Read(random[:]) // never fails: crypto/rand ends the process instead
	head := nonceVersion + strict.EncodeToString(append(payload, random[:]...))
	return head + "." + strict.EncodeToString(n.mac(n.keys[0], head)), nil
}

// verify reads a nonce: its id, under which it is burnt, and for how long it
// could still be used.
func (n *nonces) verify(nonce, device string, now time.Time) (id string, left time.Duration, err error) {
	dot := strings.LastIndexByte(nonce, '.')
	if len(nonce) > maxNonce || dot < len(nonceVersion) || !strings.HasPrefix(nonce, nonceVersion) {
		return "", 0, refuse(NonceMalformed, "nonce", "is not one of ours")
	}
	payload, err := strict.DecodeString(nonce[len(nonceVersion):dot])
	if err != nil || len(payload) != nonceBytes {
		return "", 0, refuse(NonceMalformed, "nonce", "is not one of ours")
	}
	mac, err := strict.DecodeString(nonce[dot+1:])
	if err != nil {
		return "", 0, refuse(NonceMalformed, "nonce", "is not one of ours")
	}
	signed := false
	for _, key := range n.keys {
		signed = hmac.Equal(mac, n.mac(key, nonce[:dot])) || signed
	}
	if !signed {
		return "", 0, refuse(NonceForged, "nonce", "is not signed by a key of this site")
	}
	if hex.EncodeToString(payload[:nonceDevice]) != device {
		return "", 0, refuse(NonceForeign, "nonce", "was issued to another device")
	}
	issued := time.UnixMilli(int64(binary.BigEndian.Uint64(payload[nonceDevice:]))) //nolint:gosec // written by issue
	switch age := now.Sub(issued); {
	case age < -nonceSkew:
		return "", 0, refuse(NonceFuture, "nonce", "was issued in the future")
	case age >= n.ttl:
		return "", 0, refuse(NonceExpired, "nonce", "is too old")
	default:
		return hex.EncodeToString(payload[nonceDevice+8:]), n.ttl - age, nil
	}
}
