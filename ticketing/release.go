package ticketing

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// StagePlan is a stage as the house wants it: either a quantity or a share.
// ReturnsTo 0 means the next stage, and for the last itself.
type StagePlan struct {
	At        time.Time
	Quantity  int
	Percent   int
	ReturnsTo int
	MaxDelay  time.Duration
	Paused    bool
}

// Bounds of a day's release.
const (
	maxStages = 50
	maxDelay  = 7 * 24 * time.Hour
)

// validateStages names the first field that is wrong.
func validateStages(stages []StagePlan) error {
	if len(stages) > maxStages {
		return invalidField("stages", "want at most %d, got %d", maxStages, len(stages))
	}
	percent := 0
	for i, s := range stages {
		field := fmt.Sprintf("stages[%d]", i)
		if s.At.IsZero() {
			return invalidField(field+".at", "want the time of release")
		}
		if (s.Quantity == 0) == (s.Percent == 0) {
			return invalidField(field+".quantity", "want either a quantity or a percent")
		}
		if s.Quantity < 0 || s.Quantity > maxCapacity {
			return invalidField(field+".quantity", "want 1 to %d, got %d", maxCapacity, s.Quantity)
		}
		if s.Percent < 0 || s.Percent > 100 {
			return invalidField(field+".percent", "want 1 to 100, got %d", s.Percent)
		}
		if percent += s.Percent; percent > 100 {
			return &Error{Code: CodeReleaseExceeds, Field: field + ".percent", Detail: fmt.Sprintf("the shares add up to %d percent", percent)}
		}
		if first := min(i+2, len(stages)); s.ReturnsTo != 0 && (s.ReturnsTo < first || s.ReturnsTo > len(stages)) {
			return invalidField(field+".returns_to", "want a later stage up to %d, got %d", len(stages), s.ReturnsTo)
		}
		if s.MaxDelay < 0 || s.MaxDelay > maxDelay {
			return invalidField(field+".max_delay_seconds", "want 0 to %d, got %d", int(maxDelay/time.Second), int(s.MaxDelay/time.Second))
		}
	}
	return nil
}

// PutRelease sets the stages by which a day's places are released; none lifts
// the release, and all places can be booked. While a sale runs, stages that
// have fired keep their time and places and must stay where they stand in the
// list, but can be paused and resumed; all others can be changed, brought
// forward or dropped. It fails with ErrNotFound, ErrInvalidField,
// ErrDateUnavailable (no such day) or ErrReleaseExceeds, and then changes
// nothing.
func (s *Service) PutRelease(ctx context.Context, call Call, pool, date string, stages []StagePlan) (Release, error) {
	day, err := ParseDate(date)
	if err != nil {
		return Release{}, invalidField("date", "%v", err)
	}
	if err := validateStages(stages); err != nil {
		return Release{}, err
	}
	return s.restage(ctx, call, pool, day, false, func([]Stage) ([]StagePlan, error) { return stages, nil })
}

// StageChange changes one stage; what is nil stays.
type StageChange struct {
	Paused   *bool
	At       *time.Time
	Quantity *int
	Percent  *int
	// DryRun shows how the release would stand, and changes nothing.
	DryRun bool
}

// ChangeStage pauses, resumes, brings forward or resizes one stage of a day. It
// fails as PutRelease does, and with ErrNotFound for a stage there is not.
func (s *Service) ChangeStage(ctx context.Context, call Call, pool, date string, no int, change StageChange) (Release, error) {
	day, err := ParseDate(date)
	if err != nil {
		return Release{}, invalidField("date", "%v", err)
	}
	return s.restage(ctx, call, pool, day, change.DryRun, func(old []Stage) ([]StagePlan, error) {
		if no < 1 || no > len(old) {
			return nil, ErrNotFound
		}
		if !old[no-1].FiredAt.IsZero() && (change.At != nil || change.Quantity != nil || change.Percent != nil) {
			return nil, invalidField("stage", "stage %d has fired: it can only be paused and resumed", no)
		}
		plans := make([]StagePlan, len(old))
		for i, o := range old {
			plans[i] = StagePlan{At: o.At, Quantity: o.Quantity, Percent: o.Percent, ReturnsTo: o.ReturnsTo, MaxDelay: o.MaxDelay, Paused: o.Paused}
		}
		p := &plans[no-1]
		if change.Paused != nil {
			p.Paused = *change.Paused
		}
		if change.At != nil {
			p.At = *change.At
		}
		if change.Quantity != nil {
			p.Quantity, p.Percent = *change.Quantity, 0
		}
		if change.Percent != nil {
			p.Quantity, p.Percent = 0, *change.Percent
		}
		return plans, validateStages(plans)
	})
}

