package simulate

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/valyala/fasthttp"
)

// seenRequest is one request as the site below saw it.
type seenRequest struct {
	at                                     time.Time
	kind, path, account, device, ip, agent string
	key                                    string // of idempotency
	body                                   string
}

// site is a booking site without a service behind it: it takes everything, has
// places, and remembers what it was asked. refuse may turn a request away.
type site struct {
	stage  Stage
	seen   []seenRequest
	made   int
	refuse func(seenRequest) bool
	house  []string // channels that were booked through
	coded  map[string]bool
}

func (s *site) Send(_ context.Context, req *fasthttp.Request, res *fasthttp.Response) error {
	r := seenRequest{
		at: s.stage.Now(), path: string(req.URI().Path()), ip: string(req.Header.Peek("X-Forwarded-For")), agent: string(req.Header.UserAgent()),
		account: strings.TrimPrefix(string(req.Header.Peek("Authorization")), "Bearer "), device: string(req.Header.Cookie("fgd")),
		key: string(req.Header.Peek("Idempotency-Key")), body: string(req.Body()),
	}
	r.kind = kindOf(request{method: string(req.Header.Method()), path: r.path})
	if r.device == "" {
		s.made++
		r.device = fmt.Sprintf("device-%d", s.made)
		c := fasthttp.AcquireCookie()
		defer fasthttp.ReleaseCookie(c)
		c.SetKey("fgd")
		c.SetValue(r.device)
		res.Header.SetCookie(c)
	}
	s.seen = append(s.seen, r)
	if s.refuse != nil && s.refuse(r) {
		res.SetStatusCode(http.StatusForbidden)
		res.SetBodyString(`{"code":"refused"}`)
		return nil
	}
	res.SetBody(s.answer(r))
	return nil
}

func (s *site) answer(r seenRequest) []byte {
	var body struct{ Phone, Pool, Date string }
	_ = json.Unmarshal([]byte(r.body), &body) // what is malformed has none
	switch {
	case r.path == "/api/v1/accounts", r.path == "/api/v1/sessions":
		return fmt.Appendf(nil, `{"session_token":"t%s","account_id":"a%s"}`, body.Phone, body.Phone)
	case r.path == "/api/v1/codes":
		s.coded[body.Phone] = true
	case r.kind == "stock.read":
		var days []string
		for d := range 30 {
			days = append(days, fmt.Sprintf(`{"date":%q,"left":500}`, firstDay().AddDate(0, 0, d).Format(time.DateOnly)))
		}
		return []byte(`{"days":[` + strings.Join(days, ",") + `]}`)
	case r.kind == "order.submit":
		s.made++
		state := "provisional"
		if strings.HasSuffix(body.Pool, "-special") {
			state = "held"
		}
		return fmt.Appendf(nil, `{"order_id":"order-%d","state":%q}`, s.made, state)
	case strings.HasSuffix(r.path, "/nonce"):
		s.made++
		return fmt.Appendf(nil, `{"nonce":"n%d"}`, s.made)
	}
	return []byte(`{}`)
}

// The house beside the site.
func (s *site) OpenHouse(context.Context) error                             { return nil }
func (s *site) OpenSale(context.Context, *World, time.Time, Capacity) error { return nil }
func (s *site) Fates(context.Context, string, Orders, int64) (int64, error) { return 0, nil }

func (s *site) Code(_ context.Context, phone string) (string, error) {
	if s.coded[phone] {
		return "123456", nil
	}
	return "", nil
}

func (s *site) Through(_ context.Context, channel, _ string, _ any) (id, account string, err error) {
	s.made++
	s.house = append(s.house, channel)
	return fmt.Sprintf("order-%d", s.made), "account of " + channel, nil
}

// playAlone plays some units of one scenario of a long world at the site.
func playAlone(t *testing.T, id string, units int, refuse func(seenRequest) bool) (*site, []*Actor) {
	t.Helper()
	w := NewLongWorld(5, 1, 14, firstDay(), 0)
	people := populatePeople(w, []Scenario{ordinary()}, 50) // somebody to transfer to
	require.NotEmpty(t, people)
	stage := NewVirtual(time.Date(2026, 2, 28, 16, 0, 0, 0, time.UTC), VirtualOptions{})
	s := &site{stage: stage, refuse: refuse, coded: map[string]bool{}}
	stage.Connect(s)
	scene := &Scene{Stage: stage, Line: stage, World: w, Sent: &Progress{}, House: s, Start: stage.Now(), HashTime: time.Microsecond}
	scenarios, _, err := Plan{Scenarios: []string{id}}.Choose(true)
	require.NoError(t, err)
	actors := scenarios[0].Populate(w, units)
	r := &Runner{stage: stage}
	require.NoError(t, stage.Run(t.Context(), func() { r.play(t.Context(), scene, actors, scenarios) }))
	return s, actors
}

