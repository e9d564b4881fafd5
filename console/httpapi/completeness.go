package httpapi

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/enforcement/ledger/metrics"
	"fairgate/ingest/outcome"
)

// Completeness tells whether the ledger can be believed; *metrics.Reader is
// one.
type Completeness interface {
	Gaps(ctx context.Context, p metrics.Period) ([]metrics.Boot, error)
	Reconcile(ctx context.Context, p metrics.Period, reports iter.Seq2[outcome.Record, error]) (metrics.Reconciliation, error)
}

// Reports yields what the booking system says happened to orders, from its own
// books; outcome.Poller is one.
type Reports interface {
	Reports(ctx context.Context, after int64) iter.Seq2[outcome.Record, error]
}

type periodInput struct {
	From time.Time `query:"from" required:"true" doc:"Start of the period, inclusive"`
	To   time.Time `query:"to" required:"true" doc:"End of the period, exclusive; leave out the last minute, which is still on its way"`
}

type completenessOutput struct {
	Body struct {
		Complete       bool                   `json:"complete" doc:"Nothing is missing on either side and no event was lost"`
		Lost           uint64                 `json:"events_lost" doc:"Gaps in the gateways' sequence numbers"`
		Boots          []metrics.Boot         `json:"boots"`
		Reconciliation metrics.Reconciliation `json:"reconciliation"`
	}
}

func (s *server) completeness(api huma.API) {
	huma.Register(api, needs(huma.Operation{
		OperationID: "read-completeness", Method: http.MethodGet, Path: "/api/v1/completeness",
		Summary:     "Whether the booking system's books and the ledger agree",
		Description: "Compares every report in the booking system's outbox with the ledger's events and outcomes, and counts what the gateways lost.",
		Tags:        []string{"quality"},
	}, console.ReadQuality), func(ctx context.Context, in *periodInput) (*completenessOutput, error) {
		period := metrics.Period{From: in.From, To: in.To}
		boots, err := s.Completeness.Gaps(ctx, period)
		out := &completenessOutput{}
		if err == nil {
			out.Body.Reconciliation, err = s.Completeness.Reconcile(ctx, period, s.Reports.Reports(ctx, 0))
		}
		if errors.Is(err, metrics.ErrInvalidPeriod) {
			return nil, huma.Error422UnprocessableEntity(err.Error())
		}
		if err != nil {
			return nil, s.internal(ctx, "comparing the booking system with the ledger", err)
		}
		out.Body.Boots = boots
		for _, b := range boots {
			out.Body.Lost += b.Lost
		}
		out.Body.Complete = out.Body.Lost == 0 && out.Body.Reconciliation.Complete()
		return out, nil
	})
}
