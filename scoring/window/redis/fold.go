package redis

import (
	"context"
	"crypto/sha1" //nolint:gosec // Redis 6.0 scripts know no other; it tells apart, it proves nothing
	"encoding/hex"

	goredis "github.com/redis/go-redis/v9"

	"fairgate/scoring"
	"fairgate/scoring/window"
)

const (
	// foldFrom is how many bytes of events make a log worth folding, and
	// foldShare how many in relation to what is folded already: the cost of
	// folding is then a constant for each byte added.
	foldFrom  = 1 << 10
	foldShare = 2
	// foldOneIn is the share of events that fold a log worth it: one in this
	// many.
	foldOneIn = 16
	// foldsWaiting bounds how many folds wait to be sent, a few kilobytes each.
	foldsWaiting = 64
)

// foldScript puts a folded log in the place of the bytes it was made of, which
// must still be the first of the log. What came after them stays. It is sent as
// a text, so there is nothing that Redis could have forgotten.
//
// KEYS[1] the log; ARGV: how many bytes, their SHA-1, the folded log.
const foldScript = `local n = tonumber(ARGV[1])
if redis.call('STRLEN', KEYS[1]) < n or redis.sha1hex(redis.call('GETRANGE', KEYS[1], 0, n - 1)) ~= ARGV[2] then return 0 end
redis.call('SET', KEYS[1], ARGV[3] .. redis.call('GETRANGE', KEYS[1], n, -1), 'KEEPTTL')
return 1`

// fold is a log rewritten, to be sent with a later touch so that none has to
// wait for it.
type fold struct {
	key    string
	size   int
	sum    string
	folded string
}

func (f fold) command(ctx context.Context) *goredis.Cmd {
	return goredis.NewCmd(ctx, "eval", foldScript, 1, f.key, f.size, f.sum, f.folded)
}

// folds reports whether the event is one of those that fold the logs they
// touch. It depends on the id alone, so a repeat folds again and nothing else.
func folds(member [16]byte) bool {
	return (member[15]^member[9])%foldOneIn == 0
}

// worthFolding reports whether the event is to fold the log: one of those that
// do where there is enough to gain or something to leave out, and any where
// there is far more than that.
func worthFolding(l *entityLog, size int, member [16]byte) bool {
	events := size - l.folded
	least := max(foldFrom, l.folded/foldShare)
	return events >= 4*least || (folds(member) && (events >= least || l.broken))
}

// folding makes the fold of an entity's log at the time now, in Unix ms. What
// no window can reach any more and what is beyond the limits goes.
func (l *entityLog) folding(key, log string, now int64, touched []scoring.SeriesTouch) fold {
	l.reset()
	var known []*scoring.Series
	for i := range touched {
		if one := touched[i].Series; one.Shape != scoring.ShapeBuckets {
			l.want(headOf(one))
			known = append(known, one)
		}
	}
	l.read(log, true)
	out := make([]byte, 0, len(log))
	for i := range l.series[:l.used] {
		s := &l.series[i]
		keep, limit := s.keep(), s.limit()
		idle := s.surelyKept()
		if i < len(known) {
			keep, limit = known[i].Keep, known[i].Limit
			idle = keep
		}
		switch s.form() {
		case formValues:
			l.lastSightings(s)
		case formSpans:
			s.items = window.Merge(s.items, idle.Milliseconds(), spanStart, spanFrom)
		default:
		}
		items := s.items[window.After(s.items, now-(keep+window.Lateness).Milliseconds()):]
		if limit > 0 {
			items = items[max(0, len(items)-limit):]
		}
		if len(items) > 0 {
			out = appendBlock(out, s.seriesHead, items)
		}
	}
	sum := sha1.Sum([]byte(log)) //nolint:gosec // see above
	return fold{key: key, size: len(log), sum: hex.EncodeToString(sum[:]), folded: string(out)}
}

// foldSoon puts f where the next touch finds it. Where too many wait it is
// dropped: a later event folds the log as well.
func (s *Store) foldSoon(f fold) {
	select {
	case s.folds <- f:
	default:
		s.folded.WithLabelValues("dropped").Inc()
	}
}

// countFold notes what became of a fold. One that Redis refused is no error of
// the touch that carried it: the log stays as it was.
func (s *Store) countFold(cmd *goredis.Cmd) {
	result := "failed"
	if n, err := cmd.Int(); err == nil {
		result = "overtaken"
		if n == 1 {
			result = "ok"
		}
	}
	s.folded.WithLabelValues(result).Inc()
}
