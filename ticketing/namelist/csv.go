package namelist

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// readCSV reads comma-separated values (RFC 4180) in UTF-8 or, as spreadsheet
// programs write them in China, GB 18030.
func readCSV(content []byte) (grid, error) {
	content = bytes.TrimPrefix(content, []byte("\xef\xbb\xbf"))
	if !utf8.Valid(content) {
		decoded, err := simplifiedchinese.GB18030.NewDecoder().Bytes(content)
		if err != nil || bytes.ContainsRune(decoded, utf8.RuneError) {
			return grid{}, fault("", "neither XLSX nor text", "既不是XLSX也不是文本")
		}
		content = decoded
	}
	if bytes.IndexByte(content, 0) >= 0 {
		return grid{}, fault("", "neither XLSX nor text", "既不是XLSX也不是文本")
	}
	r := csv.NewReader(bytes.NewReader(content))
	r.FieldsPerRecord = -1
	g := grid{}
	for len(g.rows) <= MaxPeople+1 {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return grid{}, fault(cell(0, len(g.rows)+1), "not comma-separated values", "不是逗号分隔的文本")
		}
		if len(row) > maxColumns {
			return grid{}, fault(cell(maxColumns, len(g.rows)+1), fmt.Sprintf("more than %d columns", maxColumns), fmt.Sprintf("超过%d列", maxColumns))
		}
		g.rows = append(g.rows, row)
	}
	g.faulty = func(row, col int, c Column) *Fault {
		if col >= len(g.rows[row]) || !isFormula(strings.TrimSpace(g.rows[row][col]), c) {
			return nil
		}
		return &Fault{cell(col, row+1), "a formula", "不能是公式"}
	}
	return g, nil
}

// isFormula reports whether a spreadsheet program would run the text. A phone
// may begin with a plus sign.
func isFormula(text string, c Column) bool {
	if text == "" || c == Phone && text[0] == '+' && strings.Trim(text[1:], "0123456789 -") == "" {
		return false
	}
	return strings.ContainsRune("=+-@", rune(text[0]))
}
