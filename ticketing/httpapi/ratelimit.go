package httpapi

import (
	"fmt"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"fairgate/ticketing"
)

// Limits say how many requests of a kind one account may send in a minute, all
// of them at once if it likes. Zero is no limit. They are a second line: what
// stands before the booking system tells people and machines apart, this only
// keeps one account from wearing it out. Each process counts for itself.
type Limits struct {
	Submit   int // bookings, of groups too
	Change   int // payments, confirmations, cancellations, changes of date
	Transfer int
	Upload   int // lists of names
}

// rate is a kind of request that is limited.
type rate string

const (
	rateSubmit   rate = "submit"
	rateChange   rate = "change"
	rateTransfer rate = "transfer"
	rateUpload   rate = "upload"
)

// maxTracked bounds the accounts that one limiter remembers in a minute, about
// 10 MB. Who comes beyond it is let through: a second line must not be the one
// that turns visitors away.
const maxTracked = 1 << 16

func (l Limits) limiters() map[rate]*limiter {
	out := map[rate]*limiter{}
	for kind, perMinute := range map[rate]int{rateSubmit: l.Submit, rateChange: l.Change, rateTransfer: l.Transfer, rateUpload: l.Upload} {
		if perMinute > 0 {
			out[kind] = newLimiter(perMinute, maxTracked)
		}
	}
	return out
}

// limiter is a token bucket for each account: so many tokens, filled again in a
// minute. Of a bucket it keeps the moment at which it is full again (the generic
// cell rate algorithm, ITU-T I.371), in two generations of a minute each: who is
// in neither has a full bucket, so that forgetting the older half loses nothing.
type limiter struct {
	perMinute int
	each      time.Duration // after which a token comes back
	most      int

	mu      sync.Mutex
	since   time.Time // beginning of the current generation
	current map[string]time.Time
	former  map[string]time.Time
}

func newLimiter(perMinute, most int) *limiter {
	return &limiter{perMinute: perMinute, each: time.Minute / time.Duration(perMinute), most: most, current: map[string]time.Time{}}
}

// take takes a token of the account, or says after how long there will be one.
// tracked is false where the account could not be remembered.
func (l *limiter) take(account string, now time.Time) (wait time.Duration, tracked bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch age := now.Sub(l.since); {
	case age >= 2*time.Minute || age < 0: // also a clock that was put back
		l.former, l.current, l.since = nil, map[string]time.Time{}, now
	case age >= time.Minute:
		l.former, l.current, l.since = l.current, map[string]time.Time{}, now
	}
	full, known := l.current[account]
	if !known {
		if full, known = l.former[account]; !known && len(l.current) >= l.most {
			return 0, false
		}
	}
	if full.Before(now) {
		full = now
	}
	full = full.Add(l.each)
	if over := full.Sub(now) - time.Duration(l.perMinute)*l.each; over > 0 {
		return over, true
	}
	l.current[account] = full
	return 0, true
}

// limit refuses an account that sends too many requests of a kind.
func (a *api) limit(kind rate, c *fiber.Ctx) error {
	l := a.limiters[kind]
	if l == nil {
		return nil
	}
	wait, tracked := l.take(session(c).AccountID, a.opts.Clock())
	if !tracked {
		a.metrics.limited.WithLabelValues(string(kind), "untracked").Inc()
	}
	if wait == 0 {
		return nil
	}
	a.metrics.limited.WithLabelValues(string(kind), "refused").Inc()
	return &ticketing.Error{
		Code: ticketing.CodeRateLimited, RetryAfter: wait,
		Detail: fmt.Sprintf("more than %d requests of this kind by one account in a minute", l.perMinute),
	}
}
