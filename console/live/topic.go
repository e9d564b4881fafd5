package live

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Topic is what a listener watches: overview, alerts, engines, or
// release:POOL@DAY, such as release:main@2026-05-10.
type Topic string

// Topics without a parameter.
const (
	TopicOverview Topic = "overview"
	TopicAlerts   Topic = "alerts"
	TopicEngines  Topic = "engines"
)

const releasePrefix = "release:"

// MaxTopics is how many topics one listener may watch.
const MaxTopics = 8

// ErrBadTopic is wrapped by what ParseTopics refuses.
var ErrBadTopic = errors.New("bad topic")

// poolID is what the booking system takes as a pool's id.
var poolID = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$`)

// ReleaseTopic is the topic of a pool's day.
func ReleaseTopic(pool, day string) Topic { return Topic(releasePrefix + pool + "@" + day) }

// Release gives the pool and the day of a release's topic.
func (t Topic) Release() (pool, day string, ok bool) {
	rest, ok := strings.CutPrefix(string(t), releasePrefix)
	if !ok {
		return "", "", false
	}
	pool, day, ok = strings.Cut(rest, "@")
	if _, err := time.Parse(time.DateOnly, day); err != nil || !poolID.MatchString(pool) {
		return "", "", false
	}
	return pool, day, ok
}

// Valid reports whether t is a topic that can be watched.
func (t Topic) Valid() bool {
	if _, _, ok := t.Release(); ok {
		return true
	}
	return slices.Contains([]Topic{TopicOverview, TopicAlerts, TopicEngines}, t)
}

// ParseTopics reads a list such as "overview,alerts". Every fault is named.
func ParseTopics(text string) ([]Topic, error) {
	var topics []Topic
	for name := range strings.SplitSeq(text, ",") {
		t := Topic(strings.TrimSpace(name))
		if !t.Valid() {
			return nil, fmt.Errorf("%w: topics: %.80q is none; want overview, alerts, engines or release:POOL@YYYY-MM-DD", ErrBadTopic, t)
		}
		if !slices.Contains(topics, t) {
			topics = append(topics, t)
		}
		if len(topics) > MaxTopics {
			return nil, fmt.Errorf("%w: topics: more than %d", ErrBadTopic, MaxTopics)
		}
	}
	return topics, nil
}
