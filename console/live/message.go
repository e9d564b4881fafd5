package live

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Reason is why a stream ended.
type Reason string

// Reasons of ending.
const (
	Slow        Reason = "slow"         // frames were not taken in time
	SessionOver Reason = "session_over" // signed out, or the role has changed
	Stopping    Reason = "stopping"     // the console ends; connect again
)

// Bye is the last event of a stream.
type Bye struct {
	Reason Reason `json:"reason" enum:"slow,session_over,stopping"`
}

// Gap tells a listener that resumed that frames in between are lost to it.
type Gap struct {
	// Since is the id after which they were asked for.
	Since string `json:"since"`
}

// message is one encoded event.
type message struct {
	seq   uint64
	topic Topic
	bytes []byte
}

// event encodes a server-sent event; no id: it is not part of the order.
func event(id, name string, data any) ([]byte, error) {
	body, err := json.Marshal(data)
	if err != nil {
		return nil, fmt.Errorf("encode event %s: %w", name, err)
	}
	var b strings.Builder
	b.Grow(len(body) + len(name) + 64)
	if id != "" {
		b.WriteString("id: " + id + "\n")
	}
	b.WriteString("event: " + name + "\ndata: ")
	b.Write(body) // JSON has no line breaks
	b.WriteString("\n\n")
	return []byte(b.String()), nil
}

// heartbeat is a comment that keeps proxies from closing a silent stream.
const heartbeat = ": still here\n\n"

// greeting makes browsers come back after three seconds when the stream breaks.
const greeting = "retry: 3000\n\n"

// ring keeps the last messages, bounded by number and size.
type ring struct {
	messages []message
	size     int
	most     int // messages
	bytes    int
}

func (r *ring) add(m message) {
	r.messages = append(r.messages, m)
	r.size += len(m.bytes)
	drop := 0
	for len(r.messages)-drop > r.most || (r.size > r.bytes && drop < len(r.messages)) {
		r.size -= len(r.messages[drop].bytes)
		drop++
	}
	r.messages = slices.Delete(r.messages, 0, drop)
}

// after gives the messages of topics that came after seq, and whether none of
// them is missing.
func (r *ring) after(seq uint64, topics map[Topic]bool) (out [][]byte, whole bool) {
	whole = len(r.messages) > 0 && r.messages[0].seq <= seq+1
	for _, m := range r.messages {
		if m.seq > seq && topics[m.topic] {
			out = append(out, m.bytes)
		}
	}
	return out, whole
}

// last gives the newest message of each topic.
func (r *ring) last(topics map[Topic]bool) (out [][]byte) {
	seen := map[Topic]bool{}
	for _, m := range slices.Backward(r.messages) {
		if topics[m.topic] && !seen[m.topic] {
			seen[m.topic] = true
			out = append(out, m.bytes)
		}
	}
	slices.Reverse(out)
	return out
}

// id names a message: the hub's boot and its number.
func (h *Hub) id(seq uint64) string { return h.boot + "-" + strconv.FormatUint(seq, 10) }

// seqOf reads an id of this hub.
func (h *Hub) seqOf(id string) (uint64, bool) {
	text, ok := strings.CutPrefix(id, h.boot+"-")
	if !ok {
		return 0, false
	}
	seq, err := strconv.ParseUint(text, 10, 64)
	return seq, err == nil && seq <= h.seq
}
