package booking

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"

	"fairgate/enforcement"
)

// Capacity asks how many places a pool's day has, with the key of operations.
// Days that the booking system does not know have 0.
func (c *Client) Capacity(ctx context.Context, pool, day string) (int, error) {
	path, err := c.path("pools", pool, "release")
	if err != nil {
		return 0, fmt.Errorf("ask for a day's capacity: %w", err)
	}
	path.RawQuery = url.Values{"date": {day}}.Encode()
	var answer struct {
		Capacity int `json:"capacity"`
	}
	err = c.call(ctx, http.MethodGet, path, nil, &answer)
	if errors.Is(err, enforcement.ErrOrderGone) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("ask for a day's capacity: %w", err)
	}
	return answer.Capacity, nil
}

// Ping asks once whether the booking system answers, with the key of
// operations: for the end of its record of reports, which costs it nothing.
func (c *Client) Ping(ctx context.Context) error {
	path := c.base.JoinPath("internal/v1/outbox")
	path.RawQuery = url.Values{"after": {strconv.FormatInt(math.MaxInt64, 10)}, "limit": {"1"}}.Encode()
	if _, err := c.attempt(ctx, "", http.MethodGet, path, nil, nil); err != nil {
		return fmt.Errorf("ask the booking system: %w", err)
	}
	return nil
}
