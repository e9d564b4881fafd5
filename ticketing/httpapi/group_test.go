package httpapi_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func groupBody(list string) string {
	out, _ := json.Marshal(map[string]any{
		"pool": "main", "date": "2026-05-10", "product": "group", "leader": map[string]string{"name": "李雷", "phone": "13800000000"},
		"file": base64.StdEncoding.EncodeToString([]byte(list)),
	})
	return string(out)
}

func TestGroupBookingOverHTTP(t *testing.T) {
	t.Parallel()
	s := start(t)
	put := s.house(http.MethodPut, "/internal/v1/pools/main", `{"name":"Main","limit_per_order":3,"hold_seconds":60,
		"products":[{"id":"group","name":"团体票","kind":"group"}],"days":[{"date":"2026-05-10","capacity":600}]}`, operationsKey)
	require.Equal(t, http.StatusOK, put.status, put.body)
	_, token := s.signUp(1)
	const header = "姓名,证件类型,证件号码\r\n"
	post := func(body string) answer { return s.visitor(http.MethodPost, "/api/v1/orders/group", body, token) }
	for list, want := range map[string]string{
		header + "王小明,身份证,34052419800101001X\r\n李雷,身份证,110105194912310021\r\n":  "file!C3",
		header + "王😀,身份证,34052419800101001X\r\n":                                "file!A2",
		header + "王小明,学生证,34052419800101001X\r\n":                               "file!B2",
		header + "王小明,身份证,=1+1\r\n":                                             "file!C2",
		"姓名,证件类型,密码\r\n":                                                        "file!C1",
		header + strings.Repeat("王小明,身份证,34052419800101001X\r\n", 501):          "file!A502",
		header + "王小明,身份证,34052419800101001X\r\n王小明,身份证,34052419800101001X\r\n": "file!C3",
		"":         "file",
		"\x00\x01": "file",
	} {
		refused := post(groupBody(list))
		assert.Equal(t, http.StatusUnprocessableEntity, refused.status, refused.body)
		assert.Equal(t, want, refused.text("field"), refused.body)
		assert.Equal(t, "application/problem+json", refused.header.Get("Content-Type"))
	}
	assert.InDelta(t, 600, s.left("main", "2026-05-10"), 0, "nothing was booked")
	wrong := post(groupBody(header + "王小明,身份证,34052419800101001X\r\n李雷,身份证,110105194912310021\r\n"))
	assert.Equal(t, "校验码不符", wrong.text("reason_zh"))
	assert.Equal(t, "the check character does not match", wrong.text("reason_en"))

	list := header
	for n := range 500 {
		list += fmt.Sprintf("王小明,台湾居民来往大陆通行证,%08d\r\n", n)
	}
	booked := post(groupBody(list))
	require.Equal(t, http.StatusCreated, booked.status, booked.body)
	assert.Equal(t, map[string]any{"name_masked": "李*", "phone_masked": "+86*******0000"}, booked.body["leader"])
	assert.InDelta(t, 100, s.left("main", "2026-05-10"), 0)
	many := s.visitor(http.MethodPost, "/api/v1/orders", `{"pool":"main","date":"2026-05-10","positions":[`+strings.Repeat(`{},`, 9999)+`{}]}`, token)
	assert.Equal(t, http.StatusUnprocessableEntity, many.status, many.body)
	assert.Equal(t, "positions", many.text("field"))
	large := s.visitor(http.MethodPost, "/api/v1/orders", `{"pool":"`+strings.Repeat("x", 70_000)+`"}`, token)
	assert.Equal(t, http.StatusRequestEntityTooLarge, large.status, "only uploads may be large")
}
