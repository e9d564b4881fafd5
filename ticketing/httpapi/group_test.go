package httpapi_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
)

const listHeader = "姓名,证件类型,证件号码\r\n"

// upload sends a list of names; part is the name of the form's part.
func (s *server) upload(content, token, part string) answer {
	s.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	file, err := form.CreateFormFile(part, "list.xlsx")
	require.NoError(s.t, err)
	_, err = file.Write([]byte(content))
	require.NoError(s.t, err)
	require.NoError(s.t, form.Close())
	return s.send(http.MethodPost, "/api/v1/namelists", body.String(), http.Header{
		"Authorization": {"Bearer " + token}, "Content-Type": {form.FormDataContentType()},
	}, true)
}

// groupOrder books positions as a list of names was answered.
func groupOrder(positions any) string {
	out, _ := json.Marshal(map[string]any{
		"pool": "main", "date": "2026-05-10", "product": "group", "leader": map[string]string{"name": "李雷", "phone": "13800000000"},
		"positions": positions,
	})
	return string(out)
}

func TestAListOfNamesIsReadReviewedAndBooked(t *testing.T) {
	t.Parallel()
	s := start(t)
	put := s.house(http.MethodPut, "/internal/v1/pools/main", `{"name":"Main","limit_per_order":3,"hold_seconds":60,
		"products":[{"id":"group","name":"团体票","kind":"group"}],"days":[{"date":"2026-05-10","capacity":600}]}`, operationsKey)
	require.Equal(t, http.StatusOK, put.status, put.body)
	_, token := s.signUp(1)

	list := listHeader
	for n := range 500 {
		list += fmt.Sprintf("王小明,台湾居民来往大陆通行证,%08d\r\n", n)
	}
	read := s.upload(list, token, "file")
	require.Equal(t, http.StatusOK, read.status, read.body)
	assert.Equal(t, "no-store", read.header.Get("Cache-Control"))
	positions, _ := read.body["positions"].([]any)
	require.Len(t, positions, 500)
	assert.Equal(t, map[string]any{"name": "王小明", "document": map[string]any{"type": "taiwan_permit", "number": "00000007"}}, positions[7])
	rows, _ := read.body["rows"].([]any)
	require.Len(t, rows, 500)
	assert.InDelta(t, 9, rows[7], 0)
	assert.InDelta(t, 600, s.left("main", "2026-05-10"), 0, "nothing was booked yet")

	booked := s.visitor(http.MethodPost, "/api/v1/orders/group", groupOrder(positions), token)
	require.Equal(t, http.StatusCreated, booked.status, booked.body)
	assert.Equal(t, map[string]any{"name_masked": "李*", "phone_masked": "+86*******0000"}, booked.body["leader"])
	assert.InDelta(t, 100, s.left("main", "2026-05-10"), 0)

	more := append(append([]any{}, positions...), positions[0])
	for name, c := range map[string]struct {
		body, field string
		status      int
	}{
		"one too many":    {groupOrder(more), "positions", http.StatusUnprocessableEntity},
		"nobody":          {groupOrder([]any{}), "positions", http.StatusUnprocessableEntity},
		"twice":           {groupOrder([]any{positions[0], positions[0]}), "positions[1].document.number", http.StatusUnprocessableEntity},
		"another product": {groupOrder([]any{map[string]any{"name": "王", "product": "child", "document": map[string]any{"type": "taiwan_permit", "number": "00000601"}}}), "positions[0].product", http.StatusUnprocessableEntity},
		"the file itself": {`{"pool":"main","date":"2026-05-10","product":"group","file":"QQ=="}`, "file", http.StatusBadRequest},
		"too large":       {`{"pool":"` + strings.Repeat("x", 256<<10) + `"}`, "", http.StatusRequestEntityTooLarge},
	} {
		refused := s.visitor(http.MethodPost, "/api/v1/orders/group", c.body, token)
		assert.Equal(t, c.status, refused.status, "%s: %v", name, refused.body)
		assert.Equal(t, c.field, refused.text("field"), name)
	}
	assert.Equal(t, http.StatusUnauthorized, s.upload(list, "", "file").status, "only who is signed in")
}

