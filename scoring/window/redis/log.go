package redis

import (
	"slices"
	"sort"

	"fairgate/scoring"
	"fairgate/scoring/window"
)

type item = window.Item[uint64]

// before is the order of a log's items.
func before(a, b item) bool {
	return a.At < b.At || (a.At == b.At && a.Member < b.Member)
}

// logSeries is one series as a log tells it: every sighting once, in order of
// time and then of member.
type logSeries struct {
	seriesHead
	items []item
}

// add puts a sighting in its place. Most come in the order of time.
func (s *logSeries) add(it item) {
	if s == nil { // nobody wants it
		return
	}
	n := len(s.items)
	if n == 0 || before(s.items[n-1], it) {
		s.items = append(s.items, it)
		return
	}
	at := sort.Search(n, func(i int) bool { return !before(s.items[i], it) })
	if s.items[at] != it { // else a repeat
		s.items = slices.Insert(s.items, at, it)
	}
}

// entityLog is the working memory in which logs are read. Its series keep their
// room from one log to the next.
type entityLog struct {
	series []logSeries
	used   int // of series
	folded int // bytes of the log that blocks take
	broken bool
	seen   memberSet
}

func (l *entityLog) reset() {
	l.used, l.folded, l.broken = 0, 0, false
}

// want makes room for a series and tells its place in series.
func (l *entityLog) want(h seriesHead) int {
	for i := range l.series[:l.used] {
		if l.series[i].tag == h.tag {
			return i
		}
	}
	if l.used == len(l.series) {
		l.series = append(l.series, logSeries{})
	}
	s := &l.series[l.used]
	l.used++
	s.seriesHead, s.items = h, s.items[:0]
	return l.used - 1
}

// find is the series of a part or block: nil for one that nobody wants. A
// series is of one kind for good, so one of the other kind is another.
func (l *entityLog) find(h seriesHead, all bool) *logSeries {
	for i := range l.series[:l.used] {
		s := &l.series[i]
		if s.tag == h.tag {
			if s.form() != h.form() {
				return nil
			}
			return s
		}
	}
	if all {
		return &l.series[l.want(h)]
	}
	return nil
}

// read takes in a log: what belongs to the series that are wanted, or to all.
// broken tells that a part of it makes no sense, which is left out.
func (l *entityLog) read(log string, all bool) {
	for len(log) > 0 {
		size, n := uvarint(log[1:])
		if n == 0 || size > len(log)-1-n {
			l.broken = true
			return
		}
		kind, body := log[0], log[1+n:1+n+size]
		ok := true
		switch kind {
		case chunkEvent:
			ok = l.readEvent(body, all)
		case chunkBlock:
			l.folded += 1 + n + size
			ok = l.readBlock(body, all)
		}
		l.broken = l.broken || !ok
		log = log[1+n+size:]
	}
}

func (l *entityLog) readEvent(body string, all bool) bool {
	if len(body) < entrySize {
		return false
	}
	it := item{At: timeIn(body), Member: uint64Of(body[timeSize:])}
	for rest := body[entrySize:]; len(rest) > 0; {
		if len(rest) < headSize {
			return false
		}
		h := headIn(rest)
		s := l.find(h, all)
		rest = rest[headSize:]
		switch h.form() {
		case formEvents:
			s.add(it)
		case formSpans:
			s.add(item{At: it.At, Member: spanFrom(it.At)})
		case formAmounts:
			amount, n := uvarint(rest)
			if n == 0 {
				return false
			}
			s.add(item{At: it.At, Member: withAmount(it.Member, int64(amount))})
			rest = rest[n:]
		default:
			values, n := uvarint(rest)
			if n == 0 || values > (len(rest)-n)/memberSize {
				return false
			}
			rest = rest[n:]
			for range values {
				s.add(item{At: it.At, Member: uint64Of(rest)})
				rest = rest[memberSize:]
			}
		}
	}
	return true
}

func (l *entityLog) readBlock(body string, all bool) bool {
	if len(body) < headSize || (len(body)-headSize)%entrySize != 0 {
		return false
	}
	s := l.find(headIn(body), all)
	if s == nil {
		return true
	}
	items := slices.Grow(s.items, (len(body)-headSize)/entrySize)
	for rest := body[headSize:]; len(rest) >= entrySize; rest = rest[entrySize:] {
		it := item{At: timeIn(rest), Member: uint64Of(rest[timeSize:])}
		if n := len(items); n > 0 && !before(items[n-1], it) {
			s.items = items
			s.add(it)
			items = s.items
			continue
		}
		items = append(items, it) // as all are, but where a log was put together oddly
	}
	s.items = items
	return true
}

// lastSightings leaves of each value of a distinct series only when it was
// seen last.
func (l *entityLog) lastSightings(s *logSeries) {
	l.seen.reset(len(s.items))
	keep := len(s.items)
	for _, it := range slices.Backward(s.items) {
		if l.seen.add(it.Member) {
			keep--
			s.items[keep] = it
		}
	}
	s.items = append(s.items[:0], s.items[keep:]...)
}

// fill computes the values of a series that the event now, self has touched.
// since is what the mark of its entity asks of the counters.
func (l *entityLog) fill(st *scoring.SeriesTouch, s *logSeries, now int64, self uint64, et *scoring.EntityTouch) {
	late := 0 // values of this event that were seen again after it
	if s.form() == formValues {
		l.lastSightings(s)
		for _, it := range s.items[window.After(s.items, now):] {
			for _, v := range st.Members {
				if valueMember(v) == it.Member {
					late++
					break
				}
			}
		}
	}
	number := amountOf
	if s.form() == formSpans {
		number = spanStart
	}
	window.Fill(st, s.items, now, self, et.Since, late, number)
}

// memberSet is a set of members other than 0, by open addressing. The members
// are cryptographic hashes, so their lowest bits serve as they are.
type memberSet struct {
	slots []uint64
	mask  int
}

// reset empties the set and makes room for n members.
func (s *memberSet) reset(n int) {
	size := 16
	for size < 2*n {
		size *= 2
	}
	if size > cap(s.slots) {
		s.slots = make([]uint64, size)
	}
	s.slots, s.mask = s.slots[:size], size-1
	clear(s.slots)
}

// add reports whether the member is new.
func (s *memberSet) add(m uint64) bool {
	for i := int(m) & s.mask; ; i = (i + 1) & s.mask { //nolint:gosec // only the lowest bits matter
		switch s.slots[i] {
		case m:
			return false
		case 0:
			s.slots[i] = m
			return true
		}
	}
}
