package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/console"
	"fairgate/enforcement/alert"
	"fairgate/enforcement/notify"
)

func (h *house) found(t *testing.T) {
	t.Helper()
	text := alert.Text{ZH: "异常", EN: "odd"}
	require.NoError(t, h.alerts.Report(t.Context(), alert.Finding{Pattern: alert.HostileSurge, Severity: notify.Warning, Pools: []string{"spring"}, What: text, Evidence: text, Next: text}))
}

func TestAnAlertFromOpenToClosed(t *testing.T) {
	h := build(t)
	h.found(t)
	var list struct{ Alerts []alert.Alert }
	require.Equal(t, http.StatusOK, h.call(t, keyOf("ana"), http.MethodGet, "/api/v1/alerts?open=true", "", &list))
	require.Len(t, list.Alerts, 1)
	path := "/api/v1/alerts/" + list.Alerts[0].ID
	assert.Equal(t, http.StatusForbidden, h.call(t, keyOf("ana"), http.MethodPost, path+"/acknowledge", "", nil))
	var a alert.Alert
	require.Equal(t, http.StatusOK, h.call(t, keyOf("sec"), http.MethodPost, path+"/acknowledge", "", &a))
	assert.Equal(t, "sec", a.AckedBy)
	require.NoError(t, h.users.PutKey(t.Context(), "sue", keyOf("sue"), console.Security))
	assert.Equal(t, http.StatusConflict, h.call(t, keyOf("sue"), http.MethodPost, path+"/acknowledge", "", nil), "two people at once")
	assert.Equal(t, http.StatusForbidden, h.call(t, keyOf("root"), http.MethodPost, path+"/acknowledge", "", nil), "administrators read alerts")

	silence := fmt.Sprintf(`{"pool":"spring","until":%q,"reason":"a load test"}`, time.Now().Add(time.Hour).Format(time.RFC3339))
	var silenced struct {
		Silence *alert.Silence
		Covers  []alert.Alert
	}
	require.Equal(t, http.StatusOK, h.call(t, keyOf("sec"), http.MethodPost, "/api/v1/silences?preview=true", silence, &silenced))
	assert.Nil(t, silenced.Silence)
	assert.Len(t, silenced.Covers, 1)
	require.Equal(t, http.StatusOK, h.call(t, keyOf("sec"), http.MethodPost, "/api/v1/silences", silence, &silenced))
	assert.Len(t, silenced.Covers, 1, "as the preview said")
	require.Equal(t, http.StatusOK, h.call(t, keyOf("audrey"), http.MethodGet, path, "", &a))
	assert.Equal(t, silenced.Silence.ID, a.Silence, "at once")
	var silences struct{ Silences []alert.Silence }
	require.Equal(t, http.StatusOK, h.call(t, keyOf("audrey"), http.MethodGet, "/api/v1/silences", "", &silences))
	assert.Len(t, silences.Silences, 1)
	require.Equal(t, http.StatusNoContent, h.call(t, keyOf("sec"), http.MethodPost, "/api/v1/silences/"+silenced.Silence.ID+"/end", "", nil))
	assert.Equal(t, http.StatusNotFound, h.call(t, keyOf("sec"), http.MethodPost, "/api/v1/silences/"+silenced.Silence.ID+"/end", "", nil))
	assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, keyOf("sec"), http.MethodPost, "/api/v1/silences", `{"until":"2020-01-01T00:00:00Z","reason":"a load test"}`, nil))

	require.Equal(t, http.StatusOK, h.call(t, keyOf("sue"), http.MethodPost, path+"/close", `{"note":"a load test"}`, &a))
	assert.Equal(t, http.StatusConflict, h.call(t, keyOf("sec"), http.MethodPost, path+"/close", `{"note":"an attack"}`, nil))
	assert.Equal(t, http.StatusNotFound, h.call(t, keyOf("sec"), http.MethodGet, "/api/v1/alerts/none", "", nil))
	assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, keyOf("sec"), http.MethodGet, "/api/v1/alerts?pattern=gossip", "", nil))
	var months struct {
		Months []struct {
			Alerts, Taken int
			InTime        int `json:"in_time"`
		}
	}
	require.Equal(t, http.StatusOK, h.call(t, keyOf("audrey"), http.MethodGet, "/api/v1/alert-months", "", &months))
	require.Len(t, months.Months, 1)
	assert.Equal(t, []int{1, 1, 1}, []int{months.Months[0].Alerts, months.Months[0].Taken, months.Months[0].InTime})

	entries, err := h.users.Entries(t.Context(), console.AuditFilter{}, 0, 100)
	require.NoError(t, err)
	var audited []string
	for _, e := range entries {
		audited = append(audited, e.Action)
	}
	assert.ElementsMatch(t, []string{"alert.acknowledge", "silence.begin", "silence.end", "alert.close"}, audited)
}
