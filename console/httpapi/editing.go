package httpapi

import (
	"sync"
	"time"
)

// editingPeriod is for how long saves of one draft by one person are one entry
// of the audit log: an editor saves after every few words.
const editingPeriod = 15 * time.Minute

// editing remembers whose editing of what is in the audit log already. It is
// safe for concurrent use; the zero value is ready. Of several consoles each
// writes its own entry.
type editing struct {
	mu    sync.Mutex
	began map[[2]string]time.Time // by who and what
}

// begins reports whether a save opens a period, and so is to be written down.
func (e *editing) begins(who, what string, now time.Time) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for key, at := range e.began {
		if now.Sub(at) >= editingPeriod {
			delete(e.began, key)
		}
	}
	key := [2]string{who, what}
	if _, running := e.began[key]; running {
		return false
	}
	if e.began == nil {
		e.began = map[[2]string]time.Time{}
	}
	e.began[key] = now
	return true
}

// forget has the next save open a period: the entry of this one failed.
func (e *editing) forget(who, what string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.began, [2]string{who, what})
}
