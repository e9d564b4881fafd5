package httpapi_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/console"
	"fairgate/console/httpapi"
)

const (
	csrfProblem   = "urn:fairgate:problem:csrf"
	proofProblem  = "urn:fairgate:problem:reauthentication-required"
	enrolProblem  = "urn:fairgate:problem:totp-enrolment-required"
	changeProblem = "urn:fairgate:problem:password-change-required"
	roleProblem   = "urn:fairgate:problem:role"
)

type me struct {
	Name      string               `json:"name"`
	MustEnrol bool                 `json:"must_enrol_totp"`
	CSRF      string               `json:"csrf_token"`
	TOTP      console.SecondFactor `json:"totp"`
	Session   console.Session      `json:"session"`
}

type signedIn struct {
	Token    string `json:"token"`
	CSRF     string `json:"csrf_token"`
	Required bool   `json:"totp_required"`
}

func (h *house) code(t *testing.T, secret string) string {
	t.Helper()
	text, err := totp.GenerateCode(secret, h.now())
	require.NoError(t, err)
	return text
}

// enrol gives the tab's operator a second factor.
func (b *tab) enrol(t *testing.T) (secret string, recovery []string) {
	t.Helper()
	var e console.Enrolment
	status, _ := b.do(t, http.MethodPost, "/api/v1/me/totp", "", &e)
	require.Equal(t, http.StatusOK, status)
	require.NotEmpty(t, e.Secret)
	var bad problem
	status, _ = b.do(t, http.MethodPost, "/api/v1/me/totp/confirmation", `{"code":"000000"}`, &bad)
	require.Equal(t, http.StatusUnprocessableEntity, status)
	var done struct {
		Codes []string `json:"recovery_codes"`
		Token string   `json:"token"`
	}
	status, header := b.do(t, http.MethodPost, "/api/v1/me/totp/confirmation", `{"code":"`+b.h.code(t, e.Secret)+`"}`, &done)
	require.Equal(t, http.StatusOK, status)
	require.Len(t, done.Codes, 10)
	assert.Empty(t, done.Token)
	b.take(t, header)
	b.h.forward(time.Minute)
	return e.Secret, done.Codes
}

func TestSigningInTakesTwoSteps(t *testing.T) {
	h := build(t)
	b := h.openTab(t)
	other := h.openSecond(t)
	secret, recovery := b.enrol(t)
	status, _ := other.do(t, http.MethodGet, "/api/v1/me", "", nil)
	assert.Equal(t, http.StatusUnauthorized, status, "it was opened without a second factor")
	var who me
	status, _ = b.do(t, http.MethodGet, "/api/v1/me", "", &who)
	require.Equal(t, http.StatusOK, status)
	assert.True(t, who.TOTP.Enrolled)

	fresh := &tab{h: h, base: b.base, headers: b.headers}
	var in signedIn
	status, header := fresh.do(t, http.MethodPost, "/api/v1/sessions", `{"name":"admin","password":"`+tabPassword+`","cookie":true}`, &in)
	require.Equal(t, http.StatusCreated, status)
	assert.Equal(t, signedIn{Required: true}, in)
	fresh.take(t, header)
	status, _ = fresh.do(t, http.MethodGet, "/api/v1/me", "", nil)
	assert.Equal(t, http.StatusUnauthorized, status)
	for body, want := range map[string]int{`{"code":"000000"}`: http.StatusUnauthorized, `{}`: http.StatusUnprocessableEntity, `{"code":"1"}`: http.StatusUnprocessableEntity} {
		status, _ = fresh.do(t, http.MethodPost, "/api/v1/sessions/totp", body, nil)
		assert.Equal(t, want, status, body)
	}
	stranger := *fresh
	stranger.headers = map[string]string{"Sec-Fetch-Site": "cross-site"}
	status, _ = stranger.do(t, http.MethodPost, "/api/v1/sessions/totp", `{"code":"`+h.code(t, secret)+`"}`, nil)
	assert.Equal(t, http.StatusForbidden, status)
	status, header = fresh.do(t, http.MethodPost, "/api/v1/sessions/totp", `{"code":"`+h.code(t, secret)+`"}`, &in)
	require.Equal(t, http.StatusCreated, status)
	assert.NotEmpty(t, in.CSRF)
	assert.Empty(t, in.Token)
	fresh.take(t, header)
	status, _ = fresh.do(t, http.MethodGet, "/api/v1/me", "", nil)
	assert.Equal(t, http.StatusOK, status)
	entry := h.audit(t)[0]
	assert.Equal(t, []string{"session.create", "admin"}, []string{entry.Action, entry.Actor})

	var program signedIn
	require.Equal(t, http.StatusCreated, h.call(t, "", http.MethodPost, "/api/v1/sessions", `{"name":"admin","password":"`+tabPassword+`"}`, &program))
	require.True(t, program.Required)
	half := program.Token
	assert.Equal(t, http.StatusUnauthorized, h.call(t, half, http.MethodGet, "/api/v1/accounts", "", nil))
	assert.Equal(t, http.StatusUnauthorized, h.call(t, half, http.MethodPost, "/api/v1/sessions/totp", `{"code":"`+h.code(t, secret)+`"}`, nil), "a code is good once")
	assert.Equal(t, http.StatusUnauthorized, h.call(t, "", http.MethodPost, "/api/v1/sessions/totp", `{"code":"`+recovery[0]+`"}`, nil))
	require.Equal(t, http.StatusCreated, h.call(t, half, http.MethodPost, "/api/v1/sessions/totp", `{"code":"`+recovery[0]+`"}`, &program))
	assert.Equal(t, http.StatusOK, h.call(t, program.Token, http.MethodGet, "/api/v1/accounts", "", nil))
}

