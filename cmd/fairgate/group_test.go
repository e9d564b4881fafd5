package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/app"
)

// upload sends a list of names as a browser sends a file.
func (v *visitor) upload(t *testing.T, list string) reply {
	t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile("file", "list.csv")
	require.NoError(t, err)
	_, err = file.Write([]byte(list))
	require.NoError(t, err)
	require.NoError(t, form.Close())
	return v.must(t, http.MethodPost, "/api/v1/namelists", body.String(), "Content-Type", form.FormDataContentType())
}

// TestGroupsThroughTheGateway is a leader who uploads a list, reviews it and
// books it, and others whom the gateway does not let book theirs.
func TestGroupsThroughTheGateway(t *testing.T) {
	s, _ := startService(t, app.DevOptions{Data: t.TempDir()})
	day := time.Now().AddDate(0, 0, 21).Format(time.DateOnly)
	require.NoError(t, house(t.Context(), http.MethodPut, "http://"+s.ticketing+"/internal/v1/pools/groups", s.operationsKey, map[string]any{
		"name": "Groups", "limit_per_order": 5, "hold_seconds": 600, "provisional_cutoff_seconds": 3600,
		"products": []map[string]any{{"id": "group", "name": "团体票", "kind": "group"}},
		"days":     []map[string]any{{"date": day, "capacity": 400}},
	}, nil))
	leader, scalper := newcomer(t, s.gateway), newcomer(t, s.gateway)
	takesTime(t, time.Now())
	list := func(people int) string {
		text := "姓名,证件类型,证件号码,国籍\r\n"
		for range people {
			text += fmt.Sprintf("王小明,护照,G%08d,GBR\r\n", documents.Add(1))
		}
		return text
	}
	review := func(v *visitor, people int) json.RawMessage {
		r := v.upload(t, list(people))
		require.Equal(t, http.StatusOK, r.status, "%s", r.body)
		var read struct {
			Positions json.RawMessage `json:"positions"`
		}
		require.NoError(t, json.Unmarshal(r.body, &read))
		return read.Positions
	}
	order := func(positions json.RawMessage) string {
		return fmt.Sprintf(`{"pool":"groups","date":%q,"product":"group","leader":{"name":"李雷","phone":"13800000000"},"positions":%s}`, day, positions)
	}

	t.Run("a list with a fault", func(t *testing.T) {
		r := leader.upload(t, "姓名,证件类型,证件号码\r\n李雷,身份证,110105194912310021\r\n")
		assert.Equal(t, http.StatusUnprocessableEntity, r.status)
		assert.Equal(t, "file!C2", r.field("field"))
		assert.Equal(t, "校验码不符", r.field("reason_zh"))
	})
	t.Run("a class", func(t *testing.T) {
		r := leader.must(t, http.MethodPost, "/api/v1/orders/group", order(review(leader, 300)), "Idempotency-Key", "class")
		require.Equal(t, http.StatusCreated, r.status, "%s", r.body)
		assert.Equal(t, "provisional", r.field("state"))
		assert.Equal(t, 100, s.left(t, "groups", day))
	})
	t.Run("more than a group may be", func(t *testing.T) {
		crowd := strings.TrimSuffix(strings.Repeat(`{"document":{"number":"E1"}},`, 501), ",")
		r := leader.must(t, http.MethodPost, "/api/v1/orders/group", order(json.RawMessage("["+crowd+"]")))
		assert.Equal(t, http.StatusBadRequest, r.status, "%s", r.body)
		assert.Equal(t, "too_many_documents", r.field("code"))
	})
	t.Run("somebody who may not book", func(t *testing.T) {
		positions := review(scalper, 30) // reading a list takes nothing
		s.deny(t, scalper.account)
		var refused reply
		require.Eventually(t, func() bool {
			refused = scalper.must(t, http.MethodPost, "/api/v1/orders/group", order(positions))
			return refused.status == http.StatusForbidden
		}, 10*time.Second, 100*time.Millisecond, "%s", refused.body)
		assert.NotEmpty(t, refused.field("receipt"), "%s", refused.body)
		assert.Equal(t, "refused", refused.field("code"))
	})
	assert.LessOrEqual(t, s.left(t, "groups", day), 100)
}
