package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"fairgate/console"
	"fairgate/enforcement/ledger/metrics"
)

// Quality reads the figures from the ledger; *metrics.Reader is one.
type Quality interface {
	Quality(ctx context.Context, p metrics.Period, f metrics.Filter) (metrics.Quality, error)
}

// QualityInput says which figures are wanted.
type QualityInput struct {
	From     time.Time `query:"from" required:"true" doc:"Start of the period, inclusive"`
	To       time.Time `query:"to" required:"true" doc:"End of the period, exclusive"`
	Pool     string    `query:"pool" maxLength:"100" doc:"Only requests about this pool"`
	Immature bool      `query:"include_immature" doc:"Also count labels whose visit day is not a week past"`
}

type qualityOutput struct{ Body metrics.Quality }

func (s *server) quality(api huma.API) {
	huma.Register(api, needs(huma.Operation{
		OperationID: "read-quality", Method: http.MethodGet, Path: "/api/v1/quality", Summary: "False positives, misses and interceptions of a period",
		Description: "Per distinct account, from labels only. A figure whose `enough` is false must be shown as \"not enough data\".", Tags: []string{"quality"},
	}, console.ReadQuality), func(ctx context.Context, in *QualityInput) (*qualityOutput, error) {
		q, err := s.Quality.Quality(ctx, metrics.Period{From: in.From, To: in.To}, metrics.Filter{Site: s.o.Site, Pool: in.Pool, IncludeImmature: in.Immature})
		if errors.Is(err, metrics.ErrInvalidPeriod) {
			return nil, huma.Error422UnprocessableEntity(err.Error())
		}
		if err != nil {
			return nil, s.internal(ctx, "reading the quality figures", err)
		}
		return &qualityOutput{q}, nil
	})
}
