package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/enforcement/cases"
)

// TestAConfirmationIsTakenBack: an administrator confirms, nothing is cancelled
// yet, and takes it back; a second time there is nothing to take back.
func TestAConfirmationIsTakenBack(t *testing.T) {
	h := build(t)
	h.block(t, "a1")
	list, _, err := h.cases.List(t.Context(), cases.Filter{Key: "a1"}, "", 1)
	require.NoError(t, err)
	require.Len(t, list, 1)
	id := list[0].ID
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodPost, "/api/v1/cases/"+id+"/opinion", `{"value":"scalper"}`, nil))
	var done cases.Decided
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodPost, "/api/v1/cases/"+id+"/decision", `{"decision":"confirm","version":0,"reason":"resells"}`, &done))
	require.NotNil(t, done.CancelsAt)
	var out struct {
		TakenBack []string `json:"taken_back"`
		TooLate   []string `json:"too_late"`
	}
	body := `{"cases":["` + id + `"]}`
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodPost, "/api/v1/cases/take-back", body, &out))
	assert.Equal(t, []string{id}, out.TakenBack)
	assert.Equal(t, "case.take_back", h.audit(t)[0].Action)
	_, err = h.taken.Work(t.Context())
	require.NoError(t, err)
	taken, err := h.taken.Of(t.Context(), "museum", "a1")
	require.NoError(t, err)
	assert.Empty(t, taken)
	require.Equal(t, http.StatusOK, h.call(t, h.admin, http.MethodPost, "/api/v1/cases/take-back", body, &out))
	assert.Equal(t, []string{id}, out.TooLate)
	assert.Equal(t, http.StatusNotFound, h.call(t, h.admin, http.MethodPost, "/api/v1/cases/take-back", `{"cases":["nothing"]}`, nil))
	assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, h.admin, http.MethodPost, "/api/v1/cases/take-back", `{"cases":[]}`, nil))
}
