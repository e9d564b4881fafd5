package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"fairgate/ticketing"
	"fairgate/ticketing/document"
)

type visitorBody struct {
	Name     string `json:"name"`
	Phone    string `json:"phone" required:"false"`
	Product  string `json:"product" required:"false"`
	Document struct {
		Type        document.Type `json:"type"`
		Number      string        `json:"number"`
		Nationality string        `json:"nationality" required:"false"`
	} `json:"document"`
	Answers ticketing.Answers `json:"answers" required:"false"` // to what an activity asks of each position
}

func visitors(bodies []visitorBody) []ticketing.Visitor {
	out := make([]ticketing.Visitor, len(bodies))
	for i, b := range bodies {
		out[i] = ticketing.Visitor{
			Name: b.Name, Phone: b.Phone, Type: b.Document.Type, Number: b.Document.Number, Nationality: b.Document.Nationality,
			Product: b.Product, Answers: b.Answers,
		}
	}
	return out
}

type orderBody struct {
	Pool      string        `json:"pool"`
	Date      string        `json:"date"`
	Slot      string        `json:"slot" required:"false"`
	Hold      bool          `json:"hold" required:"false"`
	Positions []visitorBody `json:"positions"`

	Answers ticketing.Answers `json:"answers" required:"false"` // to what an activity asks of an order

	RulesVersion *int64 `json:"rules_version" required:"false" doc:"Of the booking rules that the visitor was shown; other rules than those in force are refused."`
}

type transferBody struct {
	ToAccountID string        `json:"to_account_id" required:"false"`
	ToPhone     string        `json:"to_phone" required:"false"`
	Positions   []visitorBody `json:"positions" required:"false"`
}

// order is an order as its owner and the house see it.
type order struct {
	ID               string            `json:"order_id"`
	AccountID        string            `json:"account_id"`
	Pool             string            `json:"pool"`
	Date             ticketing.Date    `json:"date"`
	Slot             ticketing.Clock   `json:"slot,omitempty"`
	State            ticketing.State   `json:"state"`
	Leader           *leader           `json:"leader,omitempty"` // of a group
	Positions        []position        `json:"positions"`
	TotalFen         int64             `json:"total_fen"`
	RulesVersion     int64             `json:"rules_version"` // of the booking rules that it was made under; 0 = there were none
	CreatedAt        ticketing.Millis  `json:"created_at"`
	HoldExpiresAt    *ticketing.Millis `json:"hold_expires_at" nullable:"true"`
	ProvisionalUntil *ticketing.Millis `json:"provisional_until" nullable:"true"`
	PaidAt           *ticketing.Millis `json:"paid_at" nullable:"true"`
	ReasonCode       string            `json:"reason_code,omitempty"` // why the house withdrew it
	Receipt          string            `json:"receipt,omitempty"`     // to appeal with
	Answers          []fieldAnswer     `json:"answers,omitempty"`     // to what an activity asks
	Channel          string            `json:"channel,omitempty"`     // that sold it
	Notice           string            `json:"notice,omitempty" enum:"queued,sent,failed,none" doc:"Whether the visitor was told of the withdrawal or reinstatement."`
}

type position struct {
	ID             string        `json:"position_id"`
	NameMasked     string        `json:"name_masked"`
	DocumentType   document.Type `json:"document_type"`
	DocumentMasked string        `json:"document_masked"`
	Product        string        `json:"product,omitempty"`
	AdultID        string        `json:"adult_position_id,omitempty"` // whom a minor is tied to
	Ticket         string        `json:"ticket,omitempty"`            // what the QR code says; for the owner alone
	Answers        []fieldAnswer `json:"answers,omitempty"`

	WarningZH string `json:"document_warning_zh,omitempty" doc:"What is odd about the number; told once, when it is booked."`
	WarningEN string `json:"document_warning_en,omitempty"`
}