func TestSecondFactorIsRemovedAndReset(t *testing.T) {
	h := build(t)
	b := h.openTab(t)
	b.enrol(t)
	var codes struct {
		Codes []string `json:"recovery_codes"`
	}
	status, _ := b.do(t, http.MethodPost, "/api/v1/me/totp/recovery-codes", "", &codes)
	require.Equal(t, http.StatusOK, status)
	assert.Len(t, codes.Codes, 10)
	status, _ = b.do(t, http.MethodPost, "/api/v1/users/admin/totp-reset", `{"reason":"by oneself"}`, nil)
	assert.Equal(t, http.StatusConflict, status)
	assert.Equal(t, http.StatusForbidden, h.call(t, keyOf("sec"), http.MethodPost, "/api/v1/users/admin/totp-reset", `{"reason":"a lost phone"}`, nil))
	assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, h.admin, http.MethodPost, "/api/v1/users/admin/totp-reset", `{}`, nil))
	require.Equal(t, http.StatusNoContent, h.call(t, h.admin, http.MethodPost, "/api/v1/users/admin/totp-reset", `{"reason":"a lost phone"}`, nil))
	entry := h.audit(t)[0]
	assert.Equal(t, []string{"totp.reset", "admin", "root", "a lost phone"}, []string{entry.Action, entry.Object, entry.Actor, entry.Reason})
	assert.Equal(t, http.StatusNotFound, h.call(t, h.admin, http.MethodPost, "/api/v1/users/admin/totp-reset", `{"reason":"a lost phone"}`, nil))
	status, _ = b.do(t, http.MethodGet, "/api/v1/me", "", nil)
	assert.Equal(t, http.StatusUnauthorized, status)

	b.signIn(t)
	status, _ = b.do(t, http.MethodPost, "/api/v1/me/totp/recovery-codes", "", nil)
	assert.Equal(t, http.StatusConflict, status, "nothing to recover")
	status, _ = b.do(t, http.MethodPost, "/api/v1/me/totp/confirmation", `{"code":"000000"}`, nil)
	assert.Equal(t, http.StatusConflict, status, "nothing was begun")
	b.enrol(t)
	status, _ = b.do(t, http.MethodDelete, "/api/v1/me/totp", "", nil)
	assert.Equal(t, http.StatusNoContent, status)
	status, _ = b.do(t, http.MethodDelete, "/api/v1/me/totp", "", nil)
	assert.Equal(t, http.StatusNotFound, status)
	var p problem
	require.Equal(t, http.StatusForbidden, h.call(t, h.admin, http.MethodPost, "/api/v1/me/totp", "", &p), "a key is nobody")
	assert.Equal(t, roleProblem, p.Type)
}

