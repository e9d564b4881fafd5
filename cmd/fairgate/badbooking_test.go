package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"fairgate/cmd/internal/app"
)

// left is what a day has left, as the house sees it without a cache between.
func (s *service) left(t *testing.T, pool, day string) int {
	t.Helper()
	left := -1
	require.Eventually(t, func() bool {
		var stock struct {
			Days []struct {
				Date string `json:"date"`
				Left int    `json:"left"`
			} `json:"days"`
		}
		v := newVisitor(s.gateway)
		r := v.must(t, http.MethodGet, "/api/v1/pools/"+pool+"/stock?from="+day+"&to="+day, "")
		if r.status != http.StatusOK || json.Unmarshal(r.body, &stock) != nil || len(stock.Days) != 1 {
			return false
		}
		settled := stock.Days[0].Left == left // read twice alike, beyond the age of what is shown
		left = stock.Days[0].Left
		return settled
	}, 10*time.Second, 300*time.Millisecond)
	return left
}

// TestBadBookingsEndToEnd sends the booking system behind the gateway what
// people and machines get wrong, and sees each refused by the field, with
// nothing taken.
func TestBadBookingsEndToEnd(t *testing.T) {
	s, _ := startService(t, app.DevOptions{Data: t.TempDir()})
	day := s.openPool(t, "main", 10)
	person := func(name, kind, nationality, number string) string {
		return fmt.Sprintf(`{"pool":"main","date":%q,"positions":[{"name":%q,"document":{"type":%q,"nationality":%q,"number":%q}}]}`, day, name, kind, nationality, number)
	}
	const name = "张三"
	crowd := strings.TrimSuffix(strings.Repeat(`{"name":"张三","document":{"type":"passport","nationality":"FRA","number":"E12345678"}},`, 10_000), ",")
	cases := []struct {
		name, body string
		status     int
		code, says string // in field, detail and reasons together
	}{
		{"resident card one digit off", person(name, "prc_id", "", "110105194912310020"), 422, "invalid_field", "positions[0].document.number 校验码不符 check character"},
		{"resident card, 30 February", person(name, "prc_id", "", "110105194902300020"), 422, "invalid_field", "positions[0].document.number 出生日期不存在 not a date"},
		{"resident card one short", person(name, "prc_id", "", "11010519491231002"), 422, "invalid_field", "positions[0].document.number 17位"},
		{"2023 card one digit off", person(name, "foreign_resident", "", "911124198108030023"), 422, "invalid_field", "positions[0].document.number 校验码不符"},
		{"Hong Kong permit one short", person(name, "hk_macau_permit", "", "H1234567"), 422, "invalid_field", "positions[0].document.number 应为H或M"},
		{"Taiwan permit one long", person(name, "taiwan_permit", "", "012345678"), 422, "invalid_field", "positions[0].document.number 应为8位"},
		{"PRC passport with an I", person(name, "passport", "CHN", "EI1234567"), 422, "invalid_field", "positions[0].document.number 不是中国护照"},
		{"passport of nowhere", person(name, "passport", "", "E12345678"), 422, "invalid_field", "positions[0].document.nationality 国籍"},
		{"a library card", person(name, "library_card", "", "1"), 422, "invalid_field", "positions[0].document.type"},
		{"a date that does not exist", strings.Replace(person(name, "passport", "FRA", "E90000001"), day, "2027-02-31", 1), 422, "invalid_field", "date"},
		{"emoji for a name", person("🎫🎫", "passport", "FRA", "E90000002"), 422, "invalid_field", "positions[0].name"},
		{"a name that turns the text round", person("evil\u202egnp", "passport", "FRA", "E90000003"), 422, "invalid_field", "positions[0].name"},
		{"nobody", fmt.Sprintf(`{"pool":"main","date":%q,"positions":[]}`, day), 422, "invalid_field", "positions"},
		{"10,000 positions", fmt.Sprintf(`{"pool":"main","date":%q,"positions":[%s]}`, day, crowd), 413, "body_too_large", "65536"},
		{"11 positions where 5 may be", fmt.Sprintf(`{"pool":"main","date":%q,"positions":[%s]}`, day, strings.Join(distinct(11), ",")), 422, "invalid_field", "positions"},
		{"a field nobody knows", strings.Replace(person(name, "passport", "FRA", "E90000004"), `"pool"`, `"vip":true,"pool"`, 1), 0, "", "vip"},
	}
	visitors := make([]*visitor, len(cases)+2)
	for i := range visitors {
		visitors[i] = newcomer(t, s.gateway)
	}
	takesTime(t, time.Now()) // since the last of them, however long the others took
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			r := visitors[i].must(t, http.MethodPost, "/api/v1/orders", c.body, "Idempotency-Key", fmt.Sprintf("bad-%d", i))
			assert.GreaterOrEqual(t, r.status, 400)
			assert.Less(t, r.status, 500)
			if c.status != 0 {
				assert.Equal(t, c.status, r.status, "%s", r.body)
				assert.Equal(t, c.code, r.field("code"))
			}
			text := strings.Join([]string{r.field("field"), r.field("detail"), r.field("reason_zh"), r.field("reason_en")}, " ")
			for part := range strings.FieldsSeq(c.says) {
				assert.Contains(t, text, part)
			}
		})
	}
	assert.Equal(t, 10, s.left(t, "main", day), "nothing was taken")

	t.Run("names of all scripts", func(t *testing.T) {
		r := visitors[len(cases)].must(t, http.MethodPost, "/api/v1/orders", person("محمد بن علي", "passport", "EGY", "A9000001"))
		require.Equal(t, http.StatusCreated, r.status, "%s", r.body)
		s.transferTwice(t, visitors[len(cases)], r.field("order_id"))
	})
	t.Run("the house's own slips", func(t *testing.T) { s.badHouse(t, day) })
}

