package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPlanOverHTTP(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.putPool("main", 0, 5)
	plan := func(dry bool) answer {
		return s.house(http.MethodPost, "/internal/v1/pools/main/plan", fmt.Sprintf(`{"month":"2026-05","dry_run":%t,"weekdays":["sun"],
			"open":{"slots":[{"start":"09:00","end":"12:00","capacity":4}]},"closed":["2026-05-17"]}`, dry), operationsKey)
	}
	preview := plan(true)
	require.Equal(t, http.StatusOK, preview.status, preview.body)
	assert.Equal(t, map[string]any{"create": 3.0, "change": 1.0, "close": 1.0}, preview.body["counts"])
	assert.InDelta(t, 5, s.left("main", "2026-05-10"), 0)
	done := plan(false)
	require.Equal(t, http.StatusOK, done.status, done.body)
	assert.InDelta(t, 4, s.left("main", "2026-05-10"), 0)
	assert.Equal(t, map[string]any{"unchanged": 5.0}, plan(false).body["counts"])
	refused := s.house(http.MethodPost, "/internal/v1/pools/main/plan", `{"month":"2026-05","special":[{"date":"2026-05-32"}]}`, operationsKey)
	assert.Equal(t, http.StatusUnprocessableEntity, refused.status)
	assert.Equal(t, "special[0].date", refused.text("field"))
}
