package booking_test

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/booking"
	"fairgate/enforcement/challenge"
)

func TestStepUp(t *testing.T) {
	s := booking.NewStepUp(client(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.Method + " " + r.URL.Path {
		case "POST /internal/v1/accounts/a1/step-up":
			w.WriteHeader(http.StatusAccepted)
			_, err := w.Write([]byte(`{"sent_to":"139****0001"}`))
			assert.NoError(t, err)
		case "POST /internal/v1/accounts/a1/step-up/check":
			var body map[string]string
			assert.NoError(t, json.NewDecoder(r.Body).Decode(&body))
			assert.Equal(t, map[string]string{"code": "123456"}, body)
			w.WriteHeader(http.StatusNoContent)
		default:
			t.Errorf("asked for %s %s", r.Method, r.URL.Path)
		}
	}))
	to, err := s.Send(t.Context(), "a1")
	require.NoError(t, err)
	assert.Equal(t, "139****0001", to)
	require.NoError(t, s.Check(t.Context(), "a1", "123456"))
	require.ErrorIs(t, s.Check(t.Context(), "..", "123456"), challenge.ErrNoPhone)
}

func TestStepUpIsRefused(t *testing.T) {
	for _, test := range []struct {
		status int
		code   string
		want   error
	}{
		{http.StatusNotFound, "not_found", challenge.ErrNoPhone},
		{http.StatusConflict, "phone_unverified", challenge.ErrNoPhone},
		{http.StatusNotImplemented, "not_configured", challenge.ErrNoPhone},
		{http.StatusTooManyRequests, "code_limit", challenge.ErrCodeLimit},
		{http.StatusUnprocessableEntity, "wrong_code", challenge.ErrWrongCode},
		{http.StatusUnprocessableEntity, "invalid_field", challenge.ErrWrongCode},
		{http.StatusUnauthorized, "bad_key", booking.ErrRefused},
		{http.StatusForbidden, "", booking.ErrRefused},
	} {
		s := booking.NewStepUp(client(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(test.status)
			assert.NoError(t, json.NewEncoder(w).Encode(map[string]string{"code": test.code}))
		}))
		_, err := s.Send(t.Context(), "a1")
		require.ErrorIs(t, err, test.want, test.code)
		require.ErrorIs(t, s.Check(t.Context(), "a1", "000000"), test.want, test.code)
	}
}
