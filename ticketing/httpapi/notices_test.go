package httpapi_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/httpapi"
)

// operate sends what an operator does.
func (s *server) operate(operator, method, target, body string) answer {
	s.t.Helper()
	return s.send(method, target, body, http.Header{"Authorization": {"Bearer " + operationsKey}, "X-Operator": {operator}}, false)
}

// announce drafts and publishes, and gives the id.
func (s *server) announce(body string) string {
	s.t.Helper()
	made := s.operate("wang", "POST", "/internal/v1/announcements", body)
	require.Equal(s.t, http.StatusCreated, made.status, made.body)
	assert.Equal(s.t, "draft", made.text("state"))
	published := s.operate("wang", "POST", "/internal/v1/announcements/"+made.text("id")+"/publish", "")
	require.Equal(s.t, http.StatusOK, published.status, published.body)
	assert.Equal(s.t, "published", published.text("state"))
	return made.text("id")
}

func list(t *testing.T, a answer, key string) []map[string]any {
	t.Helper()
	require.Equal(t, http.StatusOK, a.status, a.body)
	var out []map[string]any
	raw, err := json.Marshal(a.body[key])
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(raw, &out))
	return out
}

func TestAnnouncementsEndToEnd(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.putPool("main", 0, 10)
	id := s.announce(`{"kind":"closure","pool":"main","dates":["2026-05-12"],"title_zh":"闭馆","title_en":"Closed","body_zh":"设备检修","body_en":"Maintenance"}`)
	s.announce(`{"kind":"notice","title_zh":"欢迎","body_zh":"[网站](https://museum.example)","pinned":true}`)

	shown := list(t, s.visitor("GET", "/api/v1/announcements?pool=main", "", ""), "announcements")
	require.Len(t, shown, 2)
	assert.Equal(t, map[string]any{
		"id": shown[0]["id"], "kind": "notice", "title_zh": "欢迎", "body_zh": "[网站](https://museum.example)", "title_en": "欢迎",
		"body_en": "[网站](https://museum.example)", "en_fallback": true, "pinned": true, "published_at": "2026-05-01T04:00:00.000Z", "version": 2.0,
	}, shown[0], "pinned first; English falls back to Chinese and says so")
	assert.Equal(t, "Closed", shown[1]["title_en"])
	assert.NotContains(t, shown[1], "en_fallback")
	zh := list(t, s.visitor("GET", "/api/v1/announcements?kind=closure&lang=zh", "", ""), "announcements")
	require.Len(t, zh, 1)
	assert.NotContains(t, zh[0], "title_en")
	page := s.visitor("GET", "/api/v1/announcements?limit=1", "", "")
	next := list(t, s.visitor("GET", "/api/v1/announcements?limit=1&after="+page.text("next"), "", ""), "announcements")
	require.Len(t, next, 1)
	assert.Equal(t, id, next[0]["id"])

	changed := s.operate("li", "PUT", "/internal/v1/announcements/"+id,
		`{"kind":"closure","pool":"main","title_zh":"开馆","body_zh":"检修取消","version":2}`)
	require.Equal(t, http.StatusOK, changed.status, changed.body)
	stale := s.operate("wang", "PUT", "/internal/v1/announcements/"+id, `{"kind":"closure","pool":"main","title_zh":"x","body_zh":"x","version":2}`)
	assert.Equal(t, http.StatusConflict, stale.status)
	assert.Equal(t, "version_conflict", stale.text("code"))
	assert.InDelta(t, 3, stale.body["current_version"], 0)
	history := list(t, s.house("GET", "/internal/v1/announcements/"+id+"/history", "", operationsKey), "versions")
	require.Len(t, history, 3)
	assert.Equal(t, []any{"create", "publish", "change"}, []any{history[0]["what"], history[1]["what"], history[2]["what"]})
	assert.Equal(t, []any{"wang", "li"}, []any{history[1]["who"], history[2]["who"]})
	after, _ := history[1]["after"].(map[string]any)
	assert.Equal(t, "闭馆", after["title"].(map[string]any)["zh"], "what was said before stays readable") //nolint:forcetypeassert // else it fails

	withdrawn := s.operate("li", "POST", "/internal/v1/announcements/"+id+"/withdraw", "")
	assert.Equal(t, "withdrawn", withdrawn.text("state"))
	assert.Empty(t, list(t, s.visitor("GET", "/api/v1/announcements?kind=closure", "", ""), "announcements"))
}

