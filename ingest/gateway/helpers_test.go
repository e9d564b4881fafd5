package gateway_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func itoa(n int) string { return strconv.Itoa(n) }

func text(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	require.NoError(t, err)
	return string(b)
}

// problem is the body of a refusal, as a visitor reads it.
type problem struct {
	Type, Title, Detail, Code, Field, Reason, Receipt string
	Status                                            int
	AppealURL                                         string `json:"appeal_url"`
	ChallengeURL                                      string `json:"challenge_url"`
	Scope                                             struct{ Kind, Pool, Ticket string }
}

func problemOf(t *testing.T, r *http.Response) problem {
	t.Helper()
	require.Equal(t, "application/problem+json", r.Header.Get("Content-Type"))
	var p problem
	require.NoError(t, json.Unmarshal([]byte(text(t, r)), &p))
	require.Equal(t, r.StatusCode, p.Status)
	require.Equal(t, "urn:fairgate:problem:"+p.Code, p.Type)
	return p
}
