package pointer

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
)

// Session is one recorded visit and what is known about it.
type Session struct {
	Name   string
	Bot    bool
	Points []Point
}

// maxLine bounds one session of a recording, in bytes.
const maxLine = 8 << 20

// ReadSessions reads a recording: a line of JSON for each session, with
// session, label ("human", or anything else for a program) and points, each
// [milliseconds, x, y]. Its error names the line.
func ReadSessions(r io.Reader) ([]Session, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxLine)
	var sessions []Session
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var raw struct {
			Session string       `json:"session"`
			Label   string       `json:"label"`
			Points  [][3]float64 `json:"points"`
		}
		if err := json.Unmarshal(lines.Bytes(), &raw); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if raw.Label == "" || len(raw.Points) == 0 {
			return nil, fmt.Errorf("line %d: session %q has no label or no points", n, raw.Session)
		}
		s := Session{Name: raw.Session, Bot: raw.Label != "human", Points: make([]Point, len(raw.Points))}
		for i, p := range raw.Points {
			s.Points[i] = Point{p[0], p[1], p[2]}
		}
		sessions = append(sessions, s)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read sessions: %w", err)
	}
	return sessions, nil
}
