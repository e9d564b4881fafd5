package httpapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/console"
	"fairgate/console/httpapi"
	"fairgate/enforcement"
	"fairgate/enforcement/cases"
	"fairgate/enforcement/explain"
	"fairgate/enforcement/ledger/lookup"
	"fairgate/enforcement/lists"
	"fairgate/ingest"
	"fairgate/ingest/fingerprint"
)

// archive is a ledger with a few events.
type archive struct {
	asked []lookup.Search
	err   error
}

func events() []lookup.Seen {
	at := time.UnixMilli(1_800_000_000_000).UTC()
	return []lookup.Seen{
		{ID: "0198a0b0-0000-7000-8000-000000000001", Time: at, Account: "alice", Order: "order-1", Pool: "main", Day: "2026-05-10", Action: ingest.Block, Rules: []string{"rotation"}, Score: 80, Receipt: "FG-1", OrderState: "withdrawn"},
		{ID: "0198a0b0-0000-7000-8000-000000000002", Time: at.Add(-time.Minute), Account: "alice", Order: "order-1", Action: ingest.Allow, Rules: []string{}},
	}
}

func (a *archive) Timeline(_ context.Context, site string, s lookup.Search) ([]lookup.Seen, error) {
	a.asked = append(a.asked, s)
	if a.err != nil || site != "museum" {
		return nil, a.err
	}
	known := map[lookup.Key][]string{
		lookup.ByAccount: {"alice"}, lookup.ByOrder: {"order-1"}, lookup.ByReceipt: {"K7M2Q9X4T6B8D3F5H1JN"}, lookup.ByPhone: {"hash of phone 13812345678"},
		lookup.ByDocument: {"hash of document 11010519491231002X"},
	}
	for _, v := range s.Values {
		if slices.Contains(known[s.By], v) {
			all := events()
			return all[:min(len(all), max(s.Limit, 1))], nil
		}
	}
	return []lookup.Seen{}, nil
}

type hashes struct{}

func (hashes) Keys(p fingerprint.Purpose, value string) []string {
	return []string{"hash of " + string(p) + " " + value}
}

// people is a review queue that knows one account.
type people struct{ httpapi.Review }

func (p people) StandingOf(_ context.Context, site string, target enforcement.Target) (cases.Standing, error) {
	s := cases.Standing{Site: site, Target: target}
	if target.Key == "denied-by-hand" {
		s.Blocks = []lists.Entry{{ID: "e1"}}
	}
	return s, nil
}

type oneEvent struct{ explaining }

// explaining is never asked to explain.
type explaining interface{ httpapi.Explain }

func (oneEvent) Find(_ context.Context, _, id string) (explain.Record, error) {
	if id != events()[0].ID {
		return explain.Record{}, explain.ErrUnknownEvent
	}
	return explain.Record{Event: ingest.Event{ID: id, Subject: ingest.Subject{Account: "alice"}}}, nil
}

// asRole lets everybody in with the role that the token names.
type asRole struct{ httpapi.Operators }

func (asRole) Who(_ context.Context, token string) (console.Identity, error) {
	return console.Identity{Principal: console.Principal{Name: token, Role: console.Role(token)}, Session: console.Session{Credential: console.ByBearer}}, nil
}

type seeker struct {
	ledger *archive
	audit  *kept
	now    time.Time
	do     func(t *testing.T, role console.Role, method, path, body string, into any) int
}

func openSeeker(t *testing.T) *seeker {
	t.Helper()
	s := &seeker{ledger: &archive{}, audit: &kept{}, now: time.UnixMilli(1_800_000_000_000)}
	app := httpapi.New(httpapi.Services{
		Operators: asRole{}, Audit: s.audit, Ledger: s.ledger, People: hashes{}, Review: people{}, Explain: oneEvent{},
	}, httpapi.Options{Site: "museum", Now: func() time.Time { return s.now }})
	s.do = func(t *testing.T, role console.Role, method, path, body string, into any) int {
		t.Helper()
		req := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
		req.Header.Set("Authorization", "Bearer "+string(role))
		req.Header.Set("Content-Type", "application/json")
		res, err := app.Test(req, 5000)
		require.NoError(t, err)
		defer func() { require.NoError(t, res.Body.Close()) }()
		text, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		if into != nil {
			require.NoError(t, json.Unmarshal(text, into), "%s", text)
		}
		return res.StatusCode
	}
	return s
}

