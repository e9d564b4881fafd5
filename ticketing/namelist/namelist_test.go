package namelist_test

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"fairgate/ticketing/document"
	"fairgate/ticketing/namelist"
)

// sheet makes an XLSX file; a text that begins with "=" becomes a formula.
func sheet(tb testing.TB, rows ...[]any) []byte {
	tb.Helper()
	f := excelize.NewFile()
	for r, row := range rows {
		for c, value := range row {
			name, err := excelize.CoordinatesToCellName(c+1, r+1)
			require.NoError(tb, err)
			if text, ok := value.(string); ok && strings.HasPrefix(text, "=") {
				require.NoError(tb, f.SetCellFormula("Sheet1", name, text[1:]))
				continue
			}
			require.NoError(tb, f.SetCellValue("Sheet1", name, value))
		}
	}
	var out bytes.Buffer
	require.NoError(tb, f.Write(&out))
	require.NoError(tb, f.Close())
	return out.Bytes()
}

func text(rows ...[]any) []byte {
	var out strings.Builder
	for _, row := range rows {
		for i, value := range row {
			if i > 0 {
				out.WriteByte(',')
			}
			fmt.Fprint(&out, value)
		}
		out.WriteString("\r\n")
	}
	return []byte(out.String())
}

func TestRead(t *testing.T) {
	t.Parallel()
	rows := [][]any{
		{"姓名", "证件类型", "证件号码", "手机"}, {"王小明", "身份证", "34052419800101001X", "+86 13800000000"}, {"", "", "", ""}, {"李雷", "prc_id", "11010519491231002X"},
	}
	gb, err := simplifiedchinese.GB18030.NewEncoder().Bytes(text(rows...))
	require.NoError(t, err)
	for name, content := range map[string][]byte{
		"xlsx": sheet(t, rows...), "csv": text(rows...), "csv with a mark": append([]byte("\xef\xbb\xbf"), text(rows...)...), "csv in GB 18030": gb,
	} {
		list, err := namelist.Read(content)
		require.NoError(t, err, name)
		assert.Equal(t, []namelist.Person{
			{Row: 2, Name: "王小明", Type: document.PRCID, Number: "34052419800101001X", Phone: "+86 13800000000"},
			{Row: 4, Name: "李雷", Type: document.PRCID, Number: "11010519491231002X"},
		}, list.People, name)
		assert.Equal(t, "C4", list.Cell(1, namelist.DocumentNumber))
	}
}

func TestReadRefuses(t *testing.T) {
	t.Parallel()
	header := []any{"name", "document_type", "document_number"}
	long := [][]any{header}
	for range namelist.MaxPeople + 1 {
		long = append(long, []any{"Ann", "passport", "P1234567"})
	}
	for name, c := range map[string]struct {
		rows [][]any
		want string
	}{
		"a formula":        {[][]any{header, {"Ann", "passport", "=A1"}}, "C2: a formula"},
		"a formula header": {[][]any{{"=1+1", "document_type", "document_number"}}, "A1"},
		"a wrong column":   {[][]any{{"name", "document_type", "document_number", "password"}}, "D1: not a column"},
		"a column missing": {[][]any{{"name", "document_type"}}, "document_number is missing"},
		"a column twice":   {[][]any{{"name", "document_type", "document_number", "姓名"}}, "D1: the column name occurs twice"},
		"an empty cell":    {[][]any{header, {"Ann", "passport", "P1"}, {"Bob", "", "P2"}}, "B3: empty"},
		"a cell beyond":    {[][]any{header, {"Ann", "passport", "P1", "x"}}, "D2: a cell beyond"},
		"no rows":          {[][]any{header}, "no rows"},
		"too many rows":    {long, "A502: more than 500 rows"},
		"too many columns": {[][]any{{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17}}, "Q1"},
	} {
		for kind, content := range map[string][]byte{"xlsx": sheet(t, c.rows...), "csv": text(c.rows...)} {
			_, err := namelist.Read(content)
			var refused *namelist.Error
			require.ErrorAs(t, err, &refused, "%s %s", name, kind)
			require.ErrorContains(t, err, c.want, kind)
			assert.NotEqual(t, refused.ZH(), refused.Error())
		}
	}
	_, err := namelist.Read(sheet(t, header, []any{"Ann", "passport", 340524198001010018}))
	require.ErrorContains(t, err, "C2: kept as a number")
	_, err = namelist.Read(sheet(t, header, []any{"=B1", "", "=B2"}, []any{"", "passport", "x"}))
	require.ErrorContains(t, err, "A3: empty", "all faults at once")
	for _, junk := range []string{"", "PK\x03\x04 broken", "\x00\x01\x02", "\xff\xfe\xff", `a"b,c`} {
		_, err := namelist.Read([]byte(junk))
		var refused *namelist.Error
		assert.ErrorAs(t, err, &refused, "%q", junk)
	}
}

// FuzzRead holds that whatever is uploaded is a list within its bounds or
// refused with a reason.
func FuzzRead(f *testing.F) {
	f.Add(text([]any{"name", "document_type", "document_number"}, []any{"Ann", "passport", "P1"}))
	f.Add(sheet(f, []any{"name", "document_type", "document_number"}, []any{"Ann", "passport", "P1"}))
	f.Add([]byte("PK\x03\x04"))
	f.Fuzz(func(t *testing.T, content []byte) {
		list, err := namelist.Read(content)
		if err == nil && (len(list.People) == 0 || len(list.People) > namelist.MaxPeople) {
			t.Fatalf("%d people", len(list.People))
		}
		if err != nil && err.Error() == "" {
			t.Fatal("refused without a reason")
		}
	})
}

// TestAHundredThousandRows holds that a list far beyond the limit is refused
// for its length, and not read to its end.
func TestAHundredThousandRows(t *testing.T) {
	t.Parallel()
	file := excelize.NewFile()
	t.Cleanup(func() { assert.NoError(t, file.Close()) })
	sheet, err := file.NewStreamWriter("Sheet1")
	require.NoError(t, err)
	require.NoError(t, sheet.SetRow("A1", []any{"姓名", "证件类型", "证件号码", "国籍"}))
	for n := range 100_000 {
		require.NoError(t, sheet.SetRow("A"+strconv.Itoa(n+2), []any{"张三", "护照", "E12345678", "FRA"}))
	}
	require.NoError(t, sheet.Flush())
	var content bytes.Buffer
	require.NoError(t, file.Write(&content))
	_, err = namelist.Read(content.Bytes())
	require.Error(t, err)
	require.ErrorContains(t, err, "500")

	rows := "name,document_type,document_number,nationality\n" + strings.Repeat("Zhang San,passport,E12345678,FRA\n", 100_000)
	_, err = namelist.Read([]byte(rows))
	require.Error(t, err)
	assert.ErrorContains(t, err, "500")
}
