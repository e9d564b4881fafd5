package namelist

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"
)

// maxUnzipped bounds what an XLSX file may unfold to, in bytes.
const maxUnzipped = 32 << 20

// readXLSX reads the first sheet of an Office Open XML workbook.
func readXLSX(content []byte) (g grid, err error) {
	broken := fault("", "not a readable XLSX file, or too large", "不是可读的XLSX文件，或文件过大")
	file, err := excelize.OpenReader(bytes.NewReader(content), excelize.Options{
		UnzipSizeLimit: maxUnzipped, UnzipXMLSizeLimit: maxUnzipped, RawCellValue: true,
	})
	if err != nil {
		return grid{}, broken
	}
	defer func() {
		if file.Close() != nil && err == nil {
			err = broken
		}
	}()
	sheets := file.GetSheetList()
	if len(sheets) == 0 {
		return grid{}, broken
	}
	sheet := sheets[0]
	// Counted row by row first: a sheet is not taken into memory before it is
	// known to be small.
	rows, err := file.Rows(sheet)
	if err != nil {
		return grid{}, broken
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() && len(g.rows) <= MaxPeople+1 {
		row, err := rows.Columns()
		if err != nil {
			return grid{}, broken
		}
		if len(row) > maxColumns {
			return grid{}, fault(cell(maxColumns, len(g.rows)+1), fmt.Sprintf("more than %d columns", maxColumns), fmt.Sprintf("超过%d列", maxColumns))
		}
		g.rows = append(g.rows, row)
	}
	if rows.Error() != nil {
		return grid{}, broken
	}
	if len(g.rows) > MaxPeople+1 {
		return g, nil // refused by its header, before cells are looked at
	}
	faults, err := cellFaults(file, sheet, g.rows)
	if err != nil {
		return grid{}, broken
	}
	g.faulty = func(row, col int, _ Column) *Fault { return faults[cell(col, row+1)] }
	return g, nil
}

// cellFaults finds the formulas, and the long numbers that lost their last
// digits because the program kept them as numbers.
func cellFaults(file *excelize.File, sheet string, rows [][]string) (map[string]*Fault, error) {
	faults := map[string]*Fault{}
	for r, row := range rows {
		for c := range max(len(row), len(rows[0])) {
			name := cell(c, r+1)
			formula, err := file.GetCellFormula(sheet, name)
			if err != nil {
				return nil, err
			}
			if formula != "" {
				faults[name] = &Fault{name, "a formula", "不能是公式"}
				continue
			}
			if c >= len(row) {
				continue
			}
			kind, err := file.GetCellType(sheet, name)
			if err != nil {
				return nil, err
			}
			number := kind == excelize.CellTypeUnset || kind == excelize.CellTypeNumber
			if number && (len(row[c]) > 15 || strings.ContainsAny(row[c], "Ee.")) {
				faults[name] = &Fault{name, "kept as a number, which loses digits: format the column as text", "被存为数值，会丢失位数：请将该列设为文本格式"}
			}
		}
	}
	return faults, nil
}