func TestFaultsOfAListAreNamedByTheirCells(t *testing.T) {
	t.Parallel()
	s := start(t)
	_, token := s.signUp(1)
	for list, want := range map[string]string{
		listHeader + "王😀,身份证,34052419800101001X\r\n":                               "A2",
		listHeader + "王小明,学生证,34052419800101001X\r\n":                              "B2",
		listHeader + "王小明,身份证,=1+1\r\n":                                            "C2",
		"姓名,证件类型,密码\r\n":                                                           "C1",
		listHeader + strings.Repeat("王小明,身份证,34052419800101001X\r\n", 501):         "A502",
		listHeader + strings.Repeat("王小明,身份证,34052419800101001X\r\n", 20_000):      "A502",
		listHeader + "王小明,身份证,34052419800101001X\r\n李雷,身份证,34052419800101001X\r\n": "C3",
		"姓名,证件类型,证件号码,手机\r\n王小明,身份证,34052419800101001X,12\r\n":                     "D2",
		"姓名,证件类型,证件号码,国籍\r\n王小明,护照,AB123456,Z1\r\n":                                "D2",
		listHeader + strings.Repeat("王小明,身份证,34052419800101001X,x\r\n", 1):         "D2",
		"":                     "",
		"\x00\x01":             "",
		"PK\x03\x04 not a zip": "",
		bomb(t):                "",
		sheet(t, 20_000):       "A502",
		sheet(t, 2, "=HYPERLINK(\"http://127.0.0.1/x\")"): "A2",
	} {
		refused := s.upload(list, token, "file")
		name := list[:min(len(list), 60)]
		assert.Equal(t, http.StatusUnprocessableEntity, refused.status, name)
		assert.Equal(t, "application/problem+json", refused.header.Get("Content-Type"))
		assert.Equal(t, "invalid_field", refused.text("code"), name)
		field := "file"
		if want != "" {
			field = "file!" + want
		}
		assert.Equal(t, field, refused.text("field"), "%s: %v", name, refused.body)
		faults, _ := refused.body["faults"].([]any)
		require.NotEmpty(t, faults, name)
		first, _ := faults[0].(map[string]any)
		assert.Equal(t, want, first["cell"], name)
		assert.NotEmpty(t, first["reason_zh"], name)
		assert.NotEmpty(t, first["reason_en"], name)
	}
	wrong := s.upload(listHeader+"王小明,身份证,34052419800101001X\r\n李雷,身份证,110105194912310021\r\n韩梅梅,身份证,1\r\n", token, "file")
	assert.Equal(t, "校验码不符", wrong.text("reason_zh"))
	assert.Equal(t, "the check character does not match", wrong.text("reason_en"))
	faults, _ := wrong.body["faults"].([]any)
	require.Len(t, faults, 2, "every fault, not only the first")
	second, _ := faults[1].(map[string]any)
	assert.Equal(t, "C4", second["cell"])
}

func TestOnlyAFormWithOneFileIsRead(t *testing.T) {
	t.Parallel()
	s := start(t)
	_, token := s.signUp(1)
	send := func(kind, body string) answer {
		return s.send(http.MethodPost, "/api/v1/namelists", body, http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {kind}}, true)
	}
	const head = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n"
	for name, got := range map[string]answer{
		"another name":    s.upload(listHeader, token, "list"),
		"not a form":      send("application/json", `{"file":"eA=="}`),
		"no boundary":     send("multipart/form-data", head),
		"no end":          send("multipart/form-data; boundary=b", head+"x"),
		"two parts":       send("multipart/form-data; boundary=b", head+"x\r\n"+head+"y\r\n--b--\r\n"),
		"encoded":         send("multipart/form-data; boundary=b", strings.Replace(head, "\r\n\r\n", "\r\nContent-Transfer-Encoding: base64\r\n\r\n", 1)+"eA==\r\n--b--\r\n"),
		"nothing":         send("multipart/form-data; boundary=b", ""),
		"a long boundary": send("multipart/form-data; boundary="+strings.Repeat("b", 71), head),
	} {
		assert.Equal(t, http.StatusUnprocessableEntity, got.status, name)
		assert.Equal(t, "file", got.text("field"), name)
	}
}

// TestATooLargeListIsNotAwaited: the answer comes before the body, of which
// nothing is sent here.
func TestATooLargeListIsNotAwaited(t *testing.T) {
	t.Parallel()
	s := start(t)
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.base, "http://"))
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = fmt.Fprintf(conn, "POST /api/v1/namelists HTTP/1.1\r\nHost: tickets\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: %d\r\n\r\n", 1<<20+1<<18)
	require.NoError(t, err)
	res, err := http.ReadResponse(bufio.NewReader(conn), nil)
	require.NoError(t, err)
	defer func() { _ = res.Body.Close() }()
	assert.Equal(t, http.StatusRequestEntityTooLarge, res.StatusCode)
	var problem struct{ Code string }
	require.NoError(t, json.NewDecoder(res.Body).Decode(&problem))
	assert.Equal(t, "body_too_large", problem.Code)
}

// bomb is a workbook whose sheet unfolds to 200 MB.
func bomb(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	write := func(name, content string) {
		w, err := archive.Create(name)
		require.NoError(t, err)
		_, err = w.Write([]byte(content))
		require.NoError(t, err)
	}
	write("[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>`)
	write("xl/workbook.xml", `<workbook><sheets><sheet name="a" sheetId="1"/></sheets></workbook>`)
	w, err := archive.Create("xl/worksheets/sheet1.xml")
	require.NoError(t, err)
	for range 200 {
		_, err := w.Write(make([]byte, 1<<20))
		require.NoError(t, err)
	}
	require.NoError(t, archive.Close())
	require.Less(t, out.Len(), 1<<20)
	return out.String()
}

// sheet is a workbook of so many rows of the same person; formula, if given, is
// the name in the second row.
func sheet(t *testing.T, rows int, formula ...string) string {
	t.Helper()
	file := excelize.NewFile()
	writer, err := file.NewStreamWriter("Sheet1")
	require.NoError(t, err)
	for row := 1; row <= rows; row++ {
		cells := []any{"王小明", "身份证", "34052419800101001X"}
		switch {
		case row == 1:
			cells = []any{"姓名", "证件类型", "证件号码"}
		case row == 2 && len(formula) > 0:
			cells[0] = excelize.Cell{Formula: strings.TrimPrefix(formula[0], "=")}
		}
		require.NoError(t, writer.SetRow(fmt.Sprintf("A%d", row), cells))
	}
	require.NoError(t, writer.Flush())
	var out bytes.Buffer
	require.NoError(t, file.Write(&out))
	require.NoError(t, file.Close())
	return out.String()
}
