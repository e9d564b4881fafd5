package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"fairgate/console/live"
)

// Errors of reading.
var (
	// ErrAway means that the booking system did not answer, or not as it should.
	ErrAway = errors.New("the booking system did not answer")
)

// Options of a Client. The zero value is usable.
type Options struct {
	// Timeout bounds one request with its answer. Default 10 s.
	Timeout time.Duration
	// MaxAnswer bounds what is read of an answer. Default 8 MiB.
	MaxAnswer int64
	HTTP      http.RoundTripper // default: a transport of its own
}

// Client is safe for concurrent use.
type Client struct {
	base *url.URL
	key  string
	o    Options
	http *http.Client
}

var _ live.House = (*Client)(nil)

// New returns a client for the booking system at base ("http://host:port"), with
// the bearer key of the operations role.
func New(base, key string, o Options) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, fmt.Errorf("booking base address %q is not http(s)://host", base)
	}
	if key == "" {
		return nil, errors.New("booking key is missing")
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.MaxAnswer <= 0 {
		o.MaxAnswer = 8 << 20
	}
	if o.HTTP == nil {
		o.HTTP = &http.Transport{MaxIdleConnsPerHost: 16, IdleConnTimeout: time.Minute, DisableCompression: true}
	}
	return &Client{base: u, key: key, o: o, http: &http.Client{
		Transport: o.HTTP, Timeout: o.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse // the key goes to one place only
		},
	}}, nil
}

// url is a path below the internal API, its segments escaped.
func (c *Client) url(query url.Values, segments ...string) string {
	u := *c.base
	escaped := make([]string, len(segments))
	for i, s := range segments {
		escaped[i] = url.PathEscape(s)
	}
	plain := strings.TrimSuffix(u.Path, "/") + "/internal/v1/"
	u.RawPath = plain + strings.Join(escaped, "/")
	u.Path = plain + strings.Join(segments, "/")
	u.RawQuery = query.Encode()
	return u.String()
}

// read asks for one answer and decodes it. missing is the error of a 404.
func (c *Client) read(ctx context.Context, address string, into any, missing error) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
	if err != nil {
		return fmt.Errorf("make a request to the booking system: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.key)
	res, err := c.http.Do(req)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrAway, err)
	}
	defer func() { _ = res.Body.Close() }()
	switch {
	case res.StatusCode == http.StatusNotFound && missing != nil:
		return missing
	case res.StatusCode != http.StatusOK:
		return fmt.Errorf("%w: status %d", ErrAway, res.StatusCode)
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, c.o.MaxAnswer)).Decode(into); err != nil {
		return fmt.Errorf("%w: decode: %w", ErrAway, err)
	}
	return nil
}

// Pools tells how every pool stands.
func (c *Client) Pools(ctx context.Context) ([]live.Pool, error) {
	var answer struct {
		Pools []live.Pool `json:"pools"`
	}
	if err := c.read(ctx, c.url(nil, "sales"), &answer, nil); err != nil {
		return nil, fmt.Errorf("read how pools stand: %w", err)
	}
	return answer.Pools, nil
}

// Release tells how the release of a pool's day stands. It fails with
// live.ErrNoRelease where there is no such day.
func (c *Client) Release(ctx context.Context, pool, day string) (live.Release, error) {
	var r live.Release
	err := c.read(ctx, c.url(url.Values{"date": {day}}, "pools", pool, "release"), &r, live.ErrNoRelease)
	if err != nil {
		return live.Release{}, fmt.Errorf("read a release: %w", err)
	}
	return r, nil
}

// Ping asks whether the booking system answers and takes the key.
func (c *Client) Ping(ctx context.Context) error {
	var jobs json.RawMessage
	return c.read(ctx, c.url(nil, "jobs"), &jobs, nil)
}