// TestScheduleByTheClock holds that what is scheduled appears and goes without
// anything being done, and that each makes the versions grow.
func TestScheduleByTheClock(t *testing.T) {
	t.Parallel()
	s := start(t)
	made := s.operate("wang", "POST", "/internal/v1/announcements", `{"kind":"notice","title_zh":"夜场","body_zh":"今晚"}`)
	path := "/internal/v1/announcements/" + made.text("id") + "/schedule"
	planned := s.operate("wang", "POST", path, `{"publish_at":"2026-05-01T13:00:00+08:00","withdraw_at":"2026-05-01T06:00:00Z"}`)
	require.Equal(t, http.StatusOK, planned.status, planned.body)
	assert.Equal(t, "2026-05-01T05:00:00.000Z", planned.text("publish_at"))
	var seen, versions []int
	for range 4 {
		a := s.visitor("GET", "/api/v1/announcements", "", "")
		v, _ := a.body["version"].(float64)
		seen, versions = append(seen, len(list(t, a, "announcements"))), append(versions, int(v))
		s.now.Add(time.Hour.Milliseconds())
	}
	assert.Equal(t, []int{0, 1, 0, 0}, seen)
	assert.Equal(t, []int{0, 1, 2, 2}, versions)
	late := s.operate("wang", "POST", path, `{"publish_at":"2026-05-02T05:00:00Z"}`)
	assert.Equal(t, "invalid_state", late.text("code"))
	for state, want := range map[string]int{"withdrawn": 1, "scheduled": 0, "published": 0, "draft": 0} {
		found := s.house("GET", "/internal/v1/announcements?state="+state, "", operationsKey)
		assert.Len(t, list(t, found, "announcements"), want, state)
	}
}

// TestStaleRulesBookNothing holds what a booking says of the rules it was shown.
func TestStaleRulesBookNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.putPool("main", 0, 10)
	_, token := s.signUp(1)
	rules := func() (string, float64) {
		id := s.announce(`{"kind":"rules","pool":"main","title_zh":"预约须知","body_zh":"请携带证件"}`)
		pool := s.visitor("GET", "/api/v1/pools/main", "", "")
		v, _ := pool.body["rules_version"].(float64)
		return id, v
	}
	book := func(passport string, version any) answer {
		var body map[string]any
		require.NoError(t, json.Unmarshal([]byte(booking("main", "2026-05-10", passport)), &body))
		if version != nil {
			body["rules_version"] = version
		}
		raw, err := json.Marshal(body)
		require.NoError(t, err)
		return s.visitor("POST", "/api/v1/orders", string(raw), token)
	}
	_, first := rules()
	agreed := book("P1000001", first)
	require.Equal(t, http.StatusCreated, agreed.status, agreed.body)
	assert.InDelta(t, first, agreed.body["rules_version"], 0)
	_, second := rules()
	require.Greater(t, second, first)
	refused := book("P1000002", first)
	assert.Equal(t, http.StatusConflict, refused.status)
	assert.Equal(t, "rules_changed", refused.text("code"))
	assert.Equal(t, "rules_version", refused.text("field"))
	assert.InDelta(t, second, refused.body["current_version"], 0)
	assert.InDelta(t, 9, s.left("main", "2026-05-10"), 0, "nothing was booked")
	silent := book("P1000002", nil)
	require.Equal(t, http.StatusCreated, silent.status, silent.body)
	assert.InDelta(t, second, silent.body["rules_version"], 0, "who says nothing agrees to what is in force")
	assert.Equal(t, http.StatusUnprocessableEntity, book("P1000003", -1).status)
	assert.Equal(t, http.StatusBadRequest, book("P1000003", "1").status)
	kept := s.visitor("GET", "/api/v1/orders/"+agreed.text("order_id"), "", token)
	assert.InDelta(t, first, kept.body["rules_version"], 0)
}

