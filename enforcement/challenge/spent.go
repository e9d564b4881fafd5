package challenge

import (
	"context"
	"sync"
	"time"
)

// sweepEvery is how many challenges are remembered between two looks for
// expired ones.
const sweepEvery = 1024

// MemorySpent is a Spent for one process.
type MemorySpent struct {
	now   func() time.Time
	mu    sync.Mutex
	until map[string]time.Time
	added int
}

var _ Spent = (*MemorySpent)(nil)

// NewMemorySpent returns an empty memory; now nil is time.Now.
func NewMemorySpent(now func() time.Time) *MemorySpent {
	if now == nil {
		now = time.Now
	}
	return &MemorySpent{now: now, until: map[string]time.Time{}}
}

// Once reports whether id was not seen within ttl, and remembers it.
func (m *MemorySpent) Once(_ context.Context, id string, ttl time.Duration) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	if m.added++; m.added%sweepEvery == 0 {
		for old, until := range m.until {
			if !now.Before(until) {
				delete(m.until, old)
			}
		}
	}
	if until, known := m.until[id]; known && now.Before(until) {
		return false, nil
	}
	m.until[id] = now.Add(ttl)
	return true, nil
}
