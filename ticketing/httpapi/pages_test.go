package httpapi_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestListsArePaged(t *testing.T) {
	t.Parallel()
	s := start(t)
	s.putPool("main", 0, 50)
	account, token := s.signUp(1)
	var want []string
	for n := range 7 {
		booked := s.visitor(http.MethodPost, "/api/v1/orders", booking("main", "2026-05-10", fmt.Sprintf("AB12345%d", n)), token)
		require.Equal(t, http.StatusCreated, booked.status, booked.body)
		want = append([]string{booked.text("order_id")}, want...)
		s.now.Add(int64(n % 2)) // some in one moment
	}
	read := func(list, id string, get func(after string) answer) (ids []string) {
		after := ""
		for range 10 {
			page := get(after)
			require.Equal(t, http.StatusOK, page.status, page.body)
			items, _ := page.body[list].([]any)
			assert.LessOrEqual(t, len(items), 3)
			for _, item := range items {
				fields, _ := item.(map[string]any)
				ids = append(ids, fmt.Sprint(fields[id]))
			}
			if page.body["next"] == nil {
				return ids
			}
			after = fmt.Sprint(page.body["next"])
		}
		return ids
	}
	assert.ElementsMatch(t, want, read("orders", "order_id", func(after string) answer {
		return s.visitor(http.MethodGet, "/api/v1/orders?limit=3&after="+after, "", token)
	}))
	assert.ElementsMatch(t, want, read("orders", "order_id", func(after string) answer {
		return s.house(http.MethodGet, "/internal/v1/accounts/"+account+"/orders?limit=3&states=provisional&after="+after, "", enforcementKey)
	}))
	assert.Equal(t, []string{"1", "2", "3", "4", "5", "6", "7"}, read("events", "seq", func(after string) answer {
		return s.house(http.MethodGet, "/internal/v1/outbox?limit=3&after="+after, "", operationsKey)
	}))
	for range 5 {
		s.putPool("main", 0, 51)
		s.putPool("main", 0, 50)
	}
	assert.Len(t, read("changes", "seq", func(after string) answer {
		return s.house(http.MethodGet, "/internal/v1/pools/main/changes?limit=3&after="+after, "", operationsKey)
	}), 11)
	for target, field := range map[string]string{
		"limit=0": "limit", "limit=501": "limit", "limit=many": "limit", "after=x": "after", "after=mab.": "after", "after=!.a": "after",
		"states=sold": "states",
	} {
		refused := s.visitor(http.MethodGet, "/api/v1/orders?"+target, "", token)
		assert.Equal(t, http.StatusUnprocessableEntity, refused.status, target)
		assert.Equal(t, field, refused.text("field"), target)
	}
	assert.Equal(t, "limit", s.house(http.MethodGet, "/internal/v1/outbox?limit=1001", "", operationsKey).text("field"))
}