// TestConditionalReads holds that who has the version there is gets no body, and
// who has another gets the answer.
func TestConditionalReads(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.putPool("main", 0, 10)
	_, token := s.signUp(1)
	put := s.operate("wang", "PUT", "/internal/v1/venue", `{"name_zh":"天文馆","time_zone":"Asia/Shanghai"}`)
	require.Equal(t, http.StatusOK, put.status, put.body)
	get := func(path, tag string) answer {
		return s.send("GET", path, "", http.Header{"If-None-Match": {tag}}, true)
	}
	book := func() { s.visitor("POST", "/api/v1/orders", booking("main", "2026-05-10", "P1000001"), token) }
	announce := func() { s.announce(`{"kind":"rules","title_zh":"须知","body_zh":"x"}`) }
	for path, change := range map[string]func(){
		"/api/v1/pools/main/stock?from=2026-05-10": book,
		"/api/v1/pools/main":                       func() { s.putPool("main", 0, 20) },
		"/api/v1/pools":                            announce,
		"/api/v1/announcements":                    announce,
		"/api/v1/venue": func() {
			s.operate("li", "PUT", "/internal/v1/venue", `{"name_zh":"新馆","time_zone":"Asia/Shanghai","version":1}`)
		},
		"/api/v1/versions": func() { s.putPool("other", 0, 1) },
	} {
		first := get(path, "")
		require.Equal(t, http.StatusOK, first.status, path)
		tag := first.header.Get("ETag")
		require.NotEmpty(t, tag, path)
		assert.Equal(t, "private, max-age=1", first.header.Get("Cache-Control"))
		for _, sent := range []string{tag, "W/" + tag, `"0", ` + tag, "*"} {
			again := get(path, sent)
			assert.Equal(t, http.StatusNotModified, again.status, "%s %s", path, sent)
			assert.Empty(t, again.body)
			assert.Equal(t, tag, again.header.Get("ETag"))
		}
		change()
		fresh := get(path, tag)
		assert.Equal(t, http.StatusOK, fresh.status, path)
		assert.NotEqual(t, tag, fresh.header.Get("ETag"), path)
	}
	missing := get("/api/v1/pools/none/stock", "*")
	assert.Equal(t, http.StatusNotFound, missing.status)
	assert.Empty(t, missing.header.Get("ETag"))
}

func TestVersionsAnswer(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.putPool("main", 0, 10)
	s.putPool("other", 0, 10)
	s.announce(`{"kind":"rules","title_zh":"须知","body_zh":"x"}`)
	s.announce(`{"kind":"rules","pool":"main","title_zh":"须知","body_zh":"x"}`)
	got := s.visitor("GET", "/api/v1/versions", "", "")
	require.Equal(t, http.StatusOK, got.status)
	stock := s.visitor("GET", "/api/v1/pools/main/stock", "", "")
	versions, _ := got.body["stock"].(map[string]any)
	assert.Equal(t, stock.body["version"], versions["main"])
	assert.Equal(t, map[string]any{"main": 2.0, "other": 1.0}, got.body["rules_by_pool"])
	assert.Equal(t, []any{2.0, 2.0, 0.0}, []any{got.body["announcements"], got.body["rules"], got.body["venue"]})
	s.now.Add(11 * 24 * time.Hour.Milliseconds())
	later := s.visitor("GET", "/api/v1/pools/main/stock", "", "")
	assert.Empty(t, later.body["days"])
	assert.Greater(t, later.body["version"], stock.body["version"], "days that passed are a change, too")
}

