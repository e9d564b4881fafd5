package httpapi

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/gofiber/fiber/v2"

	"fairgate/ticketing"
	"fairgate/ticketing/namelist"
)

// uploadPath is the one request of visitors that carries a file.
const uploadPath = "/api/v1/orders/group"

// leader is who leads a group.
type leader struct {
	NameMasked  string `json:"name_masked"`
	PhoneMasked string `json:"phone_masked"`
}

type groupBody struct {
	Pool    string `json:"pool"`
	Date    string `json:"date"`
	Slot    string `json:"slot"`
	Product string `json:"product"`
	Hold    bool   `json:"hold"`
	Leader  struct {
		Name  string `json:"name"`
		Phone string `json:"phone"`
	} `json:"leader"`
	File []byte `json:"file"` // XLSX or CSV, in base64

	Answers ticketing.Answers `json:"answers" required:"false"` // to what an activity asks of an order

	RulesVersion *int64 `json:"rules_version" required:"false" doc:"Of the booking rules that the visitor was shown; other rules than those in force are refused."`
}

func (a *api) bookGroup(ctx context.Context, r *request[none, groupBody]) (order, error) {
	body := r.body
	list, err := namelist.Read(body.File)
	if refused, ok := errors.AsType[*namelist.Error](err); ok {
		p := newProblem(fiber.StatusUnprocessableEntity, string(ticketing.CodeInvalidField), fileField(refused.Faults[0].Cell), refused.Error())
		p.ReasonZH, p.ReasonEN = refused.ZH(), refused.Error()
		return order{}, &problemError{p}
	}
	if err != nil {
		return order{}, err
	}
	people := make([]ticketing.Visitor, len(list.People))
	for i, p := range list.People {
		people[i] = ticketing.Visitor{Name: p.Name, Phone: p.Phone, Type: p.Type, Number: p.Number, Nationality: p.Nationality}
	}
	o, err := a.service.BookGroup(ctx, r.call(), r.session().AccountID, ticketing.GroupBooking{
		Pool: body.Pool, Date: body.Date, Slot: body.Slot, Product: body.Product, Hold: body.Hold,
		LeaderName: body.Leader.Name, LeaderPhone: body.Leader.Phone, People: people,
		Answers: body.Answers, RulesVersion: body.RulesVersion, Channel: r.session().Channel,
	})
	if err != nil {
		return order{}, inCells(err, list)
	}
	return showOrder(o), nil
}

func fileField(cell string) string {
	if cell == "" {
		return "file"
	}
	return "file!" + cell
}

// inCells names the cell of the list where a refusal names a position.
func inCells(err error, list namelist.List) error {
	refused, ok := errors.AsType[*ticketing.Error](err)
	if !ok {
		return err
	}
	var at int
	if _, err := fmt.Sscanf(refused.Field, "positions[%d]", &at); err != nil || at < 0 || at >= len(list.People) {
		return refused
	}
	column := namelist.DocumentNumber
	switch _, part, _ := strings.Cut(refused.Field, "]."); part {
	case "name":
		column = namelist.Name
	case "phone":
		column = namelist.Phone
	case "document.type":
		column = namelist.DocumentType
	case "document.nationality":
		column = namelist.Nationality
	}
	named := *refused
	named.Field = fileField(list.Cell(at, column))
	return &named
}