// TestEveryScenarioPlays holds that each does what its name says, at a site that
// refuses nobody.
func TestEveryScenarioPlays(t *testing.T) {
	t.Parallel()
	for _, scenario := range Scenarios() {
		t.Run(scenario.ID, func(t *testing.T) {
			t.Parallel()
			s, actors := playAlone(t, scenario.ID, 12, nil)
			attempts := 0
			for _, a := range actors {
				attempts += len(a.seen.Attempts)
				assert.Zero(t, a.seen.Errors)
			}
			assert.Equal(t, scenario.Books, attempts > 0, "orders are tried exactly where the scenario books")
			deeds()[scenario.ID](t, s, actors)
		})
	}
}

// by counts the distinct values of what belongs to one account or device.
func by(seen []seenRequest, of, value func(seenRequest) string) (most int) {
	found := map[string]map[string]bool{}
	for _, r := range seen {
		if key, v := of(r), value(r); key != "" && v != "" {
			mark(found, key, v)
			most = max(most, len(found[key]))
		}
	}
	return most
}

func account(r seenRequest) string { return r.account }
func deviceOf(r seenRequest) string {
	return r.device
}
func address(r seenRequest) string { return r.ip }

func kinds(seen []seenRequest, kind string) (out []seenRequest) {
	for _, r := range seen {
		if r.kind == kind {
			out = append(out, r)
		}
	}
	return out
}

