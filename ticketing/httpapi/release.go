package httpapi

import (
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"fairgate/ticketing"
)

// routeRelease mounts the release of a day by stages.
func (a *api) routeRelease(r fiber.Router, operations fiber.Handler) {
	r.Get("/pools/:pool/release", operations, a.release)
	r.Put("/pools/:pool/release", operations, a.putRelease)
	r.Post("/pools/:pool/release/:stage", operations, a.changeStage)
}

type stageBody struct {
	At              *time.Time `json:"at"`
	Quantity        int        `json:"quantity"`
	Percent         int        `json:"percent"`
	ReturnsTo       int        `json:"returns_to"`
	MaxDelaySeconds int64      `json:"max_delay_seconds"`
	Paused          bool       `json:"paused"`
}

type stageStatus struct {
	Stage           int               `json:"stage"`
	At              ticketing.Millis  `json:"at"`
	FiredAt         *ticketing.Millis `json:"fired_at"`
	Paused          bool              `json:"paused"`
	Quantity        int               `json:"quantity,omitempty"`
	Percent         int               `json:"percent,omitempty"`
	ReturnsTo       int               `json:"returns_to"`
	MaxDelaySeconds int64             `json:"max_delay_seconds"`
	Planned         int               `json:"planned"` // still to be released
	Released        int               `json:"released"`
	Held            int               `json:"held"`
	Sold            int               `json:"sold"`
	Left            int               `json:"left"`
	Returning       int               `json:"returning"` // on their way to this stage
}

type releaseBody struct {
	Pool     string         `json:"pool"`
	Date     ticketing.Date `json:"date"`
	Capacity int            `json:"capacity"`
	Booked   int            `json:"booked"`
	Left     int            `json:"left"`     // to be booked now
	Withheld int            `json:"withheld"` // neither booked nor to be booked now
	Stages   []stageStatus  `json:"stages"`
}

func showRelease(r ticketing.Release) releaseBody {
	out := releaseBody{
		Pool: r.Pool, Date: r.Date, Capacity: r.Capacity, Booked: r.Booked, Left: r.Left, Withheld: r.Withheld,
		Stages: make([]stageStatus, len(r.Stages)),
	}
	for i, s := range r.Stages {
		out.Stages[i] = stageStatus{
			Stage: s.No, At: ticketing.Millis{Time: s.At}, FiredAt: optional(s.FiredAt), Paused: s.Paused, Quantity: s.Quantity,
			Percent: s.Percent, ReturnsTo: s.ReturnsTo, MaxDelaySeconds: int64(s.MaxDelay / time.Second),
			Planned: s.Planned, Released: s.Released, Held: s.Held, Sold: s.Sold, Left: s.Left, Returning: s.Returning,
		}
	}
	return out
}

func (a *api) release(c *fiber.Ctx) error {
	r, err := a.service.Release(c.UserContext(), c.Params("pool"), c.Query("date"))
	if err != nil {
		return err
	}
	return c.JSON(showRelease(r))
}

func (a *api) putRelease(c *fiber.Ctx) error {
	var body struct {
		Date   string      `json:"date"`
		Stages []stageBody `json:"stages"`
	}
	if err := decode(c, &body); err != nil {
		return err
	}
	stages := make([]ticketing.StagePlan, len(body.Stages))
	for i, s := range body.Stages {
		stages[i] = ticketing.StagePlan{
			Quantity: s.Quantity, Percent: s.Percent, ReturnsTo: s.ReturnsTo, Paused: s.Paused,
			MaxDelay: time.Duration(min(s.MaxDelaySeconds, maxSeconds)) * time.Second,
		}
		if s.At != nil {
			stages[i].At = s.At.UTC()
		}
	}
	r, err := a.service.PutRelease(c.UserContext(), operator(c), c.Params("pool"), body.Date, stages)
	if err != nil {
		return err
	}
	return c.JSON(showRelease(r))
}

func (a *api) changeStage(c *fiber.Ctx) error {
	var body struct {
		Date     string     `json:"date"`
		Paused   *bool      `json:"paused"`
		At       *time.Time `json:"at"`
		Quantity *int       `json:"quantity"`
		Percent  *int       `json:"percent"`
	}
	if err := decode(c, &body); err != nil {
		return err
	}
	no, err := strconv.Atoi(c.Params("stage"))
	if err != nil {
		return ticketing.ErrNotFound
	}
	r, err := a.service.ChangeStage(c.UserContext(), operator(c), c.Params("pool"), body.Date, no,
		ticketing.StageChange{Paused: body.Paused, At: body.At, Quantity: body.Quantity, Percent: body.Percent})
	if err != nil {
		return err
	}
	return c.JSON(showRelease(r))
}
