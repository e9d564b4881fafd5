package gatewaybench

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/hex"

	"fairgate/cmd/internal/bench"
)

// secrets of one run; they live in memory and in the gateways' environment
// only.
type secrets struct {
	device  string
	session ed25519.PrivateKey
}

func newSecrets() secrets {
	seed := make([]byte, ed25519.SeedSize)
	_, _ = rand.Read(seed) // never fails
	return secrets{device: bench.NewSecret(), session: ed25519.NewKeyFromSeed(seed)}
}

// env hands them to a gateway. Every gateway of a run has the same, so that
// all see the same visitors.
func (k secrets) env() []string {
	public, _ := k.session.Public().(ed25519.PublicKey)
	vars := []string{"BENCH_DEVICE=" + k.device, "BENCH_SESSION_PUBLIC=" + hex.EncodeToString(public)}
	for _, name := range []string{"GATEWAY", "IDENTITY", "CHALLENGE", "RECEIPT"} {
		vars = append(vars, "BENCH_"+name+"="+bench.NewSecret())
	}
	for _, name := range []string{"DEVICE", "SESSION_PUBLIC", "GATEWAY", "IDENTITY", "CHALLENGE", "RECEIPT"} {
		vars = append(vars, "FAIRGATE_KEYS_"+name+"=env:BENCH_"+name)
	}
	return vars
}
