package history

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
)

// ErrProtocol says that the client's options do not name the HTTP interface.
var ErrProtocol = errors.New("history is read over ClickHouse's HTTP interface only")

// Options adjust a Reader; zero values mean the defaults named.
type Options struct {
	// Piece is about how many rows are asked for at once; 65,536. It bounds
	// memory: a row takes a few hundred bytes, and two pieces are in hand.
	Piece int
	// Patience is for how long a piece that cannot be fetched is tried again;
	// 30 s. Backoff is the first pause between two tries; 200 ms.
	Patience, Backoff time.Duration
	// Maturity is how long after its visit day a label counts; seven days.
	Maturity time.Duration
	// IncludeImmature takes all labels.
	IncludeImmature bool
	// Site narrows history to one tenant; empty: all that share the counters.
	Site string

	Now    func() time.Time
	Logger *slog.Logger
}

// DefaultMaturity is how long after its visit day a label starts to count.
const DefaultMaturity = 7 * 24 * time.Hour

func (o Options) withDefaults() Options {
	if o.Piece <= 0 {
		o.Piece = 1 << 16
	}
	for _, d := range []struct {
		value *time.Duration
		or    time.Duration
	}{{&o.Patience, 30 * time.Second}, {&o.Backoff, 200 * time.Millisecond}, {&o.Maturity, DefaultMaturity}} {
		if *d.value <= 0 {
			*d.value = d.or
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o
}

// Reader reads history. It is safe for concurrent use.
type Reader struct {
	base url.URL
	auth clickhouse.Auth
	http *http.Client
	o    Options
}

// Open prepares to read from the ClickHouse that client names; its user needs
// no more than to select. No connection is made yet.
func Open(client *clickhouse.Options, o Options) (*Reader, error) {
	if client.Protocol != clickhouse.HTTP || len(client.Addr) == 0 {
		return nil, ErrProtocol
	}
	r := &Reader{base: url.URL{Scheme: "http", Host: client.Addr[0], Path: "/"}, auth: client.Auth, o: o.withDefaults()}
	transport := &http.Transport{
		DialContext:         (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
		TLSHandshakeTimeout: 5 * time.Second, ResponseHeaderTimeout: 2 * time.Minute, IdleConnTimeout: time.Minute,
		DisableCompression: true,
	}
	if client.TLS != nil {
		r.base.Scheme, transport.TLSClientConfig = "https", client.TLS
	}
	r.http = &http.Client{Transport: transport}
	return r, nil
}

// Close gives the connections up.
func (r *Reader) Close() { r.http.CloseIdleConnections() }

// maxAnswer bounds one answer, in bytes.
const maxAnswer = 1 << 30

// ErrRefused is wrapped by the errors that ClickHouse itself answered with.
var ErrRefused = errors.New("ClickHouse refused the query")

// query asks for Native blocks and reads the whole answer, so that an engine
// that fails on the way leaves nothing half read. While the engine cannot be
// reached it tries on, until Patience is over.
func (r *Reader) query(ctx context.Context, statement string, params map[string]string) ([]byte, error) {
	deadline, pause := time.Now().Add(r.o.Patience), r.o.Backoff
	for {
		body, err := r.ask(ctx, statement, params)
		if err == nil || ctx.Err() != nil || errors.Is(err, ErrRefused) || time.Now().Add(pause).After(deadline) {
			return body, err
		}
		r.o.Logger.WarnContext(ctx, "reading history failed, trying again", "after", pause, "error", err)
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil, errors.Join(ctx.Err(), err)
		}
		pause = min(2*pause, 5*time.Second)
	}
}

func (r *Reader) ask(ctx context.Context, statement string, params map[string]string) ([]byte, error) {
	target, keys := r.base, url.Values{
		"default_format": {"Native"}, "database": {r.auth.Database}, "wait_end_of_query": {"1"},
	}
	for name, value := range params {
		keys.Set("param_"+name, value)
	}
	target.RawQuery = keys.Encode()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, target.String(), strings.NewReader(statement))
	if err != nil {
		return nil, fmt.Errorf("ask the ledger: %w", err)
	}
	request.Header.Set("X-ClickHouse-User", r.auth.Username)
	request.Header.Set("X-ClickHouse-Key", r.auth.Password)
	answer, err := r.http.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("ask the ledger at %s: %w", r.base.Host, errors.Unwrap(err)) // the URL says nothing more
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
		err := fmt.Errorf("status %d: %s", answer.StatusCode, strings.TrimSpace(string(text)))
		if answer.StatusCode < http.StatusBadGateway {
			err = fmt.Errorf("%w: %w", ErrRefused, err)
		}
		return nil, err
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("read the ledger's answer: %w", err)
	}
	if len(body) > maxAnswer {
		return nil, fmt.Errorf("%w: the answer is larger than %d bytes", ErrRefused, maxAnswer)
	}
	return body, nil
}

// between are the parameters of a period, in milliseconds.
func between(from, to int64) map[string]string {
	return map[string]string{"from": strconv.FormatInt(from, 10), "to": strconv.FormatInt(to, 10)}
}
