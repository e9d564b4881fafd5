package outcome

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Poller reads a booking system's whole record of reports, page by page, for
// reconciliation or where it cannot send webhooks.
type Poller struct {
	// URL answers GET ?after=SEQ&limit=N with {"events": […]} in the order of
	// seq, empty at the end.
	URL string
	// Key is sent as a bearer token.
	Key  string
	HTTP *http.Client // nil: a client with a time limit of 30 s
}

// ErrPoll is wrapped by errors of the booking system's side.
var ErrPoll = errors.New("the booking system's reports cannot be read")

// pollPage is how many reports are asked for at once.
const pollPage = 500

// Reports yields every report after a sequence number (0: all). It ends with
// the last one there is, or with an error.
func (p Poller) Reports(ctx context.Context, after int64) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for {
			page, last, err := p.page(ctx, after)
			if err != nil {
				yield(Record{}, err)
				return
			}
			for _, r := range page {
				if !yield(r, nil) {
					return
				}
			}
			if len(page) == 0 || last <= after {
				return
			}
			after = last
		}
	}
}

func (p Poller) page(ctx context.Context, after int64) ([]Record, int64, error) {
	client := p.HTTP
	if client == nil {
		client = &http.Client{Timeout: 30 * time.Second}
	}
	q := url.Values{"after": {strconv.FormatInt(after, 10)}, "limit": {strconv.Itoa(pollPage)}}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+"?"+q.Encode(), http.NoBody)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrPoll, err)
	}
	req.Header.Set("Authorization", "Bearer "+p.Key)
	res, err := client.Do(req)
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrPoll, err)
	}
	defer func() { _ = res.Body.Close() }()
	data, err := io.ReadAll(io.LimitReader(res.Body, 8<<20))
	if err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrPoll, err)
	}
	if res.StatusCode != http.StatusOK {
		return nil, 0, fmt.Errorf("%w: status %d: %.200s", ErrPoll, res.StatusCode, data)
	}
	var body struct {
		Events []struct {
			Seq int64 `json:"seq"`
			Record
		} `json:"events"`
	}
	if err := json.Unmarshal(data, &body); err != nil {
		return nil, 0, fmt.Errorf("%w: %w", ErrPoll, err)
	}
	records := make([]Record, 0, len(body.Events))
	for i, e := range body.Events {
		if err := e.Validate(); err != nil {
			return nil, 0, fmt.Errorf("%w: events[%d]: %w", ErrPoll, i, err)
		}
		records, after = append(records, e.Record), e.Seq
	}
	return records, after, nil
}
