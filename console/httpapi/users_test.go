package httpapi_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/console"
)

func TestOperatorsAreAdministered(t *testing.T) {
	h := build(t)
	b := h.openTab(t)
	var made struct {
		User     console.User `json:"user"`
		Password string       `json:"one_time_password"`
	}
	const path = "/api/v1/users"
	body := `{"name":"wei","role":"analyst","reason":"starts today"}`
	for what, bad := range map[string]string{
		"no reason":           `{"name":"wei","role":"analyst"}`,
		"no such role":        strings.Replace(body, "analyst", "root", 1),
		"a name in capitals":  strings.Replace(body, "wei", "Wei", 1),
		"a name of the house": strings.Replace(body, "wei", "fairgate", 1),
		"a script":            strings.Replace(body, "wei", "<script>", 1),
	} {
		status, _ := b.do(t, http.MethodPost, path, bad, nil)
		assert.Equal(t, http.StatusUnprocessableEntity, status, what)
	}
	status, _ := b.do(t, http.MethodPost, path, body, &made)
	require.Equal(t, http.StatusCreated, status)
	assert.NotContains(t, h.audit(t)[0].After, made.Password)
	status, _ = b.do(t, http.MethodPost, path, body, nil)
	assert.Equal(t, http.StatusConflict, status)
	assert.Equal(t, http.StatusForbidden, h.call(t, keyOf("audrey"), http.MethodPost, path, body, nil))

	in := func(password string) int {
		return h.call(t, "", http.MethodPost, "/api/v1/sessions", `{"name":"wei","password":"`+password+`"}`, nil)
	}
	assert.Equal(t, http.StatusCreated, in(made.Password))
	var u console.User
	status, _ = b.do(t, http.MethodPut, path+"/wei/role", `{"role":"security","reason":"changes desks"}`, &u)
	require.Equal(t, http.StatusOK, status)
	assert.Equal(t, console.Security, u.Role)
	entry := h.audit(t)[0]
	assert.Equal(t, []string{"user.role", "wei", "admin", "changes desks"}, []string{entry.Action, entry.Object, entry.Actor, entry.Reason})
	assert.Contains(t, entry.Before, "analyst")
	assert.Contains(t, entry.After, "security")
	for path, want := range map[string]int{"/admin/role": http.StatusConflict, "/nobody/role": http.StatusNotFound} {
		status, _ = b.do(t, http.MethodPut, "/api/v1/users"+path, `{"role":"auditor","reason":"an attempt"}`, nil)
		assert.Equal(t, want, status, path)
	}
	assert.Equal(t, http.StatusConflict, h.call(t, h.admin, http.MethodPut, path+"/admin/role", `{"role":"auditor","reason":"an attempt"}`, nil), "the last administrator")

	status, _ = b.do(t, http.MethodPost, path+"/wei/disable", `{"reason":"has left"}`, &u)
	require.Equal(t, http.StatusOK, status)
	assert.NotNil(t, u.DisabledAt)
	assert.Equal(t, http.StatusUnauthorized, in(made.Password))
	status, _ = b.do(t, http.MethodPost, path+"/wei/enable", `{"reason":"is back"}`, nil)
	require.Equal(t, http.StatusOK, status)
	var reset struct {
		Password string `json:"one_time_password"`
	}
	status, _ = b.do(t, http.MethodPost, path+"/wei/password", `{"reason":"has forgotten it"}`, &reset)
	require.Equal(t, http.StatusOK, status)
	assert.Equal(t, http.StatusUnauthorized, in(made.Password))
	assert.Equal(t, http.StatusCreated, in(reset.Password))
	status, _ = b.do(t, http.MethodPost, path+"/admin/password", `{"reason":"has forgotten it"}`, nil)
	assert.Equal(t, http.StatusConflict, status, "one's own")

	var list struct {
		Users []console.User
		Next  string
	}
	require.Equal(t, http.StatusOK, h.call(t, keyOf("audrey"), http.MethodGet, path+"?limit=1", "", &list))
	require.Len(t, list.Users, 1)
	require.Equal(t, http.StatusOK, h.call(t, keyOf("audrey"), http.MethodGet, path+"?after="+list.Next, "", &list))
	require.Len(t, list.Users, 1)
	assert.Equal(t, "wei", list.Users[0].Name)

	h.forward(6 * time.Minute)
	var p problem
	status, _ = b.do(t, http.MethodPost, path, strings.Replace(body, "wei", "mei", 1), &p)
	assert.Equal(t, http.StatusForbidden, status)
	assert.Equal(t, proofProblem, p.Type)
	status, _ = b.do(t, http.MethodPost, path+"/wei/disable", `{"reason":"has left"}`, nil)
	assert.Equal(t, http.StatusOK, status, "shutting somebody out does not wait")
}

