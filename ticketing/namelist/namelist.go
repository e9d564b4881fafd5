// Package namelist reads the list of names of a group booking from a
// spreadsheet as visitors upload it: XLSX or CSV, with a header row. It owns the
// form of the list and says of every fault in which cell it is; whether a
// document is well formed and a place is left is for the booking system to say.
package namelist

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"fairgate/ticketing/document"
)

// MaxPeople is how many persons a list may hold.
const MaxPeople = 500

// maxColumns bounds the width of a list, and maxFaults how many faults are told.
const (
	maxColumns = 16
	maxFaults  = 20
)

// Column names a column of the list.
type Column string

// The columns that a list may have; the first three it must have.
const (
	Name           Column = "name"
	DocumentType   Column = "document_type"
	DocumentNumber Column = "document_number"
	Nationality    Column = "nationality"
	Phone          Column = "phone"
)

// Valid reports whether c is one of the known columns.
func (c Column) Valid() bool {
	return slices.Contains([]Column{Name, DocumentType, DocumentNumber, Nationality, Phone}, c)
}

// column reads a header in either language.
func column(header string) Column {
	switch strings.ToLower(strings.TrimSpace(header)) {
	case "姓名", "name":
		return Name
	case "证件类型", "document_type", "document type":
		return DocumentType
	case "证件号码", "document_number", "document number":
		return DocumentNumber
	case "国籍", "nationality":
		return Nationality
	case "手机", "手机号", "phone":
		return Phone
	}
	return ""
}

// documentType reads a kind of document by its code or its Chinese name.
func documentType(text string) document.Type {
	switch strings.TrimSpace(text) {
	case "身份证", "居民身份证":
		return document.PRCID
	case "外国人永久居留身份证":
		return document.ForeignResident
	case "港澳居民来往内地通行证", "回乡证":
		return document.HKMacauPermit
	case "台湾居民来往大陆通行证", "台胞证":
		return document.TaiwanPermit
	case "护照":
		return document.Passport
	}
	return document.Type(strings.ToLower(strings.TrimSpace(text)))
}

// Fault is what is wrong with one cell, in both languages.
type Fault struct {
	Cell     string // as spreadsheets name it, such as B7; empty for the file as a whole
	Reason   string
	ReasonZH string
}

// Error lists the faults of a list, the first twenty at most.
type Error struct{ Faults []Fault }

// Error implements error.
func (e *Error) Error() string { return e.list(func(f Fault) string { return f.Reason }) }

// ZH is the error in Chinese.
func (e *Error) ZH() string { return e.list(func(f Fault) string { return f.ReasonZH }) }

func (e *Error) list(reason func(Fault) string) string {
	texts := make([]string, len(e.Faults))
	for i, f := range e.Faults {
		texts[i] = reason(f)
		if f.Cell != "" {
			texts[i] = f.Cell + ": " + texts[i]
		}
	}
	return strings.Join(texts, "; ")
}

func fault(cell, en, zh string) *Error { return &Error{Faults: []Fault{{cell, en, zh}}} }

// Person is one row of the list.
type Person struct {
	Row         int // as spreadsheets count, the header being 1
	Name        string
	Type        document.Type
	Number      string
	Nationality string
	Phone       string
}

// List is a list of names.
type List struct {
	People  []Person
	columns map[Column]int
}

// Cell names the cell that holds one of a person's columns; the row's first
// where the list has no such column.
func (l List) Cell(person int, c Column) string {
	return cell(l.columns[c], l.People[person].Row)
}

// cell names a cell by its column, from 0, and its row, from 1. Columns beyond Z
// do not occur: see maxColumns.
func cell(col, row int) string { return fmt.Sprintf("%c%d", 'A'+col, row) }

// grid is a sheet as text. Rows are as spreadsheets count them, less one, and
// faulty names what is wrong with a cell whatever its column.
type grid struct {
	rows   [][]string
	faulty func(row, col int, c Column) *Fault
}