// deeds are what makes each scenario itself.
func deeds() map[string]func(t *testing.T, s *site, actors []*Actor) {
	nothing := func(*testing.T, *site, []*Actor) {}
	firstLooks := func(t *testing.T, s *site, _ []*Actor) {
		looked := map[string]bool{}
		for _, r := range s.seen {
			looked[r.device] = looked[r.device] || r.kind == "stock.read" || r.kind == "detail.read"
			if r.kind == "order.submit" {
				assert.True(t, looked[r.device], "people look before they book")
			}
		}
	}
	return map[string]func(t *testing.T, s *site, actors []*Actor){
		"S1": func(t *testing.T, s *site, actors []*Actor) {
			assert.Greater(t, len(kinds(s.seen, "stock.read")), 100*len(actors))
		},
		"S2": func(t *testing.T, s *site, _ []*Actor) {
			assert.Empty(t, kinds(s.seen, "page.read"))
			assert.Empty(t, kinds(s.seen, "stock.read"))
			assert.Empty(t, kinds(s.seen, "beacon"))
		},
		"S3": func(t *testing.T, s *site, _ []*Actor) {
			assert.Greater(t, by(kinds(s.seen, "beacon"), func(r seenRequest) string { return r.body }, address), 2, "one recording from many places")
		},
		"S4": func(t *testing.T, s *site, _ []*Actor) { assert.Greater(t, by(s.seen, deviceOf, account), 3) },
		"S5": func(t *testing.T, s *site, _ []*Actor) { assert.Greater(t, by(s.seen, account, address), 5) },
		"S6": func(t *testing.T, s *site, actors []*Actor) {
			assert.Greater(t, len(actors), 100)
			assert.LessOrEqual(t, by(s.seen, deviceOf, account), 1, "each has a device of its own")
		},
		"S7": func(t *testing.T, s *site, _ []*Actor) {
			assert.Greater(t, by(kinds(s.seen, "order.submit"), account, func(r seenRequest) string { return r.body }), 5)
		},
		"S8": func(t *testing.T, s *site, _ []*Actor) {
			assert.Greater(t, by(kinds(s.seen, "account.register"), deviceOf, func(r seenRequest) string { return r.body }), 2)
		},
		"S9": func(t *testing.T, s *site, actors []*Actor) {
			assert.NotEmpty(t, kinds(s.seen, "code.request"))
			virtual := 0
			for _, a := range actors {
				if strings.HasPrefix(a.Traits.Phone, "16") || strings.HasPrefix(a.Traits.Phone, "17") {
					virtual++
				}
			}
			assert.Greater(t, virtual, len(actors)/2)
		},
		"S10": nothing, // shown below, where somebody challenges
		"S11": func(t *testing.T, s *site, _ []*Actor) {
			assert.Greater(t, len(kinds(s.seen, "order.submit")), 30)
			assert.Empty(t, kinds(s.seen, "order.pay"))
		},
		"S12": func(t *testing.T, s *site, _ []*Actor) {
			swaps := 0
			for i, r := range s.seen[1:] {
				gave := s.seen[i]
				if gave.kind == "order.cancel" && r.kind == "order.submit" && r.account != gave.account && r.at.Sub(gave.at) < 5*time.Second {
					swaps++
				}
			}
			assert.Greater(t, swaps, 5)
		},
		"S13": func(t *testing.T, s *site, _ []*Actor) {
			assert.Greater(t, by(kinds(s.seen, "order.submit"), deviceOf, func(r seenRequest) string { return r.body }), 8)
		},
		"S14": func(t *testing.T, s *site, actors []*Actor) {
			assert.Greater(t, len(kinds(s.seen, "order.transfer")), len(actors))
		},
		"S15": func(t *testing.T, s *site, _ []*Actor) { assert.Greater(t, by(s.seen, account, deviceOf), 1) },
		"S16": func(t *testing.T, s *site, _ []*Actor) {
			for _, r := range kinds(s.seen, "order.submit") {
				assert.Less(t, r.at.In(venue).Sub(r.at.In(venue).Truncate(time.Hour)), 3*time.Second)
			}
		},
		"S17": func(t *testing.T, s *site, _ []*Actor) {
			assert.NotEmpty(t, s.house)
			assert.NotEmpty(t, kinds(s.seen, "order.submit"))
		},
		"S18": func(t *testing.T, s *site, _ []*Actor) { assert.Greater(t, by(s.seen, deviceOf, account), 1) },
		"S19": func(t *testing.T, s *site, _ []*Actor) {
			assert.Greater(t, by(s.seen, address, func(r seenRequest) string { return r.path }), 10)
		},
		"S20": func(t *testing.T, s *site, _ []*Actor) {
			assert.NotEmpty(t, kinds(s.seen, "code.request"))
			assert.Greater(t, by(kinds(s.seen, "session.create"), deviceOf, func(r seenRequest) string { return r.body }), 10)
		},
		"H1": firstLooks, "H2": firstLooks, "H4": firstLooks, "H5": firstLooks, "H7": firstLooks, "H8": firstLooks, "H9": firstLooks,
		"H3": func(t *testing.T, s *site, actors []*Actor) {
			firstLooks(t, s, actors)
			for _, r := range kinds(s.seen, "order.submit") {
				assert.Equal(t, groupPath, r.path)
			}
		},
		"H6": nothing,
		"H10": func(t *testing.T, s *site, _ []*Actor) {
			assert.GreaterOrEqual(t, by(kinds(s.seen, "order.change"), account, func(r seenRequest) string { return r.key }), 2)
			assert.NotEmpty(t, kinds(s.seen, "order.cancel"))
		},
	}
}

// TestAdaptiveChangesOneThing plays S18 at a site that turns away what it saw a
// few times: the ring goes on with other accounts, devices and addresses, and
// gets some of its bookings.
func TestAdaptiveChangesOneThing(t *testing.T) {
	t.Parallel()
	often := map[string]int{}
	s, actors := playAlone(t, "S18", 2, func(r seenRequest) bool {
		if r.kind != "order.submit" {
			return false
		}
		often[r.ip]++
		often[r.device]++
		return often[r.ip] > 2 || often[r.device] > 4
	})
	results := map[Result]int{}
	for _, a := range actors {
		for _, at := range a.seen.Attempts {
			results[at.Result]++
		}
	}
	assert.NotZero(t, results[ResultRefused])
	assert.NotZero(t, results[ResultAccepted])
	assert.Greater(t, by(kinds(s.seen, "order.submit"), account, address), 1, "the address changes")
	assert.Greater(t, by(kinds(s.seen, "order.submit"), account, deviceOf), 1, "the device changes")
}
