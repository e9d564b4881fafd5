package gateway

import (
	"context"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// Bindings remember which account a session token stands for, as learned from
// the upstream's answer to a sign-in. sessionKey is a keyed hash of the token.
// Implementations are safe for concurrent use.
type Bindings interface {
	// Get answers within ctx; ok is false where the session is not known.
	Get(ctx context.Context, sessionKey string) (account string, ok bool, err error)
	// Put remembers for ttl; a ttl of zero or less forgets.
	Put(ctx context.Context, sessionKey, account string, ttl time.Duration) error
}

// MemoryBindings keep the most recently used bindings in the process, in front
// of an optional store that the fleet shares.
type MemoryBindings struct {
	cache  *lru.Cache[string, binding]
	shared Bindings
	now    func() time.Time
}

type binding struct {
	account string
	until   time.Time
}

var _ Bindings = (*MemoryBindings)(nil)

const (
	defaultBindings = 200_000
	// sharedFor is how long what the shared store said is believed without
	// asking again; a sign-out elsewhere is seen after that.
	sharedFor = time.Minute
)

// NewMemoryBindings holds up to size bindings (0: 200,000). shared may be nil.
func NewMemoryBindings(size int, shared Bindings, now func() time.Time) *MemoryBindings {
	if size <= 0 {
		size = defaultBindings
	}
	if now == nil {
		now = time.Now
	}
	cache, _ := lru.New[string, binding](size) // fails only for a size below one
	return &MemoryBindings{cache: cache, shared: shared, now: now}
}

// Get looks in the process, then in the shared store.
func (m *MemoryBindings) Get(ctx context.Context, sessionKey string) (string, bool, error) {
	if b, ok := m.cache.Get(sessionKey); ok {
		if m.now().Before(b.until) {
			return b.account, true, nil
		}
		m.cache.Remove(sessionKey)
	}
	if m.shared == nil {
		return "", false, nil
	}
	account, ok, err := m.shared.Get(ctx, sessionKey)
	if err != nil || !ok {
		return "", false, err
	}
	m.cache.Add(sessionKey, binding{account, m.now().Add(sharedFor)})
	return account, true, nil
}

// Put writes to both. What the process learned itself stays even where the
// shared store fails.
func (m *MemoryBindings) Put(ctx context.Context, sessionKey, account string, ttl time.Duration) error {
	if ttl <= 0 {
		m.cache.Remove(sessionKey)
	} else {
		m.cache.Add(sessionKey, binding{account, m.now().Add(ttl)})
	}
	if m.shared == nil {
		return nil
	}
	return m.shared.Put(ctx, sessionKey, account, ttl)
}