func showOrder(o ticketing.Order) order {
	out := order{
		ID: o.ID, AccountID: o.AccountID, Pool: o.Pool, Date: o.Date, Slot: o.Slot, State: o.State, TotalFen: o.TotalFen, RulesVersion: o.RulesVersion,
		Positions: make([]position, len(o.Positions)), CreatedAt: ticketing.Millis{Time: o.CreatedAt},
		Notice: string(o.Notice), HoldExpiresAt: optional(o.HoldExpiresAt), ProvisionalUntil: optional(o.ProvisionalUntil), PaidAt: optional(o.PaidAt),
	}
	for i, p := range o.Positions {
		out.Positions[i] = position{ID: p.ID, NameMasked: p.NameMasked, DocumentType: p.DocumentType, DocumentMasked: p.DocumentMasked, Product: p.Product, AdultID: p.AdultID, WarningZH: p.WarningZH, WarningEN: p.WarningEN}
	}
	if o.Leader.NameMasked != "" {
		out.Leader = &leader{NameMasked: o.Leader.NameMasked, PhoneMasked: o.Leader.PhoneMasked}
	}
	if o.State == ticketing.StateWithdrawn {
		out.ReasonCode, out.Receipt = o.Withdrawal.ReasonCode, o.Withdrawal.Receipt
	}
	out.showAnswers(o.Answers)
	out.Channel = o.Channel
	return out
}

type orderList struct {
	Orders []order `json:"orders"`
	Next   string  `json:"next,omitempty" doc:"Where the following page begins, as after; absent on the last page."`
}

func showOrders(orders []ticketing.Order, next string) orderList {
	shown := orderList{Orders: make([]order, len(orders)), Next: next}
	for i, o := range orders {
		shown.Orders[i] = showOrder(o)
	}
	return shown
}

// optional shows a zero time as null.
func optional(t time.Time) *ticketing.Millis {
	if t.IsZero() {
		return nil
	}
	return &ticketing.Millis{Time: t}
}

