package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTellAccount(t *testing.T) {
	t.Parallel()
	s := start(t)
	account, token := s.signUp(1)
	path := "/internal/v1/accounts/" + account + "/notice"
	got := s.house("POST", path, `{"kind":"restriction_lifted"}`, enforcementKey)
	require.Equal(t, http.StatusOK, got.status, got.body)
	assert.Equal(t, "none", got.text("state"), "no message can be sent from here")
	for _, tt := range []struct {
		name, path, body, key string
		want                  int
	}{
		{"another kind", path, `{"kind":"order_withdrawn"}`, enforcementKey, http.StatusUnprocessableEntity},
		{"no kind", path, `{}`, enforcementKey, http.StatusUnprocessableEntity},
		{"nobody's account", "/internal/v1/accounts/nobody/notice", `{"kind":"restriction_lifted"}`, enforcementKey, http.StatusNotFound},
		{"a visitor", path, `{"kind":"restriction_lifted"}`, token, http.StatusUnauthorized},
	} {
		assert.Equal(t, tt.want, s.house("POST", tt.path, tt.body, tt.key).status, tt.name)
	}
}
