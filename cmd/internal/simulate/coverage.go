package simulate

import (
	"cmp"
	"context"
	_ "embed" // the rules
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"fairgate/enforcement"
	"fairgate/enforcement/cases"
	"fairgate/enforcement/ledger"
	"fairgate/enforcement/ledger/metrics"
)

// Archive keeps records; *archive.Archive is one.
type Archive interface {
	Write(ctx context.Context, records []ledger.Record) error
}

// Figures estimates the quality of a period from what is kept; *metrics.Reader
// is one, with a clock by which the labels are mature.
type Figures interface {
	Quality(ctx context.Context, period metrics.Period, filter metrics.Filter) (metrics.Quality, error)
}

// CoverageRun plays short runs and counts how often the intervals of the live
// estimators hold the truth. Of the truth the ledger learns only what reviewers
// say of the accounts that the audit sample drew, and which accounts belong
// together where one of those is a scalper's.
type CoverageRun struct {
	Run VirtualRun
	// Runs have seeds from the run's own on.
	Runs    int
	Archive Archive
	Figures Figures
	// Out receives a line for each run.
	Out io.Writer
}

// coverageRates are with which probabilities a short run's accounts are drawn: so
// many that its few hundred accounts give the labels that a figure takes, and
// as unlike each other as life's.
func coverageRates() map[cases.Stratum]float64 {
	return map[cases.Stratum]float64{
		cases.AllowedPlain: 0.25, cases.AllowedLow: 0.3, cases.AllowedMiddle: 0.4, cases.AllowedHigh: 0.5,
		cases.Challenged: 0.35, cases.BlockedLow: 0.5, cases.BlockedHigh: 0.4,
	}
}

// Sampled is what one run's sample says beside its truth.
type Sampled struct {
	Seed   uint64                   `json:"seed"`
	Truth  map[string]Rate          `json:"truth"`
	Ledger map[string]ledger.Figure `json:"ledger"`
}

// archived is how many records are written at once.
const archived = 5000

// blunt are the rules that runs are played with unless others are given.
//
//go:embed blunt.yaml
var blunt []byte

// ruled makes a folder of the blunt rules, where no others are given.
func (c CoverageRun) ruled() (rules string, remove func() error, err error) {
	if c.Run.Rules != "" {
		return c.Run.Rules, func() error { return nil }, nil
	}
	dir, err := os.MkdirTemp("", "fairgate-rules-")
	if err != nil {
		return "", nil, fmt.Errorf("folder of the rules: %w", err)
	}
	remove = func() error { return os.RemoveAll(dir) }
	if err := os.WriteFile(filepath.Join(dir, "museum.yaml"), blunt, 0o600); err != nil {
		return "", nil, errors.Join(fmt.Errorf("write the rules: %w", err), remove())
	}
	return dir, remove, nil
}

// Play plays all runs, as many at a time as the machine has cores. Those that
// were finished are returned also where ctx ended it.
func (c CoverageRun) Play(ctx context.Context) (done []Sampled, err error) {
	if c.Runs < 1 {
		return nil, fmt.Errorf("%d runs: at least 1", c.Runs)
	}
	rules, remove, err := c.ruled()
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, remove()) }()
	c.Run.Rules = rules
	var mu sync.Mutex
	began := time.Now()
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i := range c.Runs {
		group.Go(func() error {
			if ctx.Err() != nil {
				return ctx.Err()
			}
			one, err := c.one(ctx, c.Run.Plan.Seed+uint64(i)) //nolint:gosec // never negative
			if err != nil {
				return fmt.Errorf("run %d: %w", i+1, err)
			}
			mu.Lock()
			defer mu.Unlock()
			done = append(done, one)
			left := time.Since(began) / time.Duration(len(done)) * time.Duration(c.Runs-len(done))
			_, _ = fmt.Fprintf(c.Out, "%d of %d runs, %s left\n", len(done), c.Runs, left.Round(time.Second))
			return nil
		})
	}
	err = group.Wait()
	slices.SortFunc(done, func(a, b Sampled) int { return cmp.Compare(a.Seed, b.Seed) })
	return done, err
}

// one plays one run under a site of its own.
func (c CoverageRun) one(ctx context.Context, seed uint64) (Sampled, error) {
	var kept []ledger.Record
	run := c.Run
	run.Plan.Seed, run.Out = seed, io.Discard
	run.sample = &sampling{
		site: fmt.Sprintf("run-%d", seed), rates: coverageRates(),
		kept: func(r ledger.Record) { kept = append(kept, r) },
	}
	report, err := run.Play(ctx)
	if err != nil {
		return Sampled{}, err
	}
	for batch := range slices.Chunk(kept, archived) {
		if err := c.Archive.Write(ctx, batch); err != nil {
			return Sampled{}, fmt.Errorf("keep the run's records: %w", err)
		}
	}
	q, err := c.Figures.Quality(ctx, metrics.Period{From: report.From, To: report.To}, metrics.Filter{Site: run.sample.site})
	if err != nil {
		return Sampled{}, err
	}
	if q.Basis != metrics.FromSample {
		return Sampled{}, fmt.Errorf("no account was drawn: the figures rest on %s", q.Basis)
	}
	return Sampled{
		Seed: seed,
		Truth: map[string]Rate{
			falsePositive: report.Truth.HumansHarmed, challengedHuman: report.Truth.HumansChallenged,
			miss: report.Truth.ScalpersKept, interception: report.Truth.IntentsIntercepted,
		},
		Ledger: map[string]ledger.Figure{
			falsePositive: q.FalsePositive, challengedHuman: q.Challenged, miss: q.Miss, interception: q.Interception,
		},
	}, nil
}

// The estimators.
const (
	falsePositive   = "false_positive_rate"
	challengedHuman = "challenged_human_rate"
	miss            = "miss_rate"
	interception    = "interception_rate"
)

// sampling has a run draw an audit sample and reviewers judge it.
type sampling struct {
	site  string
	rates map[cases.Stratum]float64
	kept  func(ledger.Record)
}

// reviewed is the part of the service that takes labels.
type reviewed interface {
	Review(ctx context.Context, judge func(account string) enforcement.LabelValue, others []enforcement.Label) error
}

// judge has reviewers who never err judge what was drawn. Where one is a
// scalper's, all accounts of the same operator are labelled, too, as by whoever
// confirms a cluster.
func (s *sampling) judge(ctx context.Context, service reviewed, labels []Label) error {
	truth, drawn := map[string]Label{}, map[string]bool{}
	for _, l := range labels {
		truth[l.Account] = l
	}
	// Reviewers are asked first, so that it is known whom they saw.
	err := service.Review(ctx, func(account string) enforcement.LabelValue {
		l, known := truth[account]
		if !known {
			return enforcement.LabelUnknown
		}
		drawn[l.Operator] = true
		return enforcement.LabelValue(l.Value)
	}, nil)
	if err != nil {
		return err
	}
	var others []enforcement.Label
	for _, l := range labels {
		if l.Operator != "" && drawn[l.Operator] {
			others = append(others, enforcement.Label{
				Account: l.Account, Value: enforcement.LabelScalper, Operator: l.Operator, Source: enforcement.SourceReview,
				Actor: "reviewer-1", Reason: "one of a cluster",
			})
		}
	}
	return service.Review(ctx, func(string) enforcement.LabelValue { return enforcement.LabelUnknown }, others)
}
