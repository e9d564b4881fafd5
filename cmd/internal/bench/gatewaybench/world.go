package gatewaybench

import (
	"crypto/ed25519"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"fairgate/ingest/fingerprint"
	"fairgate/ticketing"
)

// What the requests are and whom they name.
const (
	orderPath    = "/api/v1/orders"
	sessionPath  = "/api/v1/sessions"
	stockPath    = "/api/v1/pools/main/stock"
	benchAccount = "X-Bench-Account" // tells the upstream and the trip who it is

	hostileShare = 0.02 // of the accounts
	hostileLoad  = 0.25 // of the requests
	bookingShare = 0.7  // of the requests
	learnedShare = 0.05 // of the accounts, whose session the gateway learns from a sign-in
	subnetSize   = 20   // ordinary accounts in one /24
	farmSize     = 10   // hostile accounts on one device
)

// world is the population with its requests, rendered once, so that sending
// costs next to nothing.
type world struct {
	visitors []visitor
	requests [][]byte // the load, in the order in which it is sent
	signIns  [][]byte // one for each learned session
	firsts   [][]byte // one read by every account
}

type visitor struct {
	account, device, address string
	learned                  bool
	agent                    string
	token                    string
	documents                []string
	phone                    string
}

// openToken is a session token that says nothing by itself: only who saw the
// sign-in knows whose it is.
func openToken(account string) string { return "open-" + account }

// newWorld makes accounts people and scripts and n requests by them, the same
// for the same seed but for the ids, which are fresh in every run.
func newWorld(accounts, n int, seed uint64, k secrets) (*world, error) {
	random := rand.New(rand.NewPCG(seed, 1))
	tokens, err := fingerprint.NewTokens([]byte(k.device), fingerprint.TokenOptions{})
	if err != nil {
		return nil, fmt.Errorf("device tokens: %w", err)
	}
	w := &world{}
	hostile := max(2, int(hostileShare*float64(accounts)))
	farm := ""
	for i := range accounts {
		v := visitor{
			account: uuid.NewString(), agent: agents[random.IntN(len(agents))],
			address: fmt.Sprintf("100.%d.%d.%d", 64+i/subnetSize/256%64, i/subnetSize%256, 1+random.IntN(254)),
			phone:   fmt.Sprintf("139%08d", i), learned: random.Float64() < learnedShare,
		}
		own := 3
		if i < hostile {
			own = 40
			v.address = fmt.Sprintf("198.18.%d.%d", i/farmSize%256, 1+random.IntN(254))
		}
		if i >= hostile || i%farmSize == 0 {
			farm, _ = tokens.Issue(0)
		}
		v.device = farm
		for range own {
			v.documents = append(v.documents, fmt.Sprintf("P%08d", random.IntN(100_000_000)))
		}
		if v.token, err = sessionToken(k.session, &v); err != nil {
			return nil, err
		}
		w.firsts = append(w.firsts, v.read())
		if v.learned {
			w.signIns = append(w.signIns, v.signIn())
		}
		w.visitors = append(w.visitors, v)
	}
	// A few scripts send most of the hostile load.
	zipf := rand.NewZipf(random, 1.2, 8, uint64(hostile-1))
	for range n {
		v := &w.visitors[hostile+random.IntN(accounts-hostile)]
		if random.Float64() < hostileLoad {
			v = &w.visitors[zipf.Uint64()]
		}
		if random.Float64() < bookingShare {
			w.requests = append(w.requests, v.book(random))
		} else {
			w.requests = append(w.requests, v.read())
		}
	}
	return w, nil
}

// sessionToken is the account's JWT, as the booking system signs it, or a token
// whose meaning has to be learned.
func sessionToken(key ed25519.PrivateKey, v *visitor) (string, error) {
	if v.learned {
		return openToken(v.account), nil
	}
	now := time.Now()
	token, err := jwt.NewWithClaims(jwt.SigningMethodEdDSA, jwt.RegisteredClaims{
		Subject: v.account, Issuer: ticketing.TokenIssuer, Audience: jwt.ClaimStrings{ticketing.TokenAudience},
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(4 * time.Hour)), ID: uuid.NewString(),
	}).SignedString(key)
	if err != nil {
		return "", fmt.Errorf("sign a session token: %w", err)
	}
	return token, nil
}

var agents = []string{
	"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
	"Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.60 Language/zh_CN",
	"Mozilla/5.0 (Linux; Android 15; 2410DPN6CC) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/136.0.0.0 Mobile Safari/537.36",
}

// book orders places for one to three people, a few days ahead; now and then a
// script asks for more.
func (v *visitor) book(random *rand.Rand) []byte {
	type position struct {
		Name     string            `json:"name"`
		Document map[string]string `json:"document"`
		Phone    string            `json:"phone,omitempty"`
	}
	places := 1 + min(int(random.ExpFloat64()), 2)
	if len(v.documents) > 10 && random.IntN(100) == 0 {
		places = 6
	}
	order := struct {
		Pool      string     `json:"pool"`
		Date      string     `json:"date"`
		Positions []position `json:"positions"`
	}{Pool: "main", Date: time.Now().AddDate(0, 0, 3+random.IntN(5)).Format(time.DateOnly)}
	first := random.IntN(len(v.documents))
	for i := range places {
		p := position{
			Name:     fmt.Sprintf("Visitor %d", i+1),
			Document: map[string]string{"type": "passport", "nationality": "DEU", "number": v.documents[(first+i)%len(v.documents)]},
		}
		if i == 0 {
			p.Phone = v.phone
		}
		order.Positions = append(order.Positions, p)
	}
	body, _ := json.Marshal(order) // strings and maps of strings: it cannot fail
	return v.render("POST", orderPath, true, body)
}

func (v *visitor) read() []byte { return v.render("GET", stockPath, true, nil) }

func (v *visitor) signIn() []byte {
	return v.render("POST", sessionPath, false, fmt.Appendf(nil, `{"phone":%q,"password":"not looked at"}`, v.phone))
}

// render writes a request as a browser behind a reverse proxy would.
func (v *visitor) render(method, path string, known bool, body []byte) []byte {
	var b strings.Builder
	header := func(name, value string) { b.WriteString(name + ": " + value + "\r\n") }
	b.WriteString(method + " " + path + " HTTP/1.1\r\n")
	header("Host", "tickets.museum.test")
	header("X-Forwarded-For", v.address)
	header("X-Forwarded-Proto", "https")
	header("User-Agent", v.agent)
	header("Accept", "application/json, text/plain, */*")
	header("Accept-Language", "zh-CN,zh;q=0.9,en;q=0.8")
	header("Accept-Encoding", "gzip, deflate, br")
	header("Referer", "https://tickets.museum.test/book")
	header("Sec-Fetch-Mode", "cors")
	header("Sec-Fetch-Site", "same-origin")
	header("Cookie", fingerprint.DeviceCookie+"="+v.device)
	header(benchAccount, v.account)
	if known {
		header("Authorization", "Bearer "+v.token)
	}
	if body != nil {
		header("Content-Type", "application/json")
		header("Idempotency-Key", uuid.NewString())
		header("Content-Length", fmt.Sprint(len(body)))
	}
	b.WriteString("\r\n")
	b.Write(body)
	return []byte(b.String())
}
