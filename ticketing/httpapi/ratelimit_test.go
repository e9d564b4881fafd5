package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ticketing"
	"fairgate/ticketing/httpapi"
)

func TestOneAccountCannotWearItOut(t *testing.T) {
	t.Parallel()
	s := startWith(t, func(_ *server, _ *ticketing.Options, o *httpapi.Options) {
		o.Limits = httpapi.Limits{Submit: 3, Change: 2, Transfer: 1, Upload: 1}
	})
	s.putPool("main", 0, 50)
	_, token := s.signUp(1)
	_, other := s.signUp(2)
	submit := func(token string, n int) answer {
		return s.visitor(http.MethodPost, "/api/v1/orders", booking("main", "2026-05-10", fmt.Sprintf("AB12345%d", n)), token)
	}
	var order string
	for n := range 3 {
		booked := submit(token, n)
		require.Equal(t, http.StatusCreated, booked.status, booked.body)
		order = booked.text("order_id")
	}
	refused := submit(token, 3)
	assert.Equal(t, http.StatusTooManyRequests, refused.status)
	assert.Equal(t, "rate_limited", refused.text("code"))
	assert.Equal(t, "20", refused.header.Get("Retry-After"))
	assert.Equal(t, "application/problem+json", refused.header.Get("Content-Type"))
	assert.Equal(t, http.StatusTooManyRequests, s.visitor(http.MethodPost, "/api/v1/orders/group", "{", token).status, "before the body is read")
	assert.InDelta(t, 47, s.left("main", "2026-05-10"), 0, "nothing was taken")
	assert.Equal(t, http.StatusCreated, submit(other, 4).status, "another account is not concerned")
	assert.Equal(t, http.StatusOK, s.visitor(http.MethodGet, "/api/v1/orders", "", token).status, "looking is not limited")

	assert.Equal(t, http.StatusUnprocessableEntity, s.visitor(http.MethodPost, "/api/v1/orders/"+order+"/change", `{"date":"x"}`, token).status)
	assert.Equal(t, http.StatusOK, s.visitor(http.MethodPost, "/api/v1/orders/"+order+"/change", `{"date":"2026-05-11"}`, token).status)
	assert.Equal(t, http.StatusTooManyRequests, s.visitor(http.MethodPost, "/api/v1/orders/"+order+"/cancel", "", token).status)
	assert.Equal(t, http.StatusOK, s.visitor(http.MethodPost, "/api/v1/orders/"+order+"/transfer", `{"to_phone":"13800000002"}`, token).status)
	assert.Equal(t, http.StatusTooManyRequests, s.visitor(http.MethodPost, "/api/v1/orders/"+order+"/transfer", `{}`, token).status)
	assert.Equal(t, http.StatusUnprocessableEntity, s.upload("", token, "file").status)
	assert.Equal(t, http.StatusTooManyRequests, s.upload("", token, "file").status)

	s.now.Add(20_000)
	assert.Equal(t, http.StatusCreated, submit(token, 3).status)
	assert.Equal(t, http.StatusUnauthorized, submit("", 5).status, "who calls is asked first")
}
