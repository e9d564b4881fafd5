package embedded

import (
	"fmt"
	"sync"
	"time"

	"github.com/alicebob/miniredis/v2"
)

// expiryStep is how often keys are expired. Expiry is garbage collection
// here: windows and lists are judged in event time.
const expiryStep = time.Second

// Redis is an in-memory Redis. It has no Functions, no BITFIELD, no CONFIG,
// and is one to two orders of magnitude slower than a real one.
type Redis struct {
	server *miniredis.Miniredis
	stop   chan struct{}
	done   chan struct{}
	once   sync.Once
}

// StartRedis listens on a free loopback port.
func StartRedis() (*Redis, error) {
	server := miniredis.NewMiniRedis()
	if err := server.StartAddr("127.0.0.1:0"); err != nil {
		return nil, fmt.Errorf("start embedded Redis: %w", err)
	}
	r := &Redis{server: server, stop: make(chan struct{}), done: make(chan struct{})}
	go r.age()
	return r, nil
}

// age lets TTLs pass: miniredis has no clock of its own.
func (r *Redis) age() {
	defer close(r.done)
	tick := time.NewTicker(expiryStep)
	defer tick.Stop()
	last := time.Now()
	for {
		select {
		case <-tick.C:
			now := time.Now()
			r.server.FastForward(now.Sub(last))
			last = now
		case <-r.stop:
			return
		}
	}
}

// Addr is host:port.
func (r *Redis) Addr() string { return r.server.Addr() }

// Close ends the server; its data is gone. It may be called twice.
func (r *Redis) Close() {
	r.once.Do(func() {
		close(r.stop)
		<-r.done
		r.server.Close()
	})
}