func TestNoticesRefuse(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.putPool("main", 0, 10)
	for body, field := range map[string]string{
		`{"kind":"notice","title_zh":"<script>alert(1)</script>","body_zh":"x"}`:              "title_zh",
		`{"kind":"notice","title_zh":"x","body_zh":"票\u202e价"}`:                               "body_zh",
		`{"kind":"notice","title_zh":"x","body_zh":"[a](javascript:alert(1))"}`:               "body_zh",
		`{"kind":"notice","title_zh":"x","body_zh":"x","title_en":"x"}`:                       "body_en",
		`{"kind":"news","title_zh":"x","body_zh":"x"}`:                                        "kind",
		`{"kind":"notice","pool":"none","title_zh":"x","body_zh":"x"}`:                        "pool",
		`{"kind":"notice","title_zh":"x","body_zh":"x","dates":["2026-02-31"]}`:               "dates",
		fmt.Sprintf(`{"kind":"notice","title_zh":"%0121d","body_zh":"x"}`, 0):                 "title_zh",
		fmt.Sprintf(`{"kind":"notice","title_zh":"x","body_zh":"%08001d"}`, 0):                "body_zh",
		`{"kind":"notice","title_zh":"","body_zh":"x"}`:                                       "title_zh",
		`{"kind":"notice","title_zh":"x","body_zh":"x","priority":100000}`:                    "priority",
		`{"kind":"notice","title_zh":"x","body_zh":"` + "<img src=x onerror=alert(1)>" + `"}`: "body_zh",
	} {
		got := s.operate("wang", "POST", "/internal/v1/announcements", body)
		assert.Equal(t, http.StatusUnprocessableEntity, got.status, body)
		assert.Equal(t, field, got.text("field"), body)
	}
	assert.Empty(t, list(t, s.house("GET", "/internal/v1/announcements", "", operationsKey), "announcements"), "nothing was made")
	for _, target := range []string{"/api/v1/announcements?limit=0", "/api/v1/announcements?limit=101", "/api/v1/announcements?kind=x", "/api/v1/announcements?lang=fr", "/api/v1/announcements?after=%00"} {
		assert.Equal(t, http.StatusUnprocessableEntity, s.visitor("GET", target, "", "").status, target)
	}
	assert.Equal(t, http.StatusNotFound, s.visitor("GET", "/api/v1/venue", "", "").status)
	assert.Equal(t, http.StatusUnauthorized, s.house("POST", "/internal/v1/announcements", `{}`, enforcementKey).status)
	assert.Equal(t, http.StatusUnauthorized, s.send("GET", "/api/v1/announcements", "", nil, false).status)
	assert.Equal(t, http.StatusNotFound, s.operate("wang", "POST", "/internal/v1/announcements/none/publish", "").status)
	key := http.Header{"Authorization": {"Bearer " + operationsKey}, "Idempotency-Key": {"k1"}}
	body := `{"kind":"notice","title_zh":"x","body_zh":"x"}`
	one, two := s.send("POST", "/internal/v1/announcements", body, key, false), s.send("POST", "/internal/v1/announcements", body, key, false)
	require.Equal(t, http.StatusCreated, two.status, two.body)
	assert.Equal(t, one.body, two.body)
	other := s.send("POST", "/internal/v1/announcements", `{"kind":"notice","title_zh":"y","body_zh":"x"}`, key, false)
	assert.Equal(t, "idempotency_mismatch", other.text("code"))
}

func TestNoticesNotConfigured(t *testing.T) {
	t.Parallel()
	s := startWith(t, func(_ *server, service *ticketing.Options, api *httpapi.Options) {
		service.BookingRules, api.Notices = nil, nil
	})
	s.putPool("main", 0, 10)
	assert.Equal(t, "not_configured", s.visitor("GET", "/api/v1/announcements", "", "").text("code"))
	assert.Equal(t, http.StatusOK, s.visitor("GET", "/api/v1/versions", "", "").status)
	assert.InDelta(t, 0, s.visitor("GET", "/api/v1/pools/main", "", "").body["rules_version"], 0)
}
