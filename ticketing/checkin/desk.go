package checkin

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// groupDeadline bounds one transaction of scans.
const groupDeadline = 15 * time.Second

// desk judges scans in groups: whatever has arrived while one group was being
// written forms the next, and a lone scan waits for nobody. That makes the cost
// of a transaction that of a group, not of a scan.
type desk struct {
	settle func(ctx context.Context, items []*item) error
	most   int // items of a group
	queue  int // items that may wait

	mu      sync.Mutex
	waiting []*item
	running bool
}

// do hands an item in and waits until it is settled.
func (d *desk) do(ctx context.Context, it *item) error {
	if err := d.join(ctx, it); err != nil {
		return err
	}
	select {
	case err := <-it.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("wait for the scan: %w", ctx.Err())
	}
}

func (d *desk) join(ctx context.Context, it *item) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if len(d.waiting) >= d.queue {
		return errBusy
	}
	d.waiting = append(d.waiting, it)
	if !d.running {
		d.running = true
		go d.run(context.WithoutCancel(ctx)) // it ends when nobody waits any more
	}
	return nil
}

func (d *desk) run(ctx context.Context) {
	for {
		group := d.next()
		if group == nil {
			return
		}
		d.judge(ctx, group)
	}
}

func (d *desk) next() []*item {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := min(len(d.waiting), d.most)
	if n == 0 {
		d.running, d.waiting = false, nil
		return nil
	}
	group := d.waiting[:n:n]
	d.waiting = d.waiting[n:]
	return group
}

func (d *desk) judge(ctx context.Context, group []*item) {
	ctx, cancel := context.WithTimeout(ctx, groupDeadline)
	defer cancel()
	err := d.settle(ctx, group)
	for _, it := range group {
		if err != nil {
			it.done <- err
		} else {
			it.done <- it.err
		}
	}
}
