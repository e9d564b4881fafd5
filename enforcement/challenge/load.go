package challenge

import (
	"sync"
	"time"
)

// loadWindow is over how long the load is measured.
const loadWindow = 10 * time.Second

// load measures how many challenges a second this process gives, by the last
// whole window, so that one burst within a second does not count as one.
type load struct {
	mu     sync.Mutex
	window int64
	now    int
	before int
}

// add counts one challenge at a moment and returns the rate before it.
func (l *load) add(at time.Time) (perSec float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch window := at.UnixNano() / int64(loadWindow); {
	case window == l.window+1:
		l.window, l.before, l.now = window, l.now, 0
	case window > l.window:
		l.window, l.before, l.now = window, 0, 0
	}
	perSec = float64(max(l.before, l.now)) / loadWindow.Seconds()
	l.now++
	return perSec
}
