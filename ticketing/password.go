package ticketing

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// PasswordCost are the parameters of argon2id (RFC 9106). The default is
// OWASP's 19 MiB, two passes, one lane.
type PasswordCost struct {
	MemoryKiB uint32
	Passes    uint32
	Lanes     uint8
}

const (
	saltLength = 16
	hashLength = 32
)

// hasher computes argon2id hashes, a bounded number at once so that a burst of
// sign-ins cannot exhaust memory.
type hasher struct {
	cost  PasswordCost
	slots chan struct{}
	decoy string // verified against when there is no account, to take as long
}

func newHasher(cost PasswordCost, parallel int) *hasher {
	h := &hasher{cost: cost, slots: make(chan struct{}, parallel)}
	h.decoy = h.encode(make([]byte, saltLength), make([]byte, hashLength))
	return h
}

// hash makes the PHC string of a new password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltLength)
	_, _ = rand.Read(salt) // crypto/rand.Read never fails
	sum, err := h.derive(ctx, h.cost, salt, password)
	if err != nil {
		return "", err
	}
	return h.encode(salt, sum), nil
}

// matches reports whether the password is the one of the PHC string.
func (h *hasher) matches(ctx context.Context, phc, password string) (bool, error) {
	cost, salt, want, err := decodePHC(phc)
	if err != nil {
		return false, err
	}
	got, err := h.derive(ctx, cost, salt, password)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

func (h *hasher) derive(ctx context.Context, cost PasswordCost, salt []byte, password string) ([]byte, error) {
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(password), salt, cost.Passes, cost.MemoryKiB, cost.Lanes, hashLength), nil
}

func (h *hasher) encode(salt, sum []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		h.cost.MemoryKiB, h.cost.Passes, h.cost.Lanes, b64.EncodeToString(salt), b64.EncodeToString(sum))
}

func decodePHC(phc string) (cost PasswordCost, salt, sum []byte, err error) {
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return cost, nil, nil, fmt.Errorf("password hash: want $argon2id$v=%d$…", argon2.Version)
	}
	if _, err = fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &cost.MemoryKiB, &cost.Passes, &cost.Lanes); err != nil {
		return cost, nil, nil, fmt.Errorf("password hash parameters: %w", err)
	}
	if salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return cost, nil, nil, fmt.Errorf("password hash salt: %w", err)
	}
	if sum, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil {
		return cost, nil, nil, fmt.Errorf("password hash sum: %w", err)
	}
	return cost, salt, sum, nil
}
