package httpapi

import (
	"context"
	"net/http"

	"fairgate/ticketing"
)

// leader is who leads a group.
type leader struct {
	NameMasked  string `json:"name_masked"`
	PhoneMasked string `json:"phone_masked"`
}

// leaderBody is who leads a group, as it is booked.
type leaderBody struct {
	Name  string `json:"name"`
	Phone string `json:"phone"`
}

// groupBody has documents in plain JSON, so that what stands before the booking
// system can see for whom is booked.
type groupBody struct {
	Pool      string            `json:"pool"`
	Date      string            `json:"date"`
	Slot      string            `json:"slot" required:"false"`
	Product   string            `json:"product" doc:"One of the pool's ticket types for groups."`
	Hold      bool              `json:"hold" required:"false"`
	Leader    leaderBody        `json:"leader" doc:"Who answers for the group; need not be one of it."`
	Positions []visitorBody     `json:"positions" minItems:"1" maxItems:"500" doc:"Such as POST /api/v1/namelists made of a list."`
	Answers   ticketing.Answers `json:"answers" required:"false"` // to what an activity asks of an order

	RulesVersion *int64 `json:"rules_version" required:"false" doc:"Of the booking rules that the visitor was shown; other rules than those in force are refused."`
}

// groupLimit bounds a group's order, in bytes: 500 persons with long names.
const groupLimit = 256 << 10

// groupOperations are how a leader books: the list is read and reviewed first,
// and then booked.
func (a *api) groupOperations() {
	a.nameListOperations()
	handle(a, operation{
		method: http.MethodPost, path: groupPath, id: "submit-group-order", access: a.access.signedIn, status: http.StatusCreated,
		summary:  "Book places for a group with a leader",
		describe: "All or none, in one order, whatever the pool's limits for an order and an account.",
		codes:    append(bookingCodes(), ticketing.CodeRulesChanged), limit: groupLimit, rate: rateSubmit,
	}, a.bookGroup)
}

const groupPath = "/api/v1/orders/group"

func (a *api) bookGroup(ctx context.Context, r *request[none, groupBody]) (order, error) {
	o, err := a.service.BookGroup(ctx, r.call(), r.session().AccountID, ticketing.GroupBooking{
		Pool: r.body.Pool, Date: r.body.Date, Slot: r.body.Slot, Product: r.body.Product, Hold: r.body.Hold,
		LeaderName: r.body.Leader.Name, LeaderPhone: r.body.Leader.Phone, People: visitors(r.body.Positions),
		Answers: r.body.Answers, RulesVersion: r.body.RulesVersion, Channel: r.session().Channel,
	})
	return showOrder(o), err
}
