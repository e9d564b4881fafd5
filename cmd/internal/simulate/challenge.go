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
	"strings"
	"time"

	"fairgate/ingest/gateway"
)

// solveBudget is how many proofs one attacker's account pays for in a short
// run; what lies beyond is abandoned, never counted as intercepted.
const solveBudget = 3

// meet gets and solves the challenge of an answer; it reports whether a pass was won.
func (v *Visit) meet(ctx context.Context, asked answer) (string, bool) {
	if !v.willSolve(ctx) {
		v.note(func(s *Seen) { s.GaveUp++ })
		return "", false
	}
	solve := v.solve
	if v.Actor.farm != nil {
		solve = v.elsewhere
	}
	pass, ok := solve(ctx, asked)
	if ok && v.byPage() {
		ok = v.wait(ctx, linger)
	}
	if !ok {
		v.note(func(s *Seen) { s.GaveUp++ })
	}
	return pass, ok
}

// linger is how long the page shows that a challenge was met before it sends the
// request again (ticketing/front/web/src/challenge/dialog.tsx).
const linger = 600 * time.Millisecond

// byPage says whether a challenge is met at a page's pace: by people always, by
// attackers where the tactic is played by hand, and by scripts that do not race.
// Waiting costs those nothing, so their pace must not give them away.
func (v *Visit) byPage() bool { return v.hand || !v.Actor.Hostile || !v.Actor.Hasty }

// willSolve says whether a challenge is taken up. Attackers solve every one that
// they can afford, at the price of the hashes (Scene.HashTime); people solve it
// with their browser, and sometimes do not. It takes a hand its time to begin,
// whosever it is.
func (v *Visit) willSolve(ctx context.Context) bool {
	m := v.world.meets
	if v.Actor.Hostile {
		affordable := false
		v.note(func(s *Seen) { s.Tried++; affordable = s.Tried <= v.Actor.budget })
		if !affordable || !v.byPage() {
			return affordable
		}
	} else if v.happens(m.abandons) || v.happens(m.fails) {
		return false
	}
	if v.world.Long {
		return v.wait(ctx, v.time(m.start))
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

// wanted is what a challenge is for, as the refusal said.
type wanted struct {
	Kind   string `json:"kind"`
	Pool   string `json:"pool"`
	Ticket string `json:"ticket"`
}

// given is a challenge as it was issued.
type given struct {
	proof
	MaxNumber int    `json:"maxnumber"`
	Grade     string `json:"grade"`
}

// gradeSMS asks for a code by text message.
const gradeSMS = "sms"

// solve meets the challenge that a refusal asks for, and gives the pass.
func (v *Visit) solve(ctx context.Context, asked answer) (string, bool) {
	var refusal struct {
		Scope wanted `json:"scope"`
	}
	if json.Unmarshal(asked.body, &refusal) != nil {
		return "", false
	}
	for range 2 {
		c, ok := v.ask(ctx, refusal.Scope)
		if !ok {
			return "", false
		}
		if c.Grade != gradeSMS {
			return v.prove(ctx, refusal.Scope, c)
		}
		pass, phoneless := v.stepUp(ctx, refusal.Scope)
		if !phoneless {
			return pass, pass != ""
		}
		// No message can be sent: the next challenge is of another kind.
	}
	return "", false
}

// ask fetches a challenge.
func (v *Visit) ask(ctx context.Context, w wanted) (c given, ok bool) {
	path := challengePath + "?" + url.Values{"kind": {w.Kind}, "pool": {w.Pool}, "ticket": {w.Ticket}}.Encode()
	v.scene.Sent.Request(v.Actor.Hostile)
	a, err := v.send(ctx, request{method: http.MethodGet, path: path})
	return c, err == nil && a.ok() && json.Unmarshal(a.body, &c) == nil
}

const challengePath = "/.fairgate/challenge"

// prove follows the ALTCHA protocol: find the number whose hash with the salt is
// the challenge.
func (v *Visit) prove(ctx context.Context, w wanted, c given) (string, bool) {
	number, ok := search(ctx, c.Salt, c.Challenge, c.MaxNumber)
	v.note(func(s *Seen) { s.Hashes += uint64(number) + 1; s.Proofs++ }) //nolint:gosec // never negative
	if !ok || !v.wait(ctx, time.Duration(number+1)*v.scene.HashTime) {
		return "", false
	}
	c.Number = number
	payload, err := json.Marshal(c.proof)
	if err != nil {
		return "", false
	}
	pass, _ := v.redeem(ctx, map[string]string{"payload": base64.StdEncoding.EncodeToString(payload), "kind": w.Kind, "pool": w.Pool})
	return pass, pass != ""
}

// redeem posts to the challenge and gives the pass that was won, or the code of
// the refusal.
func (v *Visit) redeem(ctx context.Context, body map[string]string) (pass, code string) {
	v.scene.Sent.Request(v.Actor.Hostile)
	a, err := v.send(ctx, request{method: http.MethodPost, path: challengePath, body: body})
	var won struct {
		Pass string `json:"pass"`
	}
	if err != nil || a.ok() && json.Unmarshal(a.body, &won) != nil {
		return "", ""
	}
	return won.Pass, a.code
}

// stepUp has a code sent to the account's phone and types it in. People cannot
// always read their messages; attackers have codes bought for a part of their
// accounts. phoneless says that the account has no number that was ever proved.
func (v *Visit) stepUp(ctx context.Context, w wanted) (pass string, phoneless bool) {
	body := map[string]string{"grade": gradeSMS, "kind": w.Kind, "pool": w.Pool, "ticket": w.Ticket}
	switch _, code := v.redeem(ctx, body); {
	case code == codeNoPhone:
		return "", true
	case code != "", v.Actor.Hostile && !v.Actor.buysCodes, !v.Actor.Hostile && v.happens(v.world.meets.noPhone):
		return "", false
	}
	code, ok := v.text(ctx)
	if !ok {
		return "", false
	}
	delete(body, "grade")
	body["code"] = code
	pass, _ = v.redeem(ctx, body)
	v.note(func(s *Seen) { s.Codes++ })
	return pass, false
}

// codeNoPhone says that no message can be sent to the account.
const codeNoPhone = "sms_unavailable"

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

// kindOf names what a request asks for, as the route table does.
func kindOf(r request) string {
	path, _, _ := strings.Cut(r.path, "?")
	switch {
	case path == "/api/v1/accounts":
		return "account.register"
	case path == "/api/v1/codes":
		return "code.request"
	case path == "/api/v1/sessions":
		return "session.create"
	case path == gateway.CollectPath:
		return "beacon"
	case strings.HasPrefix(path, "/api/v1/orders"):
		return orderKind(r.method, strings.TrimPrefix(path, "/api/v1/orders"))
	case strings.HasSuffix(path, "/stock"):
		return "stock.read"
	case strings.HasPrefix(path, "/api/v1/pools/"):
		return "detail.read"
	}
	return "page.read"
}

func orderKind(method, rest string) string {
	if method == http.MethodGet {
		return "order.read"
	}
	if rest == "" || rest == "/group" {
		return "order.submit"
	}
	return "order." + rest[strings.LastIndexByte(rest, '/')+1:]
}