// restage puts wanted stages in the place of a day's and audits it; dry, it shows
// how the release would then stand, and changes nothing.
func (s *Service) restage(ctx context.Context, call Call, pool string, date Date, dry bool, want func([]Stage) ([]StagePlan, error)) (Release, error) {
	change := func(ctx context.Context, w *work) (Release, error) {
		day, err := theDay(ctx, w, pool, date)
		if err != nil {
			return Release{}, err
		}
		old, err := w.Stages(ctx, pool, date)
		if err != nil {
			return Release{}, err
		}
		plans, err := want(old)
		if err != nil {
			return Release{}, err
		}
		next, err := arrange(day, old, plans)
		if err != nil {
			return Release{}, err
		}
		if err := w.PutStages(ctx, pool, date, next); err != nil {
			return Release{}, err
		}
		if err := w.record(ctx, pool, "release", stageRecords(date, old), stageRecords(date, next)); err != nil {
			return Release{}, err
		}
		return readRelease(ctx, w, pool, date)
	}
	if dry {
		var preview Release
		err := s.store.Update(ctx, func(ctx context.Context, tx Tx) (err error) {
			if preview, err = change(ctx, &work{Tx: tx, now: s.now(), call: call}); err != nil {
				return err
			}
			return errDryRun
		})
		if errors.Is(err, errDryRun) {
			err = nil
		}
		return preview, err
	}
	release, err := once(ctx, s, call, "operations", change)
	if err == nil {
		s.forget(pool)
	}
	return release, err
}

// theDay finds one day of a pool.
func theDay(ctx context.Context, r PoolReader, pool string, date Date) (Day, error) {
	if _, err := r.Pool(ctx, pool); err != nil {
		return Day{}, err
	}
	days, err := r.Days(ctx, pool, date)
	if err != nil {
		return Day{}, err
	}
	if len(days) == 0 || days[0].Date != date {
		return Day{}, ErrDateUnavailable
	}
	return days[0], nil
}

// arrange works out the stages that plans make of a day.
func arrange(day Day, old []Stage, plans []StagePlan) ([]Stage, error) {
	if len(plans) == 0 {
		return nil, nil
	}
	for _, o := range old[min(len(plans), len(old)):] {
		busy := slices.ContainsFunc(o.Parts, func(p StagePart) bool { return p.Returning > 0 })
		if busy || !o.FiredAt.IsZero() {
			return nil, invalidField("stages", "stage %d has fired, or places return to it: it cannot be dropped", o.No)
		}
	}
	places := day.parts()
	next, percent := make([]Stage, len(plans)), 0
	for i, p := range plans {
		stage := Stage{
			No: i + 1, At: p.At.UTC().Truncate(time.Millisecond), Quantity: p.Quantity, Percent: p.Percent,
			ReturnsTo: p.ReturnsTo, MaxDelay: p.MaxDelay, Paused: p.Paused,
		}
		if stage.ReturnsTo == 0 {
			stage.ReturnsTo = min(i+2, len(plans))
		}
		var was *Stage
		if i < len(old) {
			was = &old[i]
		}
		if was != nil && !was.FiredAt.IsZero() {
			stage.At, stage.Quantity, stage.Percent, stage.FiredAt = was.At, was.Quantity, was.Percent, was.FiredAt
		}
		stage.Parts = shareOut(stage, was, places, percent)
		percent += stage.Percent
		next[i] = stage
	}
	return next, fits(places, next)
}

