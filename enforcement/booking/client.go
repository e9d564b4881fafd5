// Package booking speaks to the booking system's internal API over HTTP: what
// an account holds, take an order back, give it back, tell an account's holder.
//
// It owns the wire form, time limits and retries, and decides nothing.
// Withdrawing and reinstating are idempotent there, so every call may be
// repeated.
package booking

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"fairgate/enforcement"
)

// maxAnswer bounds what is read of an answer.
const maxAnswer = 4 << 20

// ErrRefused is wrapped by answers that are neither success nor a refusal
// that enforcement knows; retrying may not help.
var ErrRefused = errors.New("booking system refused")

// Options tune a Client. The zero value is usable.
type Options struct {
	Timeout  time.Duration     // one attempt; default 3 s
	Attempts int               // default 3
	Backoff  time.Duration     // first pause, doubled each time; default 100 ms
	HTTP     http.RoundTripper // default http.DefaultTransport
}

// Client is safe for concurrent use.
type Client struct {
	base    *url.URL
	key     string
	options Options
	http    *http.Client
}

var _ enforcement.Orders = (*Client)(nil)

// New returns a client for the API below base ("http://host:port"), with the
// bearer key of the enforcement role.
func New(base, key string, o Options) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("booking base address %q is not http(s)://host", base)
	}
	if key == "" {
		return nil, errors.New("booking key is missing")
	}
	if o.Timeout <= 0 {
		o.Timeout = 3 * time.Second
	}
	if o.Attempts <= 0 {
		o.Attempts = 3
	}
	if o.Backoff <= 0 {
		o.Backoff = 100 * time.Millisecond
	}
	return &Client{base: u, key: key, options: o, http: &http.Client{
		Transport: o.HTTP,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // the key goes to one place only
		},
	}}, nil
}

// maxPages bounds how many pages of one account's orders are read.
const maxPages = 100

// Held lists the account's held and provisional orders, page by page where the
// booking system says that there is a next one.
func (c *Client) Held(ctx context.Context, account string) ([]enforcement.HeldOrder, error) {
	path, err := c.path("accounts", account, "orders")
	var held []enforcement.HeldOrder
	query := url.Values{"states": {"held,provisional"}}
	for range maxPages {
		var answer struct {
			Orders []struct {
				ID    string `json:"order_id"`
				State string `json:"state"`
			} `json:"orders"`
			Next string `json:"next"`
		}
		if err == nil {
			path.RawQuery = query.Encode()
			err = c.call(ctx, http.MethodGet, path, nil, &answer)
		}
		if errors.Is(err, enforcement.ErrOrderGone) {
			return nil, nil // an account that booked nothing
		}
		if err != nil {
			return nil, fmt.Errorf("list held orders: %w", err)
		}
		for _, o := range answer.Orders {
			if o.ID != "" && (o.State == "held" || o.State == "provisional") {
				held = append(held, enforcement.HeldOrder{ID: o.ID, State: o.State})
			}
		}
		if answer.Next == "" || answer.Next == query.Get("after") {
			return held, nil
		}
		query.Set("after", answer.Next)
	}
	return nil, fmt.Errorf("list held orders: more than %d pages", maxPages)
}

// Withdraw takes an order back, with the reason class and the receipt that its
// holder can appeal with.
func (c *Client) Withdraw(ctx context.Context, order, reasonCode, receipt string) error {
	body := map[string]string{"reason_code": reasonCode, "receipt": receipt}
	path, err := c.path("orders", order, "withdraw")
	if err == nil {
		err = c.call(ctx, http.MethodPost, path, body, nil)
	}
	if err != nil {
		return fmt.Errorf("withdraw order %s: %w", order, err)
	}
	return nil
}

// Reinstate gives a withdrawn order back.
func (c *Client) Reinstate(ctx context.Context, order string) error {
	path, err := c.path("orders", order, "reinstate")
	if err == nil {
		err = c.call(ctx, http.MethodPost, path, struct{}{}, nil)
	}
	if err != nil {
		return fmt.Errorf("reinstate order %s: %w", order, err)
	}
	return nil
}

