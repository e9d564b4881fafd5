package stream

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"
)

// Bounds of the pause before Kafka is asked again.
const (
	firstWait = 20 * time.Millisecond
	lastWait  = time.Second
)

// pause waits; false: ctx ended.
func pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// patiently repeats f while Kafka itself says that its answer is a passing
// one (a leader or coordinator is being elected), until ctx ends. A broker
// that cannot be reached at all is the caller's to deal with.
func patiently(ctx context.Context, f func() error) error {
	for wait := firstWait; ; wait = min(2*wait, lastWait) {
		err := f()
		reason, answered := errors.AsType[kafka.Error](err)
		if err == nil || !answered || !reason.Temporary() || !pause(ctx, wait) {
			return err
		}
	}
}

// passing reports whether a member of a group gets over err by itself:
// everything but what the broker refuses for good.
func passing(err error) bool {
	reason, answered := errors.AsType[kafka.Error](err)
	return !answered || reason.Temporary() ||
		slices.Contains([]kafka.Error{kafka.RebalanceInProgress, kafka.IllegalGeneration, kafka.UnknownMemberId}, reason)
}