type found struct {
	Sought     []string
	Hits       []httpapi.Hit
	Unsearched []string
}

func (s *seeker) search(t *testing.T, role console.Role, q string) (found, []string) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"q": q})
	require.NoError(t, err)
	var out found
	require.Equal(t, http.StatusOK, s.do(t, role, http.MethodPost, "/api/v1/search", string(body), &out))
	var hits []string
	for _, h := range out.Hits {
		hits = append(hits, h.Type+" "+h.ID)
	}
	return out, hits
}

func TestSearch(t *testing.T) {
	first := events()[0].ID
	for name, tt := range map[string]struct {
		q, sought string
		want      []string
		audited   string
	}{
		"a receipt":           {"k7m2q9x4t6b8d3f5h1jn", "receipt", []string{"event " + first, "account alice"}, "receipt:k7m2q9x4t6b8d3f5h1jn"},
		"an account":          {"alice", "id", []string{"account alice"}, "id:alice"},
		"an account without":  {"denied-by-hand", "id", []string{"account denied-by-hand"}, "id:denied-by-hand"},
		"an order":            {"order-1", "id", []string{"order order-1"}, "id:order-1"},
		"an event":            {first, "id", []string{"event " + first, "account alice"}, "id:" + first},
		"a phone":             {"13812345678", "phone,document", []string{"account alice"}, "people"},
		"a document":          {"11010519491231002X", "document", []string{"account alice"}, "people"},
		"nobody":              {"nobody-at-all", "id", nil, "id:nobody-at-all"},
		"a spelled-out phone": {"138-0000-0000", "phone", nil, "people"},
	} {
		t.Run(name, func(t *testing.T) {
			s := openSeeker(t)
			out, hits := s.search(t, console.Administrator, tt.q)
			assert.Equal(t, tt.sought, strings.Join(out.Sought, ","))
			assert.Equal(t, tt.want, hits)
			assert.Empty(t, out.Unsearched)
			require.Len(t, s.audit.entries, 1)
			assert.Equal(t, "search", s.audit.entries[0].Action)
			assert.Equal(t, tt.audited, s.audit.entries[0].Object)
		})
	}
}

func TestSearchShowsWhatTheRoleMaySee(t *testing.T) {
	s := openSeeker(t)
	_, hits := s.search(t, console.BoxOffice, "k7m2q9x4t6b8d3f5h1jn")
	assert.Equal(t, []string{"account alice"}, hits, "box office reads no events")
	out, hits := s.search(t, console.Auditor, "13812345678")
	assert.Empty(t, hits, "an auditor looks for nobody")
	assert.Equal(t, []string{"people"}, out.Unsearched)
	s.ledger.err = errors.New("away")
	out, _ = s.search(t, console.Analyst, "alice")
	assert.Equal(t, []string{"ledger"}, out.Unsearched)
}

func TestSearchRefusals(t *testing.T) {
	s := openSeeker(t)
	for _, q := range []string{`{"q":"a"}`, `{"q":"` + strings.Repeat("x", 201) + `"}`, `{"q":"<script>alert(1)</script>"}`, `{}`, `{"q":"a b c"}`} {
		assert.Equal(t, http.StatusUnprocessableEntity, s.do(t, console.Analyst, http.MethodPost, "/api/v1/search", q, nil), q)
	}
	assert.Empty(t, s.ledger.asked)
	for range 10 {
		s.search(t, console.Analyst, "13812345678")
	}
	phone, id := `{"q":"13812345678"}`, `{"q":"alice"}`
	assert.Equal(t, http.StatusTooManyRequests, s.do(t, console.Analyst, http.MethodPost, "/api/v1/search", phone, nil))
	for range 19 {
		s.search(t, console.Analyst, "alice")
	}
	assert.Equal(t, http.StatusTooManyRequests, s.do(t, console.Analyst, http.MethodPost, "/api/v1/search", id, nil))
	assert.Equal(t, http.StatusOK, s.do(t, console.Security, http.MethodPost, "/api/v1/search", id, nil), "each for himself")
	s.now = s.now.Add(time.Minute)
	assert.Equal(t, http.StatusOK, s.do(t, console.Analyst, http.MethodPost, "/api/v1/search", phone, nil))
}
