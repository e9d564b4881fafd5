package ticketing

import (
	"crypto/sha256"
	"sync"
	"time"
)

// tokensKept bounds how many verified tokens a process remembers in one
// generation, about 200 bytes each.
const tokensKept = 50_000

// verified is what a token says whose signature has been checked.
type verified struct {
	session, account string
	expiresAt        time.Time
}

// tokens remembers the tokens whose signature was good, because checking one
// costs more than the rest of a request and a good one stays good. Whether its
// session still lives is for others to ask, each time. Tokens are kept by their
// hash, in two generations, of which the older is dropped whole. It is safe for
// concurrent use.
type tokens struct {
	most int

	mu              sync.RWMutex
	current, former map[[sha256.Size]byte]verified
}

func newTokens(most int) *tokens {
	return &tokens{most: most, current: map[[sha256.Size]byte]verified{}}
}

// known gives what a remembered token says, until it expires.
func (t *tokens) known(token string, now time.Time) (verified, bool) {
	sum := sha256.Sum256([]byte(token))
	t.mu.RLock()
	v, ok := t.current[sum]
	if !ok {
		v, ok = t.former[sum]
	}
	t.mu.RUnlock()
	return v, ok && now.Before(v.expiresAt)
}

// remember keeps a token that has been verified.
func (t *tokens) remember(token string, v verified) {
	sum := sha256.Sum256([]byte(token))
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.current) >= t.most {
		t.former, t.current = t.current, map[[sha256.Size]byte]verified{}
	}
	t.current[sum] = v
}