// moment is one that a body may leave out, in UTC; zero where it does.
func moment(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

type day struct {
	Date     ticketing.Date `json:"date"`
	Capacity int            `json:"capacity"`
	Left     int            `json:"left"`
	Slots    []slot         `json:"slots,omitempty"` // absent on a day without slots

	OpensAt *ticketing.Millis `json:"opens_at,omitempty"` // booking of the day; absent = at any time
}

type slot struct {
	Start    ticketing.Clock `json:"start"`
	End      ticketing.Clock `json:"end"`
	Capacity int             `json:"capacity"`
	Left     int             `json:"left"`
}

func showSlots(slots []ticketing.Slot) []slot {
	out := make([]slot, len(slots))
	for i, s := range slots {
		out[i] = slot{Start: s.Start, End: s.End, Capacity: s.Capacity, Left: s.Left}
	}
	return out
}

type stock struct {
	Pool    string `json:"pool"`
	Version int64  `json:"version"`
	Days    []day  `json:"days"`
}

func showStock(s ticketing.Stock) stock {
	out := stock{Pool: s.Pool, Version: s.Version, Days: make([]day, len(s.Days))}
	for i, d := range s.Days {
		out.Days[i] = day{Date: d.Date, Capacity: d.Capacity, Left: d.Left, Slots: showSlots(d.Slots), OpensAt: optional(d.OpensAt)}
	}
	return out
}

type pool struct {
	ID            string              `json:"pool"`
	Kind          ticketing.PoolKind  `json:"kind"`
	Name          string              `json:"name"`
	NameEN        string              `json:"name_en,omitempty"`
	PriceFen      int64               `json:"price_fen"`
	LimitPerOrder int                 `json:"limit_per_order"`
	HoldSeconds   int64               `json:"hold_seconds"`
	CutoffSeconds int64               `json:"provisional_cutoff_seconds"`
	RulesVersion  int64               `json:"rules_version"` // of the booking rules in force: what a booking may state
	OpensAt       *ticketing.Millis   `json:"opens_at" nullable:"true"`
	Rules         *ticketing.Rules    `json:"rules,omitempty"`
	Products      []product           `json:"products,omitempty"`
	Activity      *ticketing.Activity `json:"activity,omitempty"`
}

func showPool(p ticketing.Pool) pool {
	out := pool{
		ID: p.ID, Name: p.Name, PriceFen: p.PriceFen, LimitPerOrder: p.LimitPerOrder,
		HoldSeconds: int64(p.Hold / time.Second), CutoffSeconds: int64(p.Cutoff / time.Second), OpensAt: optional(p.OpensAt),
		Products: showProducts(p.Products), Kind: p.Kind, NameEN: p.NameEN, Activity: p.Activity,
	}
	if p.Rules != (ticketing.Rules{}) {
		out.Rules = &p.Rules
	}
	return out
}

type poolBody struct {
	Name          string     `json:"name"`
	PriceFen      int64      `json:"price_fen" required:"false"`
	LimitPerOrder int        `json:"limit_per_order" required:"false"`
	HoldSeconds   int64      `json:"hold_seconds" required:"false"`
	CutoffSeconds int64      `json:"provisional_cutoff_seconds" required:"false"`
	OpensAt       *time.Time `json:"opens_at" required:"false"`
	Days          []dayBody  `json:"days" required:"false"`
	Products      *[]product `json:"products" required:"false"`
	Rules         *rulesBody `json:"rules" required:"false"`

	Kind     *ticketing.PoolKind `json:"kind" required:"false"`
	NameEN   *string             `json:"name_en" required:"false"`
	Activity *ticketing.Activity `json:"activity" required:"false"`
}

type dayBody struct {
	Date     string     `json:"date"`
	Capacity int        `json:"capacity" required:"false"`
	Slots    []slotBody `json:"slots" required:"false"`
	OpensAt  settable   `json:"opens_at" required:"false"`
}

type slotBody struct {
	Start    string `json:"start"`
	End      string `json:"end"`
	Capacity int    `json:"capacity"`
}

func slotCapacities(bodies []slotBody) []ticketing.SlotCapacity {
	out := make([]ticketing.SlotCapacity, len(bodies))
	for i, s := range bodies {
		out[i] = ticketing.SlotCapacity{Start: s.Start, End: s.End, Capacity: s.Capacity}
	}
	return out
}

func (b dayBody) capacity() ticketing.DayCapacity {
	return ticketing.DayCapacity{Date: b.Date, Capacity: b.Capacity, Slots: slotCapacities(b.Slots), OpensAt: b.OpensAt.value()}
}

// maxSeconds keeps a number of seconds from overflowing a Duration.
const maxSeconds = int64(1) << 32

func (b poolBody) change(id string) ticketing.PoolChange {
	change := ticketing.PoolChange{Pool: ticketing.Pool{
		ID: id, Name: b.Name, PriceFen: b.PriceFen, LimitPerOrder: b.LimitPerOrder,
		Hold:   time.Duration(min(b.HoldSeconds, maxSeconds)) * time.Second,
		Cutoff: time.Duration(min(b.CutoffSeconds, maxSeconds)) * time.Second, OpensAt: moment(b.OpensAt),
	}, Kind: b.Kind, NameEN: b.NameEN, Activity: b.Activity}
	if b.Products != nil {
		change.Products = products(*b.Products)
	}
	if b.Rules != nil {
		change.Rules = (*ticketing.Rules)(b.Rules)
	}
	for _, d := range b.Days {
		change.Days = append(change.Days, d.capacity())
	}
	return change
}

// decode reads a JSON body strictly: one value, known fields only.
func decode(c *fiber.Ctx, into any) error {
	body := c.BodyRaw() // never decompressed: the limit and the signature are of these bytes
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return badJSON(err)
	}
	if err := decoder.Decode(&struct{}{}); !errors.Is(err, io.EOF) {
		return refuse(fiber.StatusBadRequest, codeInvalidJSON, "", "more than one JSON value")
	}
	return nil
}

// maxFieldName bounds what is repeated of a field that nobody knows, in bytes.
const maxFieldName = 64

// badJSON names the field or the place of the mistake.
func badJSON(err error) error {
	var (
		kind   *json.UnmarshalTypeError
		syntax *json.SyntaxError
	)
	switch {
	case errors.As(err, &kind):
		return refuse(fiber.StatusBadRequest, codeInvalidJSON, kind.Field, "want "+kind.Type.String()+", got a JSON "+kind.Value)
	case errors.As(err, &syntax):
		return refuse(fiber.StatusBadRequest, codeInvalidJSON, "", "at byte "+strconv.FormatInt(syntax.Offset, 10)+": "+syntax.Error())
	case errors.Is(err, io.EOF):
		return refuse(fiber.StatusBadRequest, codeInvalidJSON, "", "a JSON body is needed, got an empty one")
	}
	if quoted, unknown := strings.CutPrefix(err.Error(), "json: unknown field "); unknown {
		if name, err := strconv.Unquote(quoted); err == nil {
			name = strings.ToValidUTF8(name[:min(len(name), maxFieldName)], "")
			return refuse(fiber.StatusBadRequest, codeInvalidJSON, name, "there is no such field here")
		}
	}
	return refuse(fiber.StatusBadRequest, codeInvalidJSON, "", err.Error())
}