// Read reads a list. The error, if any, is an *Error.
func Read(content []byte) (List, error) {
	read := readCSV
	if bytes.HasPrefix(content, []byte("PK\x03\x04")) {
		read = readXLSX
	}
	g, err := read(content)
	if err != nil {
		return List{}, err
	}
	return g.list()
}

// list makes people of the rows, or tells every fault.
func (g grid) list() (List, error) {
	columns, err := g.header()
	if err != nil {
		return List{}, err
	}
	list, faults := List{columns: columns}, &Error{}
	for at := 1; at < len(g.rows); at++ {
		row := g.rows[at]
		if !slices.ContainsFunc(row, func(s string) bool { return strings.TrimSpace(s) != "" }) {
			continue
		}
		for c, col := range columns {
			if f := g.faulty(at, col, c); f != nil {
				faults.Faults = append(faults.Faults, *f)
			}
		}
		if len(row) > len(g.rows[0]) && strings.TrimSpace(strings.Join(row[len(g.rows[0]):], "")) != "" {
			faults.Faults = append(faults.Faults, Fault{cell(len(g.rows[0]), at+1), "a cell beyond the header", "超出表头的单元格"})
		}
		get := func(c Column) string {
			col, known := columns[c]
			if !known || col >= len(row) {
				return ""
			}
			return strings.TrimSpace(row[col])
		}
		for _, c := range []Column{Name, DocumentType, DocumentNumber} {
			if get(c) == "" {
				faults.Faults = append(faults.Faults, Fault{cell(columns[c], at+1), "empty", "不能为空"})
			}
		}
		list.People = append(list.People, Person{
			Row: at + 1, Name: get(Name), Type: documentType(get(DocumentType)), Number: get(DocumentNumber),
			Nationality: get(Nationality), Phone: get(Phone),
		})
		if len(faults.Faults) >= maxFaults {
			break
		}
	}
	if len(faults.Faults) > 0 {
		slices.SortFunc(faults.Faults, func(a, b Fault) int {
			return 2*(len(a.Cell)-len(b.Cell)) + strings.Compare(a.Cell, b.Cell)
		})
		faults.Faults = faults.Faults[:min(len(faults.Faults), maxFaults)]
		return List{}, faults
	}
	if len(list.People) == 0 {
		return List{}, fault("", "the list has no rows", "名单没有数据行")
	}
	return list, nil
}

// header finds the columns.
func (g grid) header() (map[Column]int, error) {
	if len(g.rows) == 0 {
		return nil, fault("", "the file is empty", "文件为空")
	}
	if len(g.rows) > MaxPeople+1 {
		return nil, fault(cell(0, MaxPeople+2), fmt.Sprintf("more than %d rows", MaxPeople), fmt.Sprintf("超过%d行", MaxPeople))
	}
	if len(g.rows[0]) > maxColumns {
		return nil, fault(cell(maxColumns, 1), fmt.Sprintf("more than %d columns", maxColumns), fmt.Sprintf("超过%d列", maxColumns))
	}
	columns := map[Column]int{}
	for i, text := range g.rows[0] {
		c := column(text)
		if f := g.faulty(0, i, c); f != nil {
			return nil, &Error{Faults: []Fault{*f}}
		}
		if c == "" {
			return nil, fault(cell(i, 1), "not a column of the list", "不是名单的列")
		}
		if _, twice := columns[c]; twice {
			return nil, fault(cell(i, 1), "the column "+string(c)+" occurs twice", "列重复")
		}
		columns[c] = i
	}
	for c, zh := range map[Column]string{Name: "姓名", DocumentType: "证件类型", DocumentNumber: "证件号码"} {
		if _, known := columns[c]; !known {
			return nil, fault(cell(0, 1), "the column "+string(c)+" is missing", "缺少列："+zh)
		}
	}
	return columns, nil
}
