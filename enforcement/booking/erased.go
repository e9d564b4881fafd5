package booking

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"fairgate/enforcement"
	"fairgate/enforcement/erasure"
)

var _ erasure.Feed = (*Client)(nil)

// Erased reads the booking system's record of what it erased, after a number. A
// booking system that keeps none has an empty one.
func (c *Client) Erased(ctx context.Context, after int64, limit int) ([]erasure.Erased, error) {
	path := c.base.JoinPath("internal/v1/erasures")
	path.RawQuery = url.Values{"after": {strconv.FormatInt(after, 10)}, "limit": {strconv.Itoa(limit)}}.Encode()
	var answer struct {
		Erasures []struct {
			Seq     int64  `json:"seq"`
			Kind    string `json:"kind"`
			Subject string `json:"subject"`
		} `json:"erasures"`
	}
	err := c.call(ctx, http.MethodGet, path, nil, &answer)
	if errors.Is(err, enforcement.ErrOrderGone) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read what was erased: %w", err)
	}
	out := make([]erasure.Erased, len(answer.Erasures))
	for i, e := range answer.Erasures {
		out[i].Seq = e.Seq
		if e.Kind == "accounts" {
			out[i].Account = e.Subject
		}
	}
	return out, nil
}
