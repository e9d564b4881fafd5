package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/enforcement/ledger/metrics"
	"fairgate/enforcement/ledger/normal"
	"fairgate/ingest"
)

// Normal knows how ordinary accounts behave; *normal.Reader is one.
type Normal interface {
	Percentiles(ctx context.Context, q normal.Query, by normal.By) (normal.Behaviour, error)
	Suggest(ctx context.Context, q normal.Query, budget float64) (normal.Suggestions, error)
}

// normalPeriod is how far back is looked where nothing else is said.
const normalPeriod = 7 * 24 * time.Hour

// NormalInput is exported for the API's framework alone, which looks into
// embedded structs that are.
type NormalInput struct {
	From    time.Time `query:"from" doc:"Start of the period, rounded down to the hour; seven days before its end where it is missing"`
	To      time.Time `query:"to" doc:"End of the period, rounded up to the hour; now where it is missing"`
	Feature string    `query:"feature" maxLength:"200" doc:"One feature; all where it is missing"`
	Kind    string    `query:"kind" maxLength:"100" doc:"Only requests of this kind"`
	Route   string    `query:"route" maxLength:"200" doc:"Only requests on this route"`
}

func (s *server) normalQuery(in NormalInput) normal.Query {
	if in.To.IsZero() {
		in.To = s.o.Now()
	}
	if in.From.IsZero() {
		in.From = in.To.Add(-normalPeriod)
	}
	return normal.Query{
		Site: s.o.Site, Period: metrics.Period{From: in.From, To: in.To},
		Feature: in.Feature, Kind: ingest.Kind(in.Kind), Route: in.Route,
	}
}

type (
	percentilesInput struct {
		NormalInput
		By string `query:"by" default:"feature" enum:"feature,hour,day,route,kind" doc:"What there is a row for; all but feature need a feature"`
	}
	percentilesOutput struct{ Body normal.Behaviour }
	suggestInput      struct {
		NormalInput
		Budget float64 `query:"budget" default:"0.001" maximum:"0.5" doc:"The share of ordinary accounts that a threshold may hit, above 0"`
	}
	suggestOutput struct{ Body normal.Suggestions }
)

func (s *server) normal(api huma.API) {
	huma.Register(api, needs(huma.Operation{
		OperationID: "read-normal", Method: http.MethodGet, Path: "/api/v1/normal", Summary: "How ordinary accounts behave",
		Description: "Percentiles of each feature over the ordinary accounts, worst value of each account first. Ordinary are those labelled human, " +
			"and those without a label against which nothing was held; `population` says how many of either. " +
			"A row whose `enough` is false must be shown as \"not enough data\".", Tags: []string{"quality"},
	}, console.ReadQuality), func(ctx context.Context, in *percentilesInput) (*percentilesOutput, error) {
		b, err := s.Normal.Percentiles(ctx, s.normalQuery(in.NormalInput), normal.By(in.By))
		if err != nil {
			return nil, s.normalError(ctx, "reading normal behaviour", err)
		}
		return &percentilesOutput{b}, nil
	})
	huma.Register(api, needs(huma.Operation{
		OperationID: "suggest-thresholds", Method: http.MethodGet, Path: "/api/v1/suggestions", Summary: "Thresholds that spare ordinary accounts",
		Description: "For each feature and direction the threshold that catches most while at most the budget of the ordinary accounts would ever be hit, " +
			"with the expected false-positive rate, the observed one and its 95 % interval, per distinct account.", Tags: []string{"quality"},
	}, console.ReadQuality), func(ctx context.Context, in *suggestInput) (*suggestOutput, error) {
		found, err := s.Normal.Suggest(ctx, s.normalQuery(in.NormalInput), in.Budget)
		if err != nil {
			return nil, s.normalError(ctx, "suggesting thresholds", err)
		}
		return &suggestOutput{found}, nil
	})
}

func (s *server) normalError(ctx context.Context, what string, err error) error {
	if errors.Is(err, normal.ErrInvalidQuery) {
		return huma.Error422UnprocessableEntity(err.Error())
	}
	return s.internal(ctx, what, err)
}
