package main

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/app"
)

// TestSignInWithACode asks for a code through the gateway, reads it where the
// development command's sandbox keeps messages, and signs in with it, once.
func TestSignInWithACode(t *testing.T) {
	s, _ := startService(t, app.DevOptions{Data: t.TempDir()})
	v := newVisitor(s.gateway)
	const phone = "13912345678"
	asked := v.must(t, http.MethodPost, "/api/v1/codes", `{"phone":"`+phone+`","purpose":"sign_in"}`)
	require.Equal(t, http.StatusAccepted, asked.status, "%s", asked.body)
	again := v.must(t, http.MethodPost, "/api/v1/codes", `{"phone":"`+phone+`","purpose":"sign_in"}`)
	assert.Equal(t, http.StatusTooManyRequests, again.status, "one a minute")

	inbox := "http://" + s.ticketing + "/internal/v1/sms?phone=" + phone
	var messages struct{ Messages []struct{ Code string } }
	require.Eventually(t, func() bool {
		require.NoError(t, house(t.Context(), http.MethodGet, inbox, s.operationsKey, nil, &messages))
		return len(messages.Messages) == 1
	}, 10*time.Second, 50*time.Millisecond)
	require.Error(t, house(t.Context(), http.MethodGet, "http://"+s.gateway+"/internal/v1/sms?phone="+phone, s.operationsKey, nil, nil),
		"nobody reaches the inbox from outside")

	in := `{"phone":"` + phone + `","code":"` + messages.Messages[0].Code + `"}`
	session := v.must(t, http.MethodPost, "/api/v1/sessions", in)
	require.Equal(t, http.StatusCreated, session.status, "%s", session.body)
	assert.NotEmpty(t, session.field("session_token"))
	assert.Equal(t, http.StatusUnauthorized, v.must(t, http.MethodPost, "/api/v1/sessions", in).status, "a code is good once")
}
