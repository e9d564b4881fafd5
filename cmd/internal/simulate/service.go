package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Service reaches the two interfaces beside the gateway that a run needs: the
// booking system's operations (to open a sale, and to read what finally became
// of each order) and the operators' API (to feed labels, read the ledger's
// figures, and switch the gate to observe for the comparison).
type Service struct {
	Ticketing    string // base URL
	TicketingKey string
	Operators    string // base URL
	OperatorsKey string
	HTTP         *http.Client // nil: one with a time limit of a minute
}

// Fates reads the booking system's outbox and gives the last word on every
// order of the pools whose ids begin so, with the sequence number it read to.
func (s *Service) Fates(ctx context.Context, pools string, into Orders, after int64) (int64, error) {
	for {
		var page struct {
			Events []struct {
				Seq       int64  `json:"seq"`
				Type      string `json:"type"`
				OrderID   string `json:"order_id"`
				Pool      string `json:"pool"`
				State     string `json:"state"`
				Positions int    `json:"positions"`
			} `json:"events"`
		}
		q := url.Values{"after": {strconv.FormatInt(after, 10)}, "limit": {"500"}}
		if err := s.call(ctx, http.MethodGet, s.Ticketing+"/internal/v1/outbox?"+q.Encode(), s.TicketingKey, nil, &page); err != nil {
			return after, err
		}
		if len(page.Events) == 0 {
			return after, nil
		}
		for _, e := range page.Events {
			after = e.Seq
			if !strings.HasPrefix(e.Pool, pools) {
				continue
			}
			into[e.OrderID] = OrderFate{State: e.State, Positions: e.Positions, Withdrawn: e.State == "withdrawn"}
		}
	}
}

// Label is one piece of truth fed in.
type Label struct {
	Account  string `json:"account"`
	Value    string `json:"value"`
	Operator string `json:"operator,omitempty"`
	Reason   string `json:"reason"`
}

// Feed hands the truth's labels to the service, and nothing else.
func (s *Service) Feed(ctx context.Context, labels []Label) error {
	for len(labels) > 0 {
		n := min(len(labels), 500)
		if err := s.call(ctx, http.MethodPost, s.Operators+"/api/v1/labels", s.OperatorsKey, map[string]any{"labels": labels[:n]}, nil); err != nil {
			return err
		}
		labels = labels[n:]
	}
	return nil
}

// LedgerFigures are the figures that the service computes of itself.
type LedgerFigures struct {
	FalsePositiveRate   float64 `json:"false_positive_rate"`
	MissRate            float64 `json:"miss_rate"`
	InterceptionRate    float64 `json:"interception_rate"`
	ChallengedHumanRate float64 `json:"challenged_human_rate"`
	HumansHarmed        Rate    `json:"humans_harmed"`
	HumansChallenged    Rate    `json:"humans_challenged"`
	ScalpersKept        Rate    `json:"scalpers_kept"`
	IntentsIntercepted  Rate    `json:"intents_intercepted"`
	LabelledHuman       int     `json:"labelled_human"`
	LabelledScalper     int     `json:"labelled_scalper"`
}

type qualityFigure struct {
	Numerator   int     `json:"numerator"`
	Denominator int     `json:"denominator"`
	Value       float64 `json:"value"`
}

func (q qualityFigure) rate() Rate {
	r := rate(q.Numerator, q.Denominator)
	r.Value = q.Value // as the ledger has it
	return r
}

// Figures reads the quality figures of a period.
func (s *Service) Figures(ctx context.Context, from, to time.Time) (LedgerFigures, error) {
	var q struct {
		FalsePositive qualityFigure `json:"false_positive_rate"`
		Challenged    qualityFigure `json:"challenged_human_rate"`
		Miss          qualityFigure `json:"miss_rate"`
		Interception  qualityFigure `json:"interception_rate"`
		Labels        struct {
			Human   int `json:"human"`
			Scalper int `json:"scalper"`
		} `json:"labels"`
	}
	v := url.Values{
		"from": {from.UTC().Format(time.RFC3339Nano)}, "to": {to.UTC().Format(time.RFC3339Nano)},
		"include_immature": {"true"},
	}
	if err := s.call(ctx, http.MethodGet, s.Operators+"/api/v1/quality?"+v.Encode(), s.OperatorsKey, nil, &q); err != nil {
		return LedgerFigures{}, err
	}
	return LedgerFigures{
		FalsePositiveRate: q.FalsePositive.Value, MissRate: q.Miss.Value,
		InterceptionRate: q.Interception.Value, ChallengedHumanRate: q.Challenged.Value,
		HumansHarmed: q.FalsePositive.rate(), HumansChallenged: q.Challenged.rate(),
		ScalpersKept: q.Miss.rate(), IntentsIntercepted: q.Interception.rate(),
		LabelledHuman: q.Labels.Human, LabelledScalper: q.Labels.Scalper,
	}, nil
}

// Completeness asks whether the booking system's books and the ledger agree.
func (s *Service) Completeness(ctx context.Context, query url.Values) (map[string]any, error) {
	var report map[string]any
	err := s.call(ctx, http.MethodGet, s.Operators+"/api/v1/completeness?"+query.Encode(), s.OperatorsKey, nil, &report)
	delete(report, "$schema")
	return report, err
}

// Observe turns the kill switch on or off.
func (s *Service) Observe(ctx context.Context, on bool, reason string) error {
	return s.call(ctx, http.MethodPut, s.Operators+"/api/v1/mode", s.OperatorsKey, map[string]any{"observe": on, "reason": reason}, nil)
}

func (s *Service) call(ctx context.Context, method, target, key string, in, out any) error {
	return s.callWith(ctx, method, target, key, "", in, out)
}

// callWith calls at most once for an idempotency key, where there is one.
func (s *Service) callWith(ctx context.Context, method, target, key, idempotency string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encode: %w", err)
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, target, err)
	}
	req.Header.Set("Authorization", "Bearer "+key)
	if idempotency != "" {
		req.Header.Set("Idempotency-Key", idempotency)
	}
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	client := s.HTTP
	if client == nil {
		client = &http.Client{Timeout: time.Minute}
	}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("%s %s: %w", method, target, err)
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(res.Body, 16<<20))
	if err != nil {
		return fmt.Errorf("%s %s: read the answer: %w", method, target, err)
	}
	if res.StatusCode >= 300 {
		return fmt.Errorf("%s %s: status %d: %.300s", method, target, res.StatusCode, data)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("%s %s: %w", method, target, err)
	}
	return nil
}
