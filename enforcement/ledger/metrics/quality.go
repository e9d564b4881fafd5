package metrics

import (
	"context"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"

	"fairgate/enforcement"
	"fairgate/enforcement/ledger/estimate"
)

// Filter narrows the figures down; its zero value takes everything.
type Filter struct {
	Site string // one site
	// Pool counts only requests that name this pool.
	Pool string
	// IncludeImmature takes labels whose visit day is not a week past.
	IncludeImmature bool
}

// Quality are the figures of a period: estimates from the audit sample, or,
// where no labelled account was drawn, plain shares of the labelled ones.
type Quality struct {
	Period Period `json:"period"`
	Basis  Basis  `json:"basis"`
	// FalsePositive is human accounts harmed ÷ human accounts that tried to
	// book; Challenged is those challenged, of the same.
	FalsePositive Figure `json:"false_positive_rate"`
	Challenged    Figure `json:"challenged_human_rate"`
	// Miss is scalper accounts that kept a ticket ÷ those that tried to book.
	Miss Figure `json:"miss_rate"`
	// Interception is scalper intents refused or undone ÷ scalper intents not
	// already refused by stock or booking rules.
	Interception Figure `json:"interception_rate"`
	// Unknown is the share of the accounts that tried to book of which nobody can
	// say what they are; only a sample tells.
	Unknown Figure `json:"unknown_rate"`
	Labels  Labels `json:"labels"`
	// AsOf is when the condensed hours among the period were last compared with
	// the ledger; zero where its events themselves were read.
	AsOf time.Time `json:"as_of,omitzero" doc:"When the condensed hours in the figures were last compared with the ledger; absent where the events themselves were read"`
}

// Labels tell what truth the figures rest on, in accounts.
type Labels struct {
	Human   uint64 `json:"human"`
	Scalper uint64 `json:"scalper"`
	Unknown uint64 `json:"unknown"`
	// BySource splits them further.
	BySource []LabelCount `json:"by_source"`
	// Immature accounts have only labels that do not count yet.
	Immature uint64 `json:"immature"`
	// Unlabelled accounts tried to book in the period and have no label that
	// counts; they are part of no figure.
	Unlabelled uint64 `json:"unlabelled"`
}

// LabelCount is a number of accounts by their label's value and source.
type LabelCount struct {
	Value    enforcement.LabelValue  `json:"value"`
	Source   enforcement.LabelSource `json:"source"`
	Accounts uint64                  `json:"accounts"`
}

// Quality computes the figures of a period from its events, what became of the
// orders, and the labels. The package comment defines them. It fails with
// ErrInvalidPeriod, or when the ledger cannot be read.
func (r *Reader) Quality(ctx context.Context, period Period, filter Filter) (Quality, error) {
	if err := period.validate(); err != nil {
		return Quality{}, fmt.Errorf("quality: %w", err)
	}
	from, err := r.source(ctx, period, "")
	if err != nil {
		return Quality{}, fmt.Errorf("quality: %w", err)
	}
	params := append(r.params(period, filter), from.params...)
	q := Quality{Period: period, AsOf: from.asOf}
	f, err := r.facts(ctx, from, params)
	if err != nil {
		return Quality{}, fmt.Errorf("quality: %w", err)
	}
	if err := r.conn.QueryRow(ctx, from.query(coverage), params...).Scan(&q.Labels.Unlabelled, &q.Labels.Immature); err != nil {
		return Quality{}, fmt.Errorf("quality: read coverage: %w", err)
	}
	c := f.tally(whole())[slot{}]
	q.FalsePositive = NewFigure(c.harmed, c.tried, c.tried)
	q.Challenged = NewFigure(c.challenged, c.tried, c.tried)
	q.Miss = NewFigure(c.kept, c.hostile, c.hostile)
	q.Interception = NewFigure(c.intercepted, c.wanted, c.hostile)
	q.Unknown, q.Basis = NewFigure(0, 0, 0), FromLabels
	accounts, some, err := r.drawn(ctx, f, params)
	if err != nil {
		return Quality{}, fmt.Errorf("quality: %w", err)
	}
	if some {
		q.Basis = FromSample
		rates := estimate.RatesOf(accounts)
		q.FalsePositive, q.Challenged, q.Miss = rates.FalsePositive, rates.Challenged, rates.Miss
		q.Interception, q.Unknown = rates.Interception, rates.Unknown
	}
	if err := r.countLabels(ctx, params, &q.Labels); err != nil {
		return Quality{}, fmt.Errorf("quality: read labels: %w", err)
	}
	return q, nil
}

// params are those of every query of figures.
func (r *Reader) params(period Period, filter Filter) []any {
	return append(period.params(),
		clickhouse.Named("site", filter.Site), clickhouse.Named("pool", filter.Pool),
		clickhouse.Named("immature", filter.IncludeImmature),
		clickhouse.Named("mature", r.now().Add(-r.maturity).UTC().Format("2006-01-02")))
}

func (r *Reader) countLabels(ctx context.Context, params []any, into *Labels) error {
	rows, err := r.conn.Query(ctx, labelCounts, params...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	into.BySource = []LabelCount{}
	for rows.Next() {
		var value, source string
		var accounts uint64
		if err := rows.Scan(&value, &source, &accounts); err != nil {
			return err
		}
		c := LabelCount{enforcement.LabelValue(value), enforcement.LabelSource(source), accounts}
		into.BySource = append(into.BySource, c)
		switch c.Value {
		case enforcement.LabelHuman:
			into.Human += accounts
		case enforcement.LabelScalper:
			into.Scalper += accounts
		case enforcement.LabelUnknown:
			into.Unknown += accounts
		}
	}
	return rows.Err()
}
