package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/undo"
	"fairgate/enforcement/withdrawals"
	"fairgate/rules"
)

// TestWhoWasBlockedByMistakeBooksAgain: a rule blocks a person and takes the
// person's booking; what the version did is undone; the booking is back, and
// the person books again.
func TestWhoWasBlockedByMistakeBooksAgain(t *testing.T) {
	engine(t, "FAIRGATE_TEST_CHDB")
	blocking := strings.Replace(everybody, "action: block", "action: block\n    ttl: 1h", 1)
	s, dev, _ := startRules(t, blocking)
	day := s.openPool(t, "main", 1000) // bookings go on until the rule is in force
	v := newcomer(t, s.gateway)
	book := func() reply { return v.must(t, http.MethodPost, "/api/v1/orders", booking("main", day)) }
	first := book()
	require.Equal(t, http.StatusCreated, first.status, "%s", first.body)
	state := func() string {
		return v.must(t, http.MethodGet, "/api/v1/orders/"+first.field("order_id"), "").field("state")
	}
	operators := s.editor(t, dev.Password)
	live := operators.publish(t, strings.Replace(blocking, "mode: shadow", "mode: live", 1))
	require.Eventually(t, func() bool { return book().status == http.StatusForbidden }, 5*time.Second, 50*time.Millisecond)
	api := "http://" + s.operators + "/api/v1"
	cause := map[string]any{"rule": "everybody", "ruleset": live.Program, "reason": "it hit people"}
	var preview undo.Preview
	require.Eventually(t, func() bool {
		require.NoError(t, house(t.Context(), http.MethodPost, api+"/undo/preview", operators.first,
			map[string]any{"rule": "everybody", "ruleset": live.Program}, &preview))
		return len(preview.BlockList) == 1 && preview.Orders[withdrawals.Withdrawn] > 0
	}, 20*time.Second, 100*time.Millisecond)
	var weaker struct{ Program string }
	require.NoError(t, house(t.Context(), http.MethodPatch, api+"/rulesets/museum/rules/everybody", operators.first,
		map[string]any{"mode": rules.ModeShadow, "reason": "a mistake"}, &weaker))
	s.awaitVersion(t, openRecord(t, dev), weaker.Program) // until then it blocks anew
	require.Equal(t, http.StatusForbidden, book().status, "to weaken a rule is not to undo what it did")

	var u undo.Undo
	require.NoError(t, house(t.Context(), http.MethodPost, api+"/undo", operators.second, cause, &u))
	began := time.Now()
	var again reply
	require.Eventually(t, func() bool {
		again = book()
		return again.status == http.StatusCreated
	}, 20*time.Second, 100*time.Millisecond, "%s", again.body)
	t.Logf("books again %s after the undo", time.Since(began).Round(time.Millisecond))
	require.Eventually(t, func() bool { return state() == "provisional" }, 20*time.Second, 100*time.Millisecond, "the booking is back")
	require.NoError(t, house(t.Context(), http.MethodGet, api+"/undo/"+u.ID, operators.first, nil, &u))
	assert.Equal(t, 1, u.Blocks.Lifted)
	t.Logf("%+v", u)
}