// TellLifted has the booking system tell an account's holder that a restriction
// was lifted, once for a key. told is false where no message reaches the
// account, or there is none.
func (c *Client) TellLifted(ctx context.Context, account, key string) (told bool, err error) {
	var answer struct {
		State string `json:"state"`
	}
	path, err := c.path("accounts", account, "notice")
	if err == nil {
		err = c.once(ctx, key, http.MethodPost, path, map[string]string{"kind": "restriction_lifted"}, &answer)
	}
	if errors.Is(err, enforcement.ErrOrderGone) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("tell an account: %w", err)
	}
	return answer.State == "queued", nil
}

// path is the address of what is done with one thing. An id that a server
// could read as a path names nothing.
func (c *Client) path(collection, id, verb string) (*url.URL, error) {
	if id == "" || id == "." || id == ".." {
		return nil, fmt.Errorf("%w: id %q", enforcement.ErrOrderGone, id)
	}
	return c.base.JoinPath("internal/v1", collection, url.PathEscape(id), verb), nil
}

// call tries until the answer is final, the attempts are used up, or ctx ends.
func (c *Client) call(ctx context.Context, method string, to *url.URL, body, answer any) error {
	return c.once(ctx, "", method, to, body, answer)
}

// once is call with an idempotency key, if any.
func (c *Client) once(ctx context.Context, key, method string, to *url.URL, body, answer any) error {
	var payload []byte
	if body != nil {
		var err error
		if payload, err = json.Marshal(body); err != nil {
			return fmt.Errorf("encode the request: %w", err)
		}
	}
	pause := c.options.Backoff
	for attempt := 1; ; attempt++ {
		retry, err := c.attempt(ctx, key, method, to, payload, answer)
		if err == nil || !retry || attempt == c.options.Attempts {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(pause):
		}
		pause *= 2
	}
}

// attempt asks once; retry says whether asking again may help.
func (c *Client) attempt(
	ctx context.Context, key, method string, to *url.URL, payload []byte, answer any,
) (retry bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.options.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, to.String(), bytes.NewReader(payload))
	if err != nil {
		return false, fmt.Errorf("make the request: %w", err)
	}
	request.Header.Set("Authorization", "Bearer "+c.key)
	request.Header.Set("Accept", "application/json")
	if payload != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return true, err
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	data, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return true, fmt.Errorf("read the answer: %w", err)
	}
	if response.StatusCode/100 == 2 {
		if answer == nil {
			return false, nil
		}
		if err := json.Unmarshal(data, answer); err != nil {
			return false, fmt.Errorf("decode the answer: %w", err)
		}
		return false, nil
	}
	return refusal(response.StatusCode, data)
}

// refusal names what an answer that is no success means.
func refusal(status int, data []byte) (retry bool, err error) {
	var problem struct {
		Code string `json:"code"`
	}
	if json.Unmarshal(data, &problem) != nil || len(problem.Code) > 64 || strings.ContainsAny(problem.Code, "\r\n") {
		problem.Code = ""
	}
	switch {
	case problem.Code == "past_cutoff":
		return false, enforcement.ErrPastCutoff
	case problem.Code == "no_place", problem.Code == "document_taken", problem.Code == "date_unavailable":
		return false, fmt.Errorf("%w: %s", enforcement.ErrNoPlace, problem.Code)
	case problem.Code == "invalid_state", status == http.StatusNotFound, status == http.StatusConflict:
		return false, fmt.Errorf("%w: %d %s", enforcement.ErrOrderGone, status, problem.Code)
	}
	err = fmt.Errorf("%w: %d %s", ErrRefused, status, problem.Code)
	if problem.Code != "" {
		err = &refusedError{code: problem.Code, err: err}
	}
	retry = status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
	return retry, err
}

// refusedError is a refusal with its code.
type refusedError struct {
	code string
	err  error
}

func (e *refusedError) Error() string { return e.err.Error() }
func (e *refusedError) Unwrap() error { return e.err }
