package lists

import (
	"context"
	"sync"
	"time"

	"fairgate/enforcement"
	"fairgate/rules"
)

// MemoryMarks are the marks of one process that has everything in it, beside
// counters in its memory (scoring/window/memory). They are safe for concurrent
// use and survive no restart.
type MemoryMarks struct {
	now func() time.Time

	mu      sync.RWMutex
	marks   map[enforcement.Target]memoryMark
	version int64
	written int
}

type memoryMark struct {
	data  []byte
	until time.Time // zero: no end
}

var (
	_ Marks                = (*MemoryMarks)(nil)
	_ enforcement.Snapshot = (*MemoryMarks)(nil)
)

// sweepEvery is how many marks are written between two looks for those past
// their time.
const sweepEvery = 4096

// NewMemoryMarks returns an empty memory; now nil is time.Now.
func NewMemoryMarks(now func() time.Time) *MemoryMarks {
	if now == nil {
		now = time.Now
	}
	return &MemoryMarks{now: now, marks: map[enforcement.Target]memoryMark{}}
}

// Mark returns the stored form of a target's mark, nil where there is none. It
// must not be changed.
func (m *MemoryMarks) Mark(entity rules.Entity, key string) []byte {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.marks[enforcement.Target{Entity: entity, Key: key}].data
}

// Write sets the marks of targets; one without data is deleted.
func (m *MemoryMarks) Write(_ context.Context, marks []MarkWrite) error {
	now := m.now()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range marks {
		if w.Data == nil {
			delete(m.marks, w.Target)
			continue
		}
		mark := memoryMark{data: w.Data}
		if w.TTL > 0 {
			mark.until = now.Add(w.TTL)
		}
		m.marks[w.Target] = mark
		if m.written++; m.written%sweepEvery == 0 {
			m.sweep(now)
		}
	}
	return nil
}

// sweep drops what is past its time, which says nothing any more.
func (m *MemoryMarks) sweep(now time.Time) {
	for target, mark := range m.marks {
		if !mark.until.IsZero() && !now.Before(mark.until) {
			delete(m.marks, target)
		}
	}
}

// Version returns the recorded version; ok is false where there is none.
func (m *MemoryMarks) Version(context.Context) (version int64, ok bool, err error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.version, m.version > 0, nil
}

// SetVersion records it.
func (m *MemoryMarks) SetVersion(_ context.Context, version int64) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.version = version
	return nil
}
