package ticketing

import (
	"context"
	"time"
)

// Release is how the release of a day stands. Booked, left and withheld places
// are the capacity.
type Release struct {
	Pool     string
	Date     Date
	Capacity int
	Booked   int
	Left     int
	Withheld int
	Reserved int // of the withheld, for channels
	Stages   []StageStatus

	Allotments []Allotment
}

// StageStatus is how one stage stands. Left places of a paused stage cannot be
// booked until it is resumed.
type StageStatus struct {
	Stage
	Planned   int
	Released  int
	Held      int
	Sold      int
	Left      int
	Returning int
}

func readRelease(ctx context.Context, r Reader, pool string, date Date) (Release, error) {
	day, err := theDay(ctx, r, pool, date)
	if err != nil {
		return Release{}, err
	}
	stages, err := r.Stages(ctx, pool, date)
	if err != nil {
		return Release{}, err
	}
	counts, err := r.StageCounts(ctx, pool, date)
	if err != nil {
		return Release{}, err
	}
	allotments, err := r.Allotments(ctx, pool, date)
	if err != nil {
		return Release{}, err
	}
	out := Release{
		Pool: pool, Date: date, Capacity: day.Capacity, Booked: day.Capacity - day.Left - day.Withheld,
		Left: day.Left, Withheld: day.Withheld, Reserved: day.Reserved, Allotments: allotments, Stages: make([]StageStatus, len(stages)),
	}
	for i, stage := range stages {
		status := StageStatus{Stage: stage}
		for _, p := range stage.Parts {
			status.Planned += p.Planned
			status.Released += p.Released
			status.Left += p.left()
			status.Returning += p.Returning
		}
		for _, c := range counts {
			switch {
			case c.Stage != stage.No:
			case c.State == StateHeld:
				status.Held += c.Places
			default:
				status.Sold += c.Places
			}
		}
		out.Stages[i] = status
	}
	return out, nil
}

// stageRecord is a stage as the audit shows it.
type stageRecord struct {
	Date      Date      `json:"date"`
	Stage     int       `json:"stage"`
	At        time.Time `json:"at"`
	Quantity  int       `json:"quantity,omitempty"`
	Percent   int       `json:"percent,omitempty"`
	ReturnsTo int       `json:"returns_to"`
	MaxDelay  int64     `json:"max_delay_seconds,omitempty"`
	Paused    bool      `json:"paused,omitempty"`
}

func stageRecords(date Date, stages []Stage) []stageRecord {
	var out []stageRecord
	for _, s := range stages {
		out = append(out, stageRecord{
			Date: date, Stage: s.No, At: s.At, Quantity: s.Quantity, Percent: s.Percent, ReturnsTo: s.ReturnsTo,
			MaxDelay: int64(s.MaxDelay / time.Second), Paused: s.Paused,
		})
	}
	return out
}
