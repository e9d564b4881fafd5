package main

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/app"
	"fairgate/rules"
	"fairgate/rules/life"
)

// everybody is a rule that would refuse every booking, in shadow.
const everybody = `# A ruleset for a test.
name: museum
rules:
  - id: everybody # no exceptions
    description: Refuses all bookings.
    events: [order.submit]
    when: hour >= 0 and hour < 24
    on: account
    action: block
    mode: shadow
    reason: pace
    owner: risk
    messages: {zh: 测试, en: a test}
`

type versionReply struct {
	life.Version
	Review *life.Review
}

// TestARuleGoesLiveAndIsWeakenedWhileVisitorsBook: an analyst's change waits for
// a second person, is in force for bookings seconds after its publication, and
// is taken back at once.
func TestARuleGoesLiveAndIsWeakenedWhileVisitorsBook(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "museum.yaml"), []byte(everybody), 0o600))
	s, dev := startService(t, app.DevOptions{Data: t.TempDir(), Rules: dir})
	day := s.openPool(t, "main", 1000)
	v := newcomer(t, s.gateway)
	book := func() int {
		r := v.must(t, http.MethodPost, "/api/v1/orders", booking("main", day))
		return r.status
	}
	require.Equal(t, http.StatusCreated, book(), "shadow never acts")

	author := s.analystKey
	second := s.enterAsAdmin(t, dev.Password)
	api := "http://" + s.operators + "/api/v1/rulesets/museum"
	call := func(key, method, path string, in, out any) error {
		return house(t.Context(), method, api+path, key, in, out)
	}
	var f struct{ Text, Hash, Program string }
	require.NoError(t, call(author, http.MethodGet, "", nil, &f))
	require.Equal(t, everybody, f.Text)

	var version versionReply
	require.NoError(t, call(author, http.MethodPost, "/versions", map[string]any{
		"text": strings.Replace(f.Text, "mode: shadow", "mode: live", 1), "base": f.Hash, "reason": "nobody shall book",
	}, &version))
	require.Equal(t, life.Draft, version.State)
	require.False(t, version.Review.Instant)
	word := map[string]any{"hash": version.Hash, "reason": "looks right", "override": "it is only a test"}
	plain := map[string]any{"hash": version.Hash, "reason": "please"}
	require.NoError(t, call(author, http.MethodPost, "/versions/1/proposal", plain, nil))
	require.ErrorContains(t, call(author, http.MethodPost, "/versions/1/approval", word, nil), "403", "the author")
	require.NoError(t, call(second, http.MethodPost, "/versions/1/approval", word, nil))
	require.NoError(t, call(author, http.MethodPost, "/versions/1/publication", map[string]any{"replaces": f.Hash, "reason": "now"}, &version))
	require.Equal(t, life.Published, version.State)
	published := time.Now()
	require.Eventually(t, func() bool { return book() == http.StatusForbidden }, 5*time.Second, 50*time.Millisecond)
	t.Logf("bookings were refused %s after the publication", time.Since(published).Round(time.Millisecond))

	require.NoError(t, call(author, http.MethodPatch, "/rules/everybody", map[string]any{"mode": rules.ModeShadow, "reason": "a mistake"}, &version))
	require.Equal(t, life.Published, version.State, "weakening takes one person")
	assert.Contains(t, version.Text, "- id: everybody # no exceptions", "comments stay")
	weakened := time.Now()
	require.Eventually(t, func() bool {
		v = newcomer(t, s.gateway) // who was blocked stays so for a while
		return book() == http.StatusCreated
	}, 5*time.Second, 50*time.Millisecond)
	t.Logf("bookings went through %s after the weakening", time.Since(weakened).Round(time.Millisecond))

	var log struct {
		Entries []struct{ Actor, Action, Reason string }
	}
	require.NoError(t, house(t.Context(), http.MethodGet, "http://"+s.operators+"/api/v1/audit?limit=20", second, nil, &log))
	var said []string
	for _, e := range log.Entries {
		if strings.HasPrefix(e.Action, "ruleset.") || strings.HasPrefix(e.Action, "rule.") {
			said = append(said, e.Actor+" "+e.Action+": "+e.Reason)
		}
	}
	assert.Equal(t, []string{
		"operator-analyst rule.change: a mistake", "operator-analyst ruleset.publish: now", "admin ruleset.approve: looks right",
		"operator-analyst ruleset.propose: please", "operator-analyst ruleset.create: nobody shall book",
	}, said)
}

// enterAsAdmin changes the first administrator's one-time password and gives
// the token of a session.
func (s *service) enterAsAdmin(t *testing.T, oneTime string) string {
	t.Helper()
	const own = "an admin's own password"
	var session struct{ Token string }
	api := "http://" + s.operators + "/api/v1"
	require.NoError(t, house(t.Context(), http.MethodPost, api+"/sessions", "", map[string]string{"name": "admin", "password": oneTime}, &session))
	require.NoError(t, house(t.Context(), http.MethodPost, api+"/password", session.Token, map[string]string{"old_password": oneTime, "new_password": own}, nil))
	require.NoError(t, house(t.Context(), http.MethodPost, api+"/sessions", "", map[string]string{"name": "admin", "password": own}, &session))
	return session.Token
}
