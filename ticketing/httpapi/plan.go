package httpapi

import (
	"github.com/gofiber/fiber/v2"

	"fairgate/ticketing"
)

// offerBody is what an open day offers.
type offerBody struct {
	Capacity int        `json:"capacity"`
	Slots    []slotBody `json:"slots"`
}

func (b offerBody) offer() ticketing.Offer {
	return ticketing.Offer{Capacity: b.Capacity, Slots: slotCapacities(b.Slots)}
}

type planBody struct {
	Month     string               `json:"month"`
	DryRun    bool                 `json:"dry_run"`
	Open      offerBody            `json:"open"`
	Weekdays  []string             `json:"weekdays"`
	ByWeekday map[string]offerBody `json:"by_weekday"`
	Holidays  []string             `json:"holidays"`
	Holiday   *offerBody           `json:"holiday"`
	Closed    []string             `json:"closed"`
	Special   []dayBody            `json:"special"`
}

func (b planBody) plan() ticketing.OpeningPlan {
	p := ticketing.OpeningPlan{
		Month: b.Month, DryRun: b.DryRun, Open: b.Open.offer(), Weekdays: b.Weekdays, Holidays: b.Holidays, Closed: b.Closed,
		ByWeekday: make(map[string]ticketing.Offer, len(b.ByWeekday)),
	}
	for name, offer := range b.ByWeekday {
		p.ByWeekday[name] = offer.offer()
	}
	if b.Holiday != nil {
		offer := b.Holiday.offer()
		p.Holiday = &offer
	}
	for _, d := range b.Special {
		p.Special = append(p.Special, d.capacity())
	}
	return p
}

type plannedDay struct {
	Date   ticketing.Date       `json:"date"`
	Action ticketing.PlanAction `json:"action"`
	Before *day                 `json:"before"`
	After  day                  `json:"after"`
	Reason string               `json:"reason,omitempty"`
}

// showPlanned shows a planned day. What will be left is not foretold: After has
// the capacity twice where nothing is booked yet.
func showPlanned(d ticketing.PlannedDay) plannedDay {
	out := plannedDay{Date: d.Date, Action: d.Action, Reason: d.Reason}
	booked := 0
	if d.Before != nil {
		out.Before = &day{Date: d.Date, Capacity: d.Before.Capacity, Left: d.Before.Left, Slots: showSlots(d.Before.Slots)}
		booked = d.Before.Capacity - d.Before.Left - d.Before.Withheld
	}
	out.After = day{Date: d.Date, Capacity: d.After.Capacity}
	if len(d.After.Slots) > 0 {
		out.After.Capacity = 0
	}
	for _, s := range d.After.Slots {
		out.After.Capacity += s.Capacity
	}
	out.After.Left = max(0, out.After.Capacity-booked)
	return out
}

func (a *api) plan(c *fiber.Ctx) error {
	var body planBody
	if err := decode(c, &body); err != nil {
		return err
	}
	days, err := a.service.Plan(c.UserContext(), operator(c), c.Params("pool"), body.plan())
	if err != nil {
		return err
	}
	shown, counts := make([]plannedDay, len(days)), map[ticketing.PlanAction]int{}
	for i, d := range days {
		shown[i] = showPlanned(d)
		counts[d.Action]++
	}
	return c.JSON(fiber.Map{"dry_run": body.DryRun, "counts": counts, "days": shown})
}