func TestRolesThatNeedASecondFactorDoNothingWithout(t *testing.T) {
	h := buildWith(t, func(o *httpapi.Options) { o.RequireTOTP = map[console.Role]bool{console.Administrator: true} })
	b := h.openTab(t)
	var p problem
	status, _ := b.do(t, http.MethodGet, "/api/v1/accounts", "", &p)
	require.Equal(t, http.StatusForbidden, status)
	assert.Equal(t, enrolProblem, p.Type)
	var who me
	status, _ = b.do(t, http.MethodGet, "/api/v1/me", "", &who)
	require.Equal(t, http.StatusOK, status)
	assert.True(t, who.MustEnrol)
	b.enrol(t)
	status, _ = b.do(t, http.MethodGet, "/api/v1/accounts", "", nil)
	assert.Equal(t, http.StatusOK, status)
	status, _ = b.do(t, http.MethodDelete, "/api/v1/me/totp", "", nil)
	assert.Equal(t, http.StatusConflict, status)
	assert.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodGet, "/api/v1/accounts", "", nil), "keys have none")
}

func TestDangerousOperationsNeedAProof(t *testing.T) {
	h := build(t)
	b := h.openTab(t)
	const undo = `{"rule":"rotation","ruleset":"abc","reason":"it misfires"}`
	status, _ := b.do(t, http.MethodPost, "/api/v1/undo", undo, nil)
	assert.Equal(t, http.StatusAccepted, status, "right after signing in")
	h.forward(6 * time.Minute)
	for path, body := range map[string]string{
		"/api/v1/undo": undo, "/api/v1/me/totp": "",
		"/api/v1/cases/bulk":   `{"token":"x","count":1}`,
		"/api/v1/appeals/bulk": `{"bunch":"x"}`,
	} {
		var p problem
		status, _ = b.do(t, http.MethodPost, path, body, &p)
		assert.Equal(t, http.StatusForbidden, status, path)
		assert.Equal(t, proofProblem, p.Type, path)
	}
	status, _ = b.do(t, http.MethodGet, "/api/v1/accounts", "", nil)
	assert.Equal(t, http.StatusOK, status, "everything else goes on")

	for body, want := range map[string]int{
		`{"password":"wrong"}`: http.StatusUnprocessableEntity, `{}`: http.StatusUnprocessableEntity, `{"code":"000000"}`: http.StatusUnprocessableEntity,
		`{"password":"` + tabPassword + `","code":"000000"}`: http.StatusUnprocessableEntity,
	} {
		status, _ = b.do(t, http.MethodPost, "/api/v1/reauthentication", body, nil)
		assert.Equal(t, want, status, body)
	}
	old := *b
	var done struct {
		CSRF  string    `json:"csrf_token"`
		Token string    `json:"token"`
		Until time.Time `json:"proved_until"`
	}
	status, header := b.do(t, http.MethodPost, "/api/v1/reauthentication", `{"password":"`+tabPassword+`"}`, &done)
	require.Equal(t, http.StatusOK, status)
	assert.Equal(t, b.csrf, done.CSRF)
	assert.Empty(t, done.Token)
	assert.WithinDuration(t, h.now().Add(5*time.Minute), done.Until, 10*time.Second)
	b.take(t, header)
	status, _ = old.do(t, http.MethodPost, "/api/v1/undo", undo, nil)
	assert.Equal(t, http.StatusForbidden, status, "whoever has the old token")
	status, _ = b.do(t, http.MethodPost, "/api/v1/undo", undo, nil)
	assert.Equal(t, http.StatusConflict, status, "it is under way")
	for range 5 {
		status, _ = b.do(t, http.MethodPost, "/api/v1/me/totp", "", nil)
		assert.Equal(t, http.StatusOK, status)
	}
	status, _ = b.do(t, http.MethodPost, "/api/v1/me/totp", "", nil)
	assert.Equal(t, http.StatusTooManyRequests, status)
	assert.Equal(t, http.StatusConflict, h.call(t, h.admin, http.MethodPost, "/api/v1/undo", undo, nil), "another operator")
	var p problem
	require.Equal(t, http.StatusForbidden, h.call(t, h.admin, http.MethodPost, "/api/v1/reauthentication", `{"password":"x"}`, &p))
	assert.Equal(t, roleProblem, p.Type, "a key has no password")
	assert.Equal(t, "session.prove", h.audit(t)[5].Action)
}
