package ticketing

import (
	"context"
	"time"
)

// Stage is one step of the release of a day's places. Before it fires its
// places are planned; then they are released and can be booked, unless it is
// paused. A place that is given back leaves its stage and returns to a later
// one, after a delay that nobody can foretell.
type Stage struct {
	No        int // from 1; the day's stages are numbered without gaps
	At        time.Time
	Quantity  int           // places of the day, shared out over its slots by their capacity; or
	Percent   int           // … of each slot's capacity
	ReturnsTo int           // the stage that returned places go to
	MaxDelay  time.Duration // a returned place waits up to so long, at random
	Paused    bool
	FiredAt   time.Time // zero = not yet
	Parts     []StagePart
}

// StagePart is what a stage has of one slot; Slot is empty on a day without
// slots.
type StagePart struct {
	Slot      Clock
	Planned   int // still to be released
	Released  int // so far, without what went back
	Taken     int // of the released places, held or sold
	Returning int // on their way to this stage
}

// left is how many places of the part can be booked when its stage is open.
func (p StagePart) left() int { return p.Released - p.Taken }

// promised is how many unbooked places the part stands for.
func (p StagePart) promised() int { return p.Planned + p.Returning + p.left() }

// StageKey names one stage.
type StageKey struct {
	Pool string
	Date Date
	No   int
}

// Return is one place on its way back. From is the stage it was taken from, 0
// if it was booked before there were stages.
type Return struct {
	ID    string
	Place Place
	From  int
	To    int
	Delay time.Duration // after the stage has fired
	DueAt time.Time     // zero while the stage has not
}

// StageCount says how many places of a stage stand in orders of a state.
type StageCount struct {
	Stage  int
	State  State
	Places int
}

// ReleaseReader reads the stages of days. Stages are in order of number, their
// parts in order of slot; the Due methods list what is to happen by now, oldest
// first, and leave out what is paused.
type ReleaseReader interface {
	Stages(ctx context.Context, pool string, day Date) ([]Stage, error)
	StageCounts(ctx context.Context, pool string, day Date) ([]StageCount, error)
	DueStages(ctx context.Context, now time.Time, limit int) ([]StageKey, error)
	DueReturns(ctx context.Context, now time.Time, limit int) ([]Return, error)
}

// ReleaseWriter changes them. PutStages puts these stages in the place of the
// day's, none = all places can be booked; the caller has seen to it that they
// promise no more than is there. FireStage and LandReturn do nothing where
// that has been done. SetStages writes which stage each position of an order is
// from.
type ReleaseWriter interface {
	PutStages(ctx context.Context, pool string, day Date, stages []Stage) error
	FireStage(ctx context.Context, key StageKey, now time.Time) error
	QueueReturn(ctx context.Context, r Return) error
	LandReturn(ctx context.Context, r Return) error
	SetStages(ctx context.Context, o Order) error
}

// take takes the places of positions that are to stand there: first what the
// channel has of its own, then of general sale. It notes which stage each is
// from.
func (w *work) take(ctx context.Context, pool Pool, channel string, at Place, positions []Position) error {
	wanted := Order{Positions: positions}.Places()
	own, err := w.takeOwn(ctx, pool, channel, at, wanted)
	if err != nil {
		return err
	}
	stages := make([]int, own, wanted)
	for i := range stages {
		stages[i] = StageAllotment
	}
	if own == 0 || own < wanted {
		general, err := w.TakePlaces(ctx, at, wanted-own)
		if err != nil {
			return err
		}
		stages = append(stages, general...)
	}
	for i := range positions {
		positions[i].Stage = 0
		if positions[i].Places > 0 && len(stages) > 0 {
			positions[i].Stage, stages = stages[0], stages[1:]
		}
	}
	return nil
}

// giveBack returns the places of positions: to the channel's allotment, where
// they are of it and its time is not over; else to the day, or, where it is
// released by stages, each to the stage that its own returns to.
func (w *work) giveBack(ctx context.Context, channel string, at Place, all []Position) error {
	positions, err := w.returnOwn(ctx, channel, at, all)
	if err != nil || len(positions) == 0 {
		return err
	}
	staged, err := w.ReturnPlaces(ctx, at, Order{Positions: positions}.Places())
	if err != nil || !staged {
		return err
	}
	stages, err := w.Stages(ctx, at.Pool, at.Date)
	if err != nil || len(stages) == 0 {
		return err
	}
	for _, p := range positions {
		if p.Places == 0 {
			continue
		}
		to := stages[len(stages)-1]
		if p.Stage > 0 && p.Stage <= len(stages) {
			to = stages[stages[p.Stage-1].ReturnsTo-1]
		}
		id, err := newID()
		if err != nil {
			return err
		}
		back := Return{ID: id, Place: at, From: p.Stage, To: to.No, Delay: w.delay(to.MaxDelay)}
		if !to.FiredAt.IsZero() {
			back.DueAt = w.now.Add(back.Delay)
		}
		if err := w.QueueReturn(ctx, back); err != nil {
			return err
		}
	}
	return nil
}
