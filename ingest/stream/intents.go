package stream

import "fairgate/ingest/stream/spool"

// openIntent is an intent that waits for its outcome; its record stays on
// disk.
type openIntent struct {
	ID   string         `json:"id"`
	At   spool.Position `json:"at"`
	Time int64          `json:"time"` // Unix milliseconds when it was written
}

// intents are the open intents in the order in which they were written.
type intents struct {
	byID  map[string]openIntent
	queue []openIntent // settled ones are still in it until they come first
}

func newIntents(open []openIntent) *intents {
	s := &intents{byID: make(map[string]openIntent, len(open))}
	for _, i := range open {
		s.add(i)
	}
	return s
}

func (s *intents) len() int { return len(s.byID) }

func (s *intents) add(i openIntent) {
	s.byID[i.ID] = i
	s.queue = append(s.queue, i)
}

func (s *intents) settle(id []byte) {
	delete(s.byID, string(id))
	s.trim()
}

// live reports whether i is still open. An id that was intended twice is open
// at its second place only.
func (s *intents) live(i openIntent) bool { return s.byID[i.ID] == i }

func (s *intents) trim() {
	for len(s.queue) > 0 && !s.live(s.queue[0]) {
		s.queue = s.queue[1:]
	}
	if len(s.queue) > 64 && len(s.queue) > 4*len(s.byID) {
		s.queue = s.all()
	}
}

// takeWhile removes and returns the oldest open intents for which f holds.
func (s *intents) takeWhile(f func(openIntent) bool) []openIntent {
	var taken []openIntent
	for s.trim(); len(s.queue) > 0 && f(s.queue[0]); s.trim() {
		taken = append(taken, s.queue[0])
		delete(s.byID, s.queue[0].ID)
	}
	return taken
}

// oldest tells where the oldest open intent stands.
func (s *intents) oldest() (spool.Position, bool) {
	s.trim()
	if len(s.queue) == 0 {
		return spool.Position{}, false
	}
	return s.queue[0].At, true
}

// all lists the open intents, oldest first.
func (s *intents) all() []openIntent {
	open := make([]openIntent, 0, len(s.byID))
	for _, i := range s.queue {
		if s.live(i) {
			open = append(open, i)
		}
	}
	return open
}