func TestKeysAreAdministered(t *testing.T) {
	h := build(t)
	until := func(d time.Duration) string { return h.now().Add(d).UTC().Format(time.RFC3339) }
	body := `{"name":"exports","role":"auditor","expires_at":"` + until(24*time.Hour) + `","reason":"nightly"}`
	for what, bad := range map[string]string{
		"in the past": strings.Replace(body, until(24*time.Hour), until(-time.Hour), 1),
		"for years":   strings.Replace(body, until(24*time.Hour), until(400*24*time.Hour), 1),
		"for ever":    `{"name":"exports","role":"auditor","reason":"nightly"}`,
		"no reason":   strings.Replace(body, `,"reason":"nightly"`, "", 1),
		"no role":     strings.Replace(body, "auditor", "", 1),
	} {
		assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, h.admin, http.MethodPost, "/api/v1/api-keys", bad, nil), what)
	}
	var made struct {
		console.APIKey
		Key string `json:"key"`
	}
	require.Equal(t, http.StatusCreated, h.call(t, h.admin, http.MethodPost, "/api/v1/api-keys", body, &made))
	assert.Equal(t, "root", made.CreatedBy)
	assert.NotContains(t, h.audit(t)[0].After, made.Key)
	assert.Equal(t, http.StatusConflict, h.call(t, h.admin, http.MethodPost, "/api/v1/api-keys", body, nil))
	assert.Equal(t, http.StatusOK, h.call(t, made.Key, http.MethodGet, "/api/v1/audit", "", nil))
	var list struct{ Keys []console.APIKey }
	require.Equal(t, http.StatusOK, h.call(t, keyOf("audrey"), http.MethodGet, "/api/v1/api-keys?after=bo&limit=2", "", &list))
	require.Len(t, list.Keys, 2)
	assert.Equal(t, "exports", list.Keys[0].Name)

	timid := strings.Replace(strings.Replace(body, "exports", "timid", 1), "auditor", "administrator", 1)
	require.Equal(t, http.StatusCreated, h.call(t, h.admin, http.MethodPost, "/api/v1/api-keys", timid, &made))
	var p problem
	require.Equal(t, http.StatusForbidden, h.call(t, made.Key, http.MethodPost, "/api/v1/undo", `{"rule":"rotation","ruleset":"abc","reason":"it misfires"}`, &p))
	assert.Equal(t, roleProblem, p.Type)
	assert.Contains(t, p.Detail, "API key")

	revoke := "/api/v1/api-keys/timid/revoke"
	assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, h.admin, http.MethodPost, revoke, `{}`, nil))
	require.Equal(t, http.StatusNoContent, h.call(t, h.admin, http.MethodPost, revoke, `{"reason":"it leaked"}`, nil))
	assert.Equal(t, http.StatusUnauthorized, h.call(t, made.Key, http.MethodGet, "/api/v1/me", "", nil))
	assert.Equal(t, http.StatusNotFound, h.call(t, h.admin, http.MethodPost, revoke, `{"reason":"it leaked"}`, nil))
	assert.Equal(t, "it leaked", h.audit(t)[0].Reason)
}
