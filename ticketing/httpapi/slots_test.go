package httpapi_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSlotsOverHTTP(t *testing.T) {
	t.Parallel()
	s := start(t)
	put := s.house(http.MethodPut, "/internal/v1/pools/main", `{"name":"Main","limit_per_order":3,"hold_seconds":60,"days":[
		{"date":"2026-05-10","slots":[{"start":"09:00","end":"11:00","capacity":2},{"start":"11:00","end":"13:00","capacity":3}]},
		{"date":"2026-05-11","capacity":4}]}`, operationsKey)
	require.Equal(t, http.StatusOK, put.status, put.body)
	stock := s.visitor(http.MethodGet, "/api/v1/pools/main/stock", "", "")
	days, _ := stock.body["days"].([]any)
	require.Len(t, days, 2)
	assert.Equal(t, map[string]any{"date": "2026-05-11", "capacity": 4.0, "left": 4.0}, days[1], "a day without slots looks as ever")
	assert.Equal(t, map[string]any{"date": "2026-05-10", "capacity": 5.0, "left": 5.0, "slots": []any{
		map[string]any{"start": "09:00", "end": "11:00", "capacity": 2.0, "left": 2.0},
		map[string]any{"start": "11:00", "end": "13:00", "capacity": 3.0, "left": 3.0},
	}}, days[0])
}
