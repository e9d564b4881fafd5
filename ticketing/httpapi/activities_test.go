package httpapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const aLecture = `{"name":"青铜讲座","name_en":"On bronze","kind":"lecture","limit_per_order":2,"hold_seconds":60,
	"activity":{"description_zh":"讲座","place_zh":"报告厅","speaker_zh":"王教授","fields":[
		{"id":"meal","label_zh":"午餐","label_en":"Lunch","type":"choice","options":["有","无"],"required":true},
		{"id":"school","label_zh":"学校","label_en":"School","type":"text","per":"position","personal":true}]},
	"days":[{"date":"2026-05-10","capacity":4,"opens_at":"2026-05-01T05:00:00Z"},{"date":"2026-05-11","capacity":4}]}`

func TestActivitiesOverHTTP(t *testing.T) {
	t.Parallel()
	s := start(t)
	put := s.house(http.MethodPut, "/internal/v1/pools/lecture", aLecture, operationsKey)
	require.Equal(t, http.StatusOK, put.status, put.body)
	s.house(http.MethodPut, "/internal/v1/pools/main", `{"name":"Main","limit_per_order":3,"hold_seconds":60}`, operationsKey)
	kinds := func(query string) []any {
		pools, _ := s.visitor(http.MethodGet, "/api/v1/pools"+query, "", "").body["pools"].([]any)
		var out []any
		for _, p := range pools {
			shown, _ := p.(map[string]any)
			out = append(out, shown["kind"])
		}
		return out
	}
	assert.Equal(t, []any{"lecture", "permanent"}, kinds(""))
	assert.Equal(t, []any{"lecture"}, kinds("?kind=lecture"))
	assert.Empty(t, kinds("?kind=guardian"))
	assert.Equal(t, "kind", s.visitor(http.MethodGet, "/api/v1/pools?kind=party", "", "").text("field"))
	pool := s.visitor(http.MethodGet, "/api/v1/pools/lecture", "", "")
	assert.Equal(t, "On bronze", pool.text("name_en"))
	activity, _ := pool.body["activity"].(map[string]any)
	assert.Equal(t, "报告厅", activity["place_zh"])
	fields, _ := activity["fields"].([]any)
	require.Len(t, fields, 2)
	assert.Equal(t, map[string]any{"id": "meal", "label_zh": "午餐", "label_en": "Lunch", "type": "choice", "options": []any{"有", "无"}, "required": true}, fields[0])
	days, _ := s.visitor(http.MethodGet, "/api/v1/pools/lecture/stock", "", "").body["days"].([]any)
	require.Len(t, days, 2)
	assert.Equal(t, map[string]any{"date": "2026-05-10", "capacity": 4.0, "left": 4.0, "opens_at": "2026-05-01T05:00:00.000Z"}, days[0])
	assert.Equal(t, map[string]any{"date": "2026-05-11", "capacity": 4.0, "left": 4.0}, days[1])

	_, token := s.signUp(1)
	body := strings.Replace(booking("lecture", "2026-05-10", "AB123456"), `"name"`, `"answers":{"school":"第一中学"},"name"`, 1)
	refused := s.visitor(http.MethodPost, "/api/v1/orders", body, token)
	assert.Equal(t, []any{http.StatusConflict, "not_open"}, []any{refused.status, refused.text("code")})
	cleared := s.house(http.MethodPut, "/internal/v1/pools/lecture", `{"name":"青铜讲座","limit_per_order":2,"hold_seconds":60,"days":[{"date":"2026-05-10","capacity":4,"opens_at":null}]}`, operationsKey)
	require.Equal(t, http.StatusOK, cleared.status, cleared.body)
	refused = s.visitor(http.MethodPost, "/api/v1/orders", body, token)
	assert.Equal(t, []any{http.StatusUnprocessableEntity, "answers.meal"}, []any{refused.status, refused.text("field")})
	booked := s.visitor(http.MethodPost, "/api/v1/orders", strings.Replace(body, `{`, `{"answers":{"meal":"无"},`, 1), token)
	require.Equal(t, http.StatusCreated, booked.status, booked.body)
	got := s.visitor(http.MethodGet, "/api/v1/orders/"+booked.text("order_id"), "", token)
	assert.Equal(t, []any{map[string]any{"field": "meal", "type": "choice", "label_zh": "午餐", "label_en": "Lunch", "value": "无"}}, got.body["answers"])
	positions, _ := got.body["positions"].([]any)
	position, _ := positions[0].(map[string]any)
	assert.Equal(t, []any{map[string]any{"field": "school", "type": "text", "label_zh": "学校", "label_en": "School", "value": "第***", "personal": true}}, position["answers"])
	bad := s.house(http.MethodPut, "/internal/v1/pools/main", `{"name":"Main","limit_per_order":3,"hold_seconds":60,"days":[{"date":"2026-05-10","opens_at":"tomorrow"}]}`, operationsKey)
	assert.Equal(t, http.StatusBadRequest, bad.status, bad.body)
}