// distinct makes positions that nobody booked for yet.
func distinct(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf(`{"name":"Li Si","document":{"type":"passport","nationality":"FRA","number":"F%08d"}}`, documents.Add(1))
	}
	return out
}

// transferTwice hands one order to two people at the same moment: one has it.
func (s *service) transferTwice(t *testing.T, owner *visitor, order string) {
	t.Helper()
	heirs := []*visitor{newcomer(t, s.gateway), newcomer(t, s.gateway)}
	codes := make([]reply, len(heirs))
	var both sync.WaitGroup
	for i, heir := range heirs {
		both.Go(func() {
			codes[i], _ = owner.send(t.Context(), http.MethodPost, "/api/v1/orders/"+order+"/transfer", fmt.Sprintf(`{"to_account_id":%q}`, heir.account))
		})
	}
	both.Wait()
	won := 0
	for i, heir := range heirs {
		r := heir.must(t, http.MethodGet, "/api/v1/orders/"+order, "")
		if codes[i].status == http.StatusOK {
			won++
			assert.Equal(t, http.StatusOK, r.status, "who was given it has it: %s", r.body)
			continue
		}
		assert.Equal(t, http.StatusNotFound, codes[i].status, "%s", codes[i].body)
		assert.Equal(t, http.StatusNotFound, r.status, "%s", r.body)
	}
	assert.Equal(t, 1, won)
	assert.Equal(t, http.StatusNotFound, owner.must(t, http.MethodGet, "/api/v1/orders/"+order, "").status)
}

// badHouse sets up what cannot be.
func (s *service) badHouse(t *testing.T, day string) {
	t.Helper()
	pool := func(days string) string {
		return `{"name":"Bronzes","price_fen":0,"limit_per_order":5,"hold_seconds":600,"provisional_cutoff_seconds":3600,"days":[` + days + `]}`
	}
	v := newVisitor(s.ticketing)
	for _, c := range []struct{ name, method, path, body, code, says string }{
		{"31 February", http.MethodPut, "/internal/v1/pools/main", pool(`{"date":"2027-02-31","capacity":5}`), "invalid_field", "days[0].date"},
		{"a plan with a 31 February", http.MethodPost, "/internal/v1/pools/main/plan", `{"month":"2027-02","open":{"capacity":5},"special":[{"date":"2027-02-31","capacity":5}]}`, "invalid_field", "special[0].date"},
		{"below what is booked", http.MethodPut, "/internal/v1/pools/main", pool(fmt.Sprintf(`{"date":%q,"capacity":0}`, day)), "capacity_below_booked", "booked"},
		{"a release of more than there is", http.MethodPut, "/internal/v1/pools/main/release", fmt.Sprintf(`{"date":%q,"stages":[{"at":"2026-12-01T04:00:00Z","quantity":11}]}`, day), "release_exceeds_capacity", "11"},
		{"less than nothing", http.MethodPut, "/internal/v1/pools/main", pool(`{"date":"2027-03-01","capacity":-1}`), "invalid_field", "days[0].capacity"},
	} {
		r := v.must(t, c.method, c.path, c.body, "Authorization", "Bearer "+s.operationsKey)
		assert.GreaterOrEqual(t, r.status, 400, "%s: %s", c.name, r.body)
		assert.Equal(t, c.code, r.field("code"), "%s: %s", c.name, r.body)
		assert.Contains(t, r.field("field")+" "+r.field("detail"), c.says, c.name)
	}
	assert.Equal(t, 9, s.left(t, "main", day), "nothing changed")
}
