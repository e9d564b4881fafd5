package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"

	"fairgate/ticketing"
	"fairgate/ticketing/document"
	"fairgate/ticketing/namelist"
)

// nameListPath is where lists of names are read.
const nameListPath = "/api/v1/namelists"

func (a *api) nameListOperations() {
	handle(a, operation{
		method: http.MethodPost, path: nameListPath, id: "read-name-list", access: a.access.signedIn,
		summary: "Read a list of names, to be reviewed and booked by its leader",
		describe: "The part `file` is XLSX or CSV with a header row: 姓名, 证件类型, 证件号码 and, where wanted, 国籍 and 手机, or name, " +
			"document_type, document_number, nationality and phone. Nothing is kept. What is wrong is told cell by cell in `faults`.",
		limit: a.opts.UploadLimit, upload: true, rate: rateUpload,
	}, a.readNameList)
}

// listedPosition is a person of a list, in the form in which a group is booked.
type listedPosition struct {
	Name     string         `json:"name"`
	Phone    string         `json:"phone,omitempty"`
	Document listedDocument `json:"document"`
}

type listedDocument struct {
	Type        document.Type `json:"type"`
	Number      string        `json:"number"`
	Nationality string        `json:"nationality,omitempty"`
}

type nameList struct {
	Positions []listedPosition `json:"positions" doc:"To be booked as they are."`
	Rows      []int            `json:"rows" doc:"In which row of the list each of them stands, the header being 1."`
}

func (a *api) readNameList(_ context.Context, r *request[none, none]) (nameList, error) {
	r.secret()
	content, err := uploaded(r.fiber)
	if err != nil {
		return nameList{}, err
	}
	list, err := namelist.Read(content)
	if refused, ok := errors.AsType[*namelist.Error](err); ok {
		faults := make([]listFault, len(refused.Faults))
		for i, f := range refused.Faults {
			faults[i] = listFault{Cell: f.Cell, ReasonZH: f.ReasonZH, ReasonEN: f.Reason}
		}
		return nameList{}, faultyList(faults)
	}
	if err != nil {
		return nameList{}, err
	}
	people := make([]ticketing.Visitor, len(list.People))
	shown := nameList{Positions: make([]listedPosition, len(list.People)), Rows: make([]int, len(list.People))}
	for i, p := range list.People {
		people[i] = ticketing.Visitor{Name: p.Name, Phone: p.Phone, Type: p.Type, Number: p.Number, Nationality: p.Nationality}
		shown.Rows[i] = p.Row
		shown.Positions[i] = listedPosition{
			Name: p.Name, Phone: p.Phone, Document: listedDocument{Type: p.Type, Number: p.Number, Nationality: p.Nationality},
		}
	}
	var faults []listFault
	for _, refused := range a.service.CheckPeople(people) {
		if refused.Code != ticketing.CodeInvalidField {
			return nameList{}, refused
		}
		faults = append(faults, inCell(refused, list))
	}
	if len(faults) > 0 {
		return nameList{}, faultyList(faults)
	}
	return shown, nil
}

// listFault is what is wrong with one cell of a list.
type listFault struct {
	Cell     string `json:"cell" doc:"As spreadsheets name it, such as B7; empty for the file as a whole."`
	ReasonZH string `json:"reason_zh"`
	ReasonEN string `json:"reason_en"`
}

// faultyList refuses a list; field and reasons are the first fault's.
func faultyList(faults []listFault) error {
	field, detail := "file", faults[0].ReasonEN
	if faults[0].Cell != "" {
		field += "!" + faults[0].Cell
	}
	if len(faults) > 1 {
		detail += fmt.Sprintf(" (the first of %d faults)", len(faults))
	}
	p := newProblem(fiber.StatusUnprocessableEntity, string(ticketing.CodeInvalidField), field, detail)
	p.ReasonZH, p.ReasonEN, p.Faults = faults[0].ReasonZH, faults[0].ReasonEN, faults
	return &problemError{p}
}

// inCell says of a refusal that names a position in which cell of the list it is.
func inCell(refused *ticketing.Error, list namelist.List) listFault {
	out := listFault{ReasonZH: refused.ReasonZH, ReasonEN: refused.Detail}
	var at int
	if _, err := fmt.Sscanf(refused.Field, "positions[%d]", &at); err != nil || at < 0 || at >= len(list.People) {
		if out.ReasonZH == "" {
			out.ReasonZH = "名单有误"
		}
		return out
	}
	column, zh := namelist.DocumentNumber, "与名单中另一行的证件相同"
	switch _, part, _ := strings.Cut(refused.Field, "]."); part {
	case "name":
		column, zh = namelist.Name, "姓名不正确：不能为空、过长或含有符号"
	case "phone":
		column, zh = namelist.Phone, "手机号码不正确"
	case "document.type":
		column, zh = namelist.DocumentType, "证件类型不正确"
	case "document.nationality":
		column, zh = namelist.Nationality, "国籍不正确"
	}
	if out.ReasonZH == "" {
		out.ReasonZH = zh
	}
	out.Cell = list.Cell(at, column)
	return out
}

// uploaded is the one part of a multipart form, named file. The body is within
// its limit already, and is read where it lies: nothing touches the disk.
func uploaded(c *fiber.Ctx) ([]byte, error) {
	refused := func(detail string) error {
		return refuse(fiber.StatusUnprocessableEntity, string(ticketing.CodeInvalidField), "file", detail)
	}
	kind, parameters, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || kind != fiber.MIMEMultipartForm || parameters["boundary"] == "" || len(parameters["boundary"]) > 70 {
		return nil, refused("want a multipart/form-data body with one part, file")
	}
	form := multipart.NewReader(bytes.NewReader(c.BodyRaw()), parameters["boundary"])
	part, err := form.NextRawPart()
	if err != nil {
		return nil, refused("not a multipart/form-data body")
	}
	if part.FormName() != "file" {
		return nil, refused("the only part must be named file")
	}
	if part.Header.Get("Content-Transfer-Encoding") != "" {
		return nil, refused("the part must be as it is, without Content-Transfer-Encoding")
	}
	content, err := io.ReadAll(part)
	if err != nil {
		return nil, refused("the part does not end")
	}
	if _, err := form.NextRawPart(); !errors.Is(err, io.EOF) {
		return nil, refused("more than one part, or the form does not end")
	}
	return content, nil
}
