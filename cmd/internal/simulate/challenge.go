package simulate

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// How people and attackers meet challenges. Attackers solve every proof of
// work they can afford, at the measured price of the hashes; people solve it
// with their browser and sometimes do not.
const (
	humanAbandons = 0.05
	humanFails    = 0.03
	// solveBudget is how many proofs one attacker's account pays for in a run;
	// what lies beyond is abandoned, never counted as intercepted.
	solveBudget = 3
)

// meet gets and solves the challenge of an answer; it reports whether a pass was won.
func (v *Visit) meet(ctx context.Context, asked answer) (string, bool) {
	if !v.willSolve(ctx) {
		v.note(func(s *Seen) { s.GaveUp++ })
		return "", false
	}
	pass, ok := v.solve(ctx, asked)
	if !ok {
		v.note(func(s *Seen) { s.GaveUp++ })
	}
	return pass, ok
}

func (v *Visit) willSolve(ctx context.Context) bool {
	if v.Actor.Hostile {
		affordable := false
		v.note(func(s *Seen) { s.Tried++; affordable = s.Tried <= solveBudget })
		return affordable
	}
	if v.rng.Float64() < humanAbandons+humanFails {
		return false
	}
	return v.wait(ctx, v.between(1500*time.Millisecond, 5*time.Second))
}

type proof struct {
	Algorithm string `json:"algorithm"`
	Challenge string `json:"challenge"`
	Number    int    `json:"number"`
	Salt      string `json:"salt"`
	Signature string `json:"signature"`
}

// solve follows the ALTCHA protocol: find the number whose hash with the salt
// is the challenge.
func (v *Visit) solve(ctx context.Context, asked answer) (string, bool) {
	var refusal struct {
		Scope struct {
			Kind   string `json:"kind"`
			Pool   string `json:"pool"`
			Ticket string `json:"ticket"`
		} `json:"scope"`
	}
	if json.Unmarshal(asked.body, &refusal) != nil {
		return "", false
	}
	scope := refusal.Scope
	path := "/.fairgate/challenge?" + url.Values{"kind": {scope.Kind}, "pool": {scope.Pool}, "ticket": {scope.Ticket}}.Encode()
	v.scene.Sent.Request(v.Actor.Hostile)
	a, err := v.send(ctx, request{method: http.MethodGet, path: path})
	if err != nil || !a.ok() {
		return "", false
	}
	var c struct {
		proof
		MaxNumber int `json:"maxnumber"`
	}
	if json.Unmarshal(a.body, &c) != nil {
		return "", false
	}
	number, ok := search(ctx, c.Salt, c.Challenge, c.MaxNumber)
	v.note(func(s *Seen) { s.Hashes += uint64(number) + 1 }) //nolint:gosec // never negative
	if !ok || !v.wait(ctx, time.Duration(number+1)*v.scene.HashTime) {
		return "", false
	}
	c.Number = number
	payload, err := json.Marshal(c.proof)
	if err != nil {
		return "", false
	}
	v.scene.Sent.Request(v.Actor.Hostile)
	a, err = v.send(ctx, request{method: http.MethodPost, path: "/.fairgate/challenge", body: map[string]string{
		"payload": base64.StdEncoding.EncodeToString(payload), "kind": scope.Kind, "pool": scope.Pool,
	}})
	if err != nil || !a.ok() {
		return "", false
	}
	var won struct {
		Pass string `json:"pass"`
	}
	return won.Pass, json.Unmarshal(a.body, &won) == nil && won.Pass != ""
}

func search(ctx context.Context, salt, want string, limit int) (int, bool) {
	target, err := hex.DecodeString(want)
	if err != nil {
		return 0, false
	}
	buf := []byte(salt)
	for n := 0; n <= limit; n++ {
		if n%4096 == 0 && ctx.Err() != nil {
			return n, false
		}
		sum := sha256.Sum256(strconv.AppendInt(buf[:len(salt)], int64(n), 10))
		if string(sum[:]) == string(target) {
			return n, true
		}
	}
	return limit, false
}

type scope struct{ kind, pool string }

// scopeOf names what a request asks for.
func scopeOf(r request) scope {
	switch {
	case r.method == http.MethodPost && r.path == "/api/v1/orders":
		if o, ok := r.body.(orderRequest); ok {
			return scope{"order.submit", o.Pool}
		}
	case r.path == "/.fairgate/collect":
		return scope{"beacon", ""}
	case r.method == http.MethodGet && len(r.path) > len("/api/v1/pools/"):
		pool, last, found := cutLast(r.path[len("/api/v1/pools/"):])
		if found && last == "stock" {
			return scope{"stock.read", pool}
		}
		return scope{"detail.read", r.path[len("/api/v1/pools/"):]}
	}
	return scope{"page.read", ""}
}

func cutLast(path string) (before, last string, found bool) {
	for i := len(path) - 1; i >= 0; i-- {
		if path[i] == '/' {
			return path[:i], path[i+1:], true
		}
	}
	return path, "", false
}