// parts are the day's slots, or the day as its one implicit slot.
func (d Day) parts() []Slot {
	if len(d.Slots) > 0 {
		return d.Slots
	}
	return []Slot{{Capacity: d.Capacity, Left: d.Left, Withheld: d.Withheld, Reserved: d.Reserved}}
}

// shareOut divides a stage's places over the slots. Shares and parts are cut
// from running sums, so that what is rounded off one goes to the next. before
// is the percentage of the stages before it.
func shareOut(stage Stage, was *Stage, slots []Slot, before int) []StagePart {
	total, sum := 0, 0
	for _, s := range slots {
		total += s.Capacity
	}
	parts := make([]StagePart, len(slots))
	for i, s := range slots {
		part := StagePart{Slot: s.Start}
		if was != nil {
			if k := slices.IndexFunc(was.Parts, func(p StagePart) bool { return p.Slot == s.Start }); k >= 0 {
				part = was.Parts[k]
			}
		}
		switch {
		case !stage.FiredAt.IsZero():
		case stage.Percent > 0:
			part.Planned = s.Capacity*(before+stage.Percent)/100 - s.Capacity*before/100
		case total > 0:
			part.Planned = stage.Quantity*(sum+s.Capacity)/total - stage.Quantity*sum/total
		default:
			part.Planned = 0
			if i == 0 {
				part.Planned = stage.Quantity // more than there is: refused with the numbers
			}
		}
		sum += s.Capacity
		parts[i] = part
	}
	return parts
}

// fits refuses stages that promise more places than are unbooked.
func fits(slots []Slot, stages []Stage) error {
	for i, slot := range slots {
		promised := 0
		for _, stage := range stages {
			promised += stage.Parts[i].promised()
		}
		if free := slot.Left + slot.Withheld; promised > free-slot.Reserved {
			where := "the day"
			if slot.Start != "" {
				where = "the slot " + string(slot.Start)
			}
			detail := fmt.Sprintf("the stages would release %d places of %s, %d of its %d are not booked", promised, where, free, slot.Capacity)
			if slot.Reserved > 0 {
				detail += fmt.Sprintf(", %d of these are kept for channels", slot.Reserved)
			}
			return &Error{Code: CodeReleaseExceeds, Field: "stages", Detail: detail}
		}
	}
	return nil
}

// FireReleases releases the stages whose time has come and lands the places
// that have waited long enough, and says how many. What was due while no
// process ran is done then.
func (s *Service) FireReleases(ctx context.Context) (int, error) {
	var (
		stages  []StageKey
		returns []Return
	)
	err := s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		if stages, err = r.DueStages(ctx, s.now(), dueAtOnce); err != nil {
			return err
		}
		returns, err = r.DueReturns(ctx, s.now(), dueAtOnce)
		return err
	})
	if err != nil || len(stages)+len(returns) == 0 {
		return 0, err
	}
	err = s.update(ctx, Call{}, func(ctx context.Context, w *work) error {
		for _, key := range stages {
			if err := w.FireStage(ctx, key, w.now); err != nil {
				return err
			}
		}
		for _, r := range returns {
			if err := w.LandReturn(ctx, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return 0, err
	}
	for _, key := range stages {
		s.forget(key.Pool)
	}
	return len(stages) + len(returns), nil
}

// errNoDay tells that a day has nothing to release.
var errNoDay = &Error{Code: CodeNotFound, Field: "date", Detail: "the day is past or not offered"}

// Release reads how the release of a day stands; a day that is sold at once has
// no stages. It fails with ErrNotFound where the day is past or not offered.
func (s *Service) Release(ctx context.Context, pool, date string) (Release, error) {
	day, err := ParseDate(date)
	if err != nil {
		return Release{}, invalidField("date", "%v", err)
	}
	var release Release
	err = s.store.View(ctx, func(ctx context.Context, r Reader) (err error) {
		release, err = readRelease(ctx, r, pool, day)
		return err
	})
	if errors.Is(err, ErrDateUnavailable) {
		return Release{}, errNoDay
	}
	return release, err
}
