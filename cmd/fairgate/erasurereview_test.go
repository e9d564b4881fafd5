package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/sqldb"
)

// reviewed leaves what people say about a blocked account in every table of the
// review: an appeal, an opinion, a conflict between deciders, notes on alerts,
// and, which happens by chance or later, a draw for the audit sample and what
// is known of the account's cluster.
func (s *service) reviewed(t *testing.T, v *visitor, refusal reply, key string, stores *stores) {
	t.Helper()
	api := "http://" + s.operators + "/api/v1"
	words, err := json.Marshal(map[string]string{"receipt": refusal.field("receipt"), "text": "I am " + v.account, "language": "en"})
	require.NoError(t, err)
	filed := v.must(t, http.MethodPost, "/.fairgate/appeal", string(words))
	require.Equal(t, http.StatusCreated, filed.status, "%s", filed.body)

	var queue struct {
		Cases []struct{ ID string }
	}
	require.Eventually(t, func() bool {
		err := house(t.Context(), http.MethodGet, api+"/cases?entity=account&key="+v.account, key, nil, &queue)
		return err == nil && len(queue.Cases) == 1
	}, 10*time.Second, 100*time.Millisecond)
	id := queue.Cases[0].ID
	require.NoError(t, house(t.Context(), http.MethodPost, api+"/cases/"+id+"/opinion", key,
		map[string]string{"value": "human", "note": v.account + " was at the counter"}, nil))
	require.NoError(t, house(t.Context(), http.MethodPost, api+"/cases/preview", key,
		map[string]any{"cases": []string{id}, "decision": "clear"}, nil))
	decide := func(verb string) error {
		return house(t.Context(), http.MethodPost, api+"/cases/"+id+"/decision", key,
			map[string]any{"decision": verb, "version": 0, "reason": verb + ": " + v.account}, nil)
	}
	require.NoError(t, decide("watch"))
	require.ErrorContains(t, decide("confirm"), "409", "which is kept as a note")
	require.NoError(t, house(t.Context(), http.MethodPost, api+"/silences", s.securityKey, map[string]any{
		"pattern": "pool_drained", "until": time.Now().Add(time.Hour).UTC(), "reason": v.account + " runs a test",
	}, nil))

	now := sqldb.Millis(time.Now())
	for text, args := range map[string][]any{
		`INSERT INTO case_accounts (case_id, account, why, at) VALUES ($1, $2, 'linked', $3)`:          {id, v.account, now},
		`INSERT INTO case_raises (site, account, at, actor, done) VALUES ('museum', $1, $2, 'ann', 1)`: {v.account, now},
		`INSERT INTO audit_sample (id, site, account, week, stratum, probability, twice, event_id, visit_day, drawn_at, state)
 VALUES ($1, 'museum', $2, $3, 'blocked/80-100', 1, 0, '', $3, $3, 'done')`: {fmt.Sprint("drawn ", id), v.account, now},
		`INSERT INTO opinions (subject, reviewer, value, note, at) VALUES ($1, 'ann', 'human', $2, $3)`: {fmt.Sprint("drawn ", id), "as " + v.account, now},
	} {
		_, err := stores.sql.Write.ExecContext(t.Context(), text, args...)
		require.NoError(t, err)
	}
	named := stores.naming(t, v.account)
	for _, table := range []string{
		"appeals", "opinions", "case_notes", "case_previews", "case_accounts", "case_raises", "audit_sample", "alert_silences",
	} {
		assert.Contains(t, named, "sql "+table)
	}
}
