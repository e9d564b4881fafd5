package httpapi_test

import (
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/console"
)

// audited fills the log with n entries.
func (h *house) audited(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		_, err := h.users.Append(t.Context(), console.AuditEntry{
			Actor: []string{"ana", "wei"}[i%2], Role: console.Analyst, Action: []string{"list.deny", "account.unblock", "accounts.other"}[i%3],
			Object: "account:a" + strconv.Itoa(i), Reason: []string{"=1+1", "＠SUM(A1)", "一家人, 七口"}[i%3],
		})
		require.NoError(t, err)
	}
}

func TestAuditIsSearched(t *testing.T) {
	h := build(t)
	h.audited(t, 12)
	type page struct {
		Entries []console.AuditEntry
		Next    int64
	}
	now := h.now().UTC()
	tests := []struct {
		query string
		want  int
	}{
		{"", 12},
		{"actor=ana", 6},
		{"action=list.deny", 4},
		{"action=account", 4},
		{"action=list", 4},
		{"action=lis", 0},
		{"object=a1", 3},
		{"object=" + url.QueryEscape("account:a11"), 1},
		{"object=%25", 0},
		{"actor=ana&action=list", 2},
		{"from=" + now.Add(time.Hour).Format(time.RFC3339), 0},
		{"to=" + now.Add(time.Hour).Format(time.RFC3339), 12},
		{"actor=" + url.QueryEscape("' OR 1=1"), 0},
	}
	for _, tt := range tests {
		var p page
		require.Equal(t, http.StatusOK, h.call(t, keyOf("audrey"), http.MethodGet, "/api/v1/audit?"+tt.query, "", &p), tt.query)
		assert.Len(t, p.Entries, tt.want, tt.query)
	}
	var p page
	require.Equal(t, http.StatusOK, h.call(t, keyOf("audrey"), http.MethodGet, "/api/v1/audit?limit=5", "", &p))
	require.EqualValues(t, 8, p.Next)
	require.Equal(t, http.StatusOK, h.call(t, keyOf("audrey"), http.MethodGet, "/api/v1/audit?limit=50&before=8", "", &p))
	assert.Len(t, p.Entries, 7)
	for _, bad := range []string{"from=yesterday", "from=2026-03-02T00:00:00Z&to=2026-03-01T00:00:00Z", "action=DROP", "limit=501", "before=-1", "object=" + strings.Repeat("x", 201)} {
		assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, keyOf("audrey"), http.MethodGet, "/api/v1/audit?"+bad, "", nil), bad)
	}
	var e console.AuditEntry
	require.Equal(t, http.StatusOK, h.call(t, keyOf("audrey"), http.MethodGet, "/api/v1/audit/3", "", &e))
	assert.EqualValues(t, 3, e.Seq)
	assert.Equal(t, http.StatusNotFound, h.call(t, keyOf("audrey"), http.MethodGet, "/api/v1/audit/99", "", nil))
	assert.Equal(t, http.StatusUnprocessableEntity, h.call(t, keyOf("audrey"), http.MethodGet, "/api/v1/audit/0", "", nil))
	var v console.Verification
	require.Equal(t, http.StatusOK, h.call(t, keyOf("audrey"), http.MethodGet, "/api/v1/audit/verification", "", &v))
	assert.EqualValues(t, 12, v.Verified)
	assert.Len(t, v.Head, 64)
}

func TestAuditIsExported(t *testing.T) {
	h := build(t)
	h.audited(t, 1100) // more than two pages
	status, header, text := h.download(t, keyOf("audrey"), "/api/v1/audit/export")
	require.Equal(t, http.StatusOK, status)
	assert.Contains(t, header.Get("Content-Disposition"), ".csv")
	rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(text, "\uFEFF"))).ReadAll()
	require.NoError(t, err)
	require.Len(t, rows, 1102, "the header, the entries, and the export itself")
	assert.Equal(t, "'=1+1", rows[1][8])
	assert.Equal(t, "'＠SUM(A1)", rows[2][8])
	assert.Equal(t, "一家人, 七口", rows[3][8])
	_, err = time.Parse(time.RFC3339, rows[1][1])
	require.NoError(t, err)
	assert.Equal(t, "audit.export", rows[1101][6])
	assert.Equal(t, "audrey", rows[1101][2])

	status, _, text = h.download(t, keyOf("audrey"), "/api/v1/audit/export?format=jsonl&actor=wei")
	require.Equal(t, http.StatusOK, status)
	lines := strings.Split(strings.TrimSpace(text), "\n")
	require.Len(t, lines, 550)
	var e console.AuditEntry
	require.NoError(t, json.Unmarshal([]byte(lines[0]), &e))
	assert.EqualValues(t, 2, e.Seq)
	for path, want := range map[string]int{"?format=xlsx": http.StatusUnprocessableEntity, "?from=x": http.StatusUnprocessableEntity} {
		status, _, _ = h.download(t, keyOf("audrey"), "/api/v1/audit/export"+path)
		assert.Equal(t, want, status, path)
	}
	status, _, _ = h.download(t, keyOf("ana"), "/api/v1/audit/export")
	assert.Equal(t, http.StatusForbidden, status)
}

// download gets a file.
func (h *house) download(t *testing.T, token, path string) (int, http.Header, string) {
	t.Helper()
	b := &tab{h: h, headers: map[string]string{"Authorization": "Bearer " + token}}
	return b.text(t, path)
}
