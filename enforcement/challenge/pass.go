package challenge

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"time"

	"fairgate/ingest"
)

// A pass is written v1.ID.EXPIRES.MAC: a random id (32 hex digits), Unix
// milliseconds, and the keyed hash of both with the visitor and the scope, which
// the pass itself does not contain.
const (
	passVersion = "v1"
	passMax     = 160
)

func (s *Service) pass(subject ingest.Subject, scope Scope, now time.Time) Pass {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	expires := now.Add(s.o.PassLife).Truncate(time.Millisecond)
	head := fmt.Sprintf("%s.%s.%d", passVersion, hex.EncodeToString(id), expires.UnixMilli())
	return Pass{Token: head + "." + s.sign("pass "+head, s.bind("pass", subject, scope)), Expires: expires.UTC()}
}

// Verify reports whether a pass is authentic, unexpired in event time, and made
// for the visitor, kind and pool of e. burn is its id, to be burnt before the
// pass counts.
func (s *Service) Verify(pass string, e *ingest.Event) (burn string, ok bool) {
	if len(pass) > passMax {
		return "", false
	}
	parts := strings.Split(pass, ".")
	if len(parts) != 4 || parts[0] != passVersion || len(parts[1]) != 32 {
		return "", false
	}
	expires, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil || e.Time.UnixMilli() >= expires {
		return "", false
	}
	head := strings.Join(parts[:3], ".")
	want := s.sign("pass "+head, s.bind("pass", e.Subject, Scope{Kind: e.Kind, Pool: e.Order.Pool}))
	if !equal(parts[3], want) {
		return "", false
	}
	return parts[1], true
}
