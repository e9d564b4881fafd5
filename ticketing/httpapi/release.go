package httpapi

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"fairgate/ticketing"
)

// releaseOperations are on the release of a day by stages.
func (a *api) releaseOperations() {
	codes := []ticketing.Code{ticketing.CodeNotFound, ticketing.CodeReleaseExceeds, ticketing.CodeDateUnavailable}
	handle(a, operation{
		method: http.MethodGet, path: "/internal/v1/pools/{pool}/release", id: "get-release", access: a.access.operations,
		summary: "How a day is released: its stages, and what is kept for channels", codes: codes,
	}, a.release)
	handle(a, operation{
		method: http.MethodPut, path: "/internal/v1/pools/{pool}/release", id: "put-release", access: a.access.operations,
		summary: "Set the stages by which a day is released", codes: append(codes, ticketing.CodeInvalidState),
	}, a.putRelease)
	handle(a, operation{
		method: http.MethodPost, path: "/internal/v1/pools/{pool}/release/{stage}", id: "change-stage", access: a.access.operations,
		summary: "Change, pause or bring forward a stage while the sale runs", describe: "With dry_run it shows how the release would stand.", codes: append(codes, ticketing.CodeInvalidState),
	}, a.changeStage)
}

type stageBody struct {
	At              *time.Time `json:"at" required:"false"`
	Quantity        int        `json:"quantity" required:"false"`
	Percent         int        `json:"percent" required:"false"`
	ReturnsTo       int        `json:"returns_to" required:"false"`
	MaxDelaySeconds int64      `json:"max_delay_seconds" required:"false"`
	Paused          bool       `json:"paused" required:"false"`
}

type stageStatus struct {
	Stage           int               `json:"stage"`
	At              ticketing.Millis  `json:"at"`
	FiredAt         *ticketing.Millis `json:"fired_at" nullable:"true"`
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

	Reserved   int               `json:"reserved"`   // of the withheld, for channels
	Allotments []allotmentStatus `json:"allotments"` // of channels
}

func showRelease(r ticketing.Release) releaseBody {
	out := releaseBody{
		Pool: r.Pool, Date: r.Date, Capacity: r.Capacity, Booked: r.Booked, Left: r.Left, Withheld: r.Withheld,
		Stages: make([]stageStatus, len(r.Stages)), Reserved: r.Reserved, Allotments: showAllotments(r.Allotments),
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

type inRelease struct {
	Pool string `path:"pool" doc:"The pool's id."`
	Date string `query:"date" doc:"The day, such as 2026-05-10."`
}

func (a *api) release(ctx context.Context, r *request[inRelease, none]) (releaseBody, error) {
	released, err := a.service.Release(ctx, r.params.Pool, r.params.Date)
	return showRelease(released), err
}

type stagesBody struct {
	Date   string      `json:"date"`
	Stages []stageBody `json:"stages"`
}

func (a *api) putRelease(ctx context.Context, r *request[inPool, stagesBody]) (releaseBody, error) {
	stages := make([]ticketing.StagePlan, len(r.body.Stages))
	for i, s := range r.body.Stages {
		stages[i] = ticketing.StagePlan{
			At: moment(s.At), Quantity: s.Quantity, Percent: s.Percent, ReturnsTo: s.ReturnsTo, Paused: s.Paused,
			MaxDelay: time.Duration(min(s.MaxDelaySeconds, maxSeconds)) * time.Second,
		}
	}
	released, err := a.service.PutRelease(ctx, r.operator(), r.params.Pool, r.body.Date, stages)
	return showRelease(released), err
}

type inStage struct {
	Pool  string `path:"pool" doc:"The pool's id."`
	Stage string `path:"stage" doc:"The stage's number, from 1."`
}

type stageChangeBody struct {
	Date     string     `json:"date"`
	Paused   *bool      `json:"paused" required:"false"`
	At       *time.Time `json:"at" required:"false"`
	Quantity *int       `json:"quantity" required:"false"`
	Percent  *int       `json:"percent" required:"false"`
	DryRun   bool       `json:"dry_run" required:"false" doc:"Show how the release would then stand, and change nothing."`
}

func (a *api) changeStage(ctx context.Context, r *request[inStage, stageChangeBody]) (releaseBody, error) {
	no, err := strconv.Atoi(r.params.Stage)
	if err != nil {
		return releaseBody{}, ticketing.ErrNotFound
	}
	released, err := a.service.ChangeStage(ctx, r.operator(), r.params.Pool, r.body.Date, no,
		ticketing.StageChange{Paused: r.body.Paused, At: r.body.At, Quantity: r.body.Quantity, Percent: r.body.Percent, DryRun: r.body.DryRun})
	return showRelease(released), err
}
