package httpapi

import (
	"context"

	"fairgate/ticketing"
)

// offerBody is what an open day offers.
type offerBody struct {
	Capacity int        `json:"capacity" required:"false"`
	Slots    []slotBody `json:"slots" required:"false"`
}

func (b offerBody) offer() ticketing.Offer {
	return ticketing.Offer{Capacity: b.Capacity, Slots: slotCapacities(b.Slots)}
}

type planBody struct {
	Month     string               `json:"month"`
	DryRun    bool                 `json:"dry_run" required:"false"`
	Open      offerBody            `json:"open" required:"false"`
	Weekdays  []string             `json:"weekdays" required:"false"`
	ByWeekday map[string]offerBody `json:"by_weekday" required:"false"`
	Holidays  []string             `json:"holidays" required:"false"`
	Holiday   *offerBody           `json:"holiday" required:"false"`
	Closed    []string             `json:"closed" required:"false"`
	Special   []dayBody            `json:"special" required:"false"`
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

type planned struct {
	DryRun bool                         `json:"dry_run"`
	Counts map[ticketing.PlanAction]int `json:"counts"`
	Days   []plannedDay                 `json:"days"`
}

func (a *api) plan(ctx context.Context, r *request[inPool, planBody]) (planned, error) {
	days, err := a.service.Plan(ctx, r.operator(), r.params.Pool, r.body.plan())
	shown := planned{DryRun: r.body.DryRun, Counts: map[ticketing.PlanAction]int{}, Days: make([]plannedDay, len(days))}
	for i, d := range days {
		shown.Days[i] = showPlanned(d)
		shown.Counts[d.Action]++
	}
	return shown, err
}
