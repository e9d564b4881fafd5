package answer_test

import (
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/ingest/answer"
)

func TestAnswers(t *testing.T) {
	w := httptest.NewRecorder()
	require.NoError(t, answer.Problem(w, 404, "unknown_receipt", "the receipt is not known"))
	assert.Equal(t, 404, w.Code)
	assert.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
	assert.JSONEq(t, `{"type":"urn:fairgate:problem:unknown_receipt","title":"Not Found","status":404,"code":"unknown_receipt","detail":"the receipt is not known"}`, w.Body.String())

	w = httptest.NewRecorder()
	require.NoError(t, answer.JSON(w, 201, map[string]int{"n": 1}))
	assert.Equal(t, 201, w.Code)
	assert.Equal(t, "application/json", w.Header().Get("Content-Type"))
	assert.JSONEq(t, `{"n":1}`, w.Body.String())
}
