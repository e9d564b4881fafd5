package gatewaybench

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valyala/fasthttp"

	"fairgate/cmd/internal/bench"
)

// answerTime is how long an answer may take before it counts as failed.
const answerTime = 10 * time.Second

// client sends rendered requests over one keep-alive connection.
type client struct {
	addr   string
	conn   net.Conn
	in     *bufio.Reader
	answer fasthttp.Response
}

func (c *client) close() {
	if c.conn != nil {
		_ = c.conn.Close()
		c.conn = nil
	}
}

// do sends a request and reads its answer's status.
func (c *client) do(ctx context.Context, request []byte) (status int, err error) {
	defer func() {
		if err != nil {
			c.close()
		}
	}()
	if c.conn == nil {
		var d net.Dialer
		if c.conn, err = d.DialContext(ctx, "tcp", c.addr); err != nil {
			return 0, fmt.Errorf("dial: %w", err)
		}
		c.in = bufio.NewReaderSize(c.conn, 4<<10)
	}
	if err := c.conn.SetDeadline(time.Now().Add(answerTime)); err != nil {
		return 0, err
	}
	if _, err := c.conn.Write(request); err != nil {
		return 0, fmt.Errorf("send: %w", err)
	}
	c.answer.Reset()
	if err := c.answer.Read(c.in); err != nil {
		return 0, fmt.Errorf("answer: %w", err)
	}
	if c.answer.ConnectionClose() {
		c.close()
	}
	return c.answer.StatusCode(), nil
}

// sample is what one measured stretch of load saw.
type sample struct {
	requests, refused, failed int
	elapsed                   time.Duration
	latencies                 []time.Duration
	first                     error // of those that failed
}

func (s *sample) count(status int, err error, took time.Duration) {
	s.requests++
	s.latencies = append(s.latencies, took)
	switch {
	case err != nil:
		s.failed++
		s.first = err
	case status >= 200 && status < 300:
	case status == fasthttp.StatusForbidden:
		s.refused++
	default:
		s.failed++
		s.first = fmt.Errorf("status %d", status)
	}
}

func (s *sample) add(o *sample) {
	s.requests, s.refused, s.failed = s.requests+o.requests, s.refused+o.refused, s.failed+o.failed
	s.elapsed = max(s.elapsed, o.elapsed)
	s.latencies = append(s.latencies, o.latencies...)
	if s.first == nil {
		s.first = o.first
	}
}

// throughput is answers that passed or were refused, a second.
func (s *sample) throughput() float64 {
	if s.elapsed <= 0 {
		return 0
	}
	return float64(s.requests-s.failed) / s.elapsed.Seconds()
}

// load hands out the world's requests one after the other.
type load struct {
	requests [][]byte
	next     atomic.Uint64
}

func (l *load) take() []byte { return l.requests[l.next.Add(1)%uint64(len(l.requests))] }

// closed runs connections clients for d, each sending as soon as it has its
// answer.
func (l *load) closed(ctx context.Context, addr string, connections int, d time.Duration) *sample {
	return each(connections, addr, func(c *client, s *sample) {
		begin := time.Now()
		for now := begin; now.Sub(begin) < d && ctx.Err() == nil; {
			status, err := c.do(ctx, l.take())
			after := time.Now()
			s.count(status, err, after.Sub(now))
			now = after
		}
		s.elapsed = time.Since(begin)
	})
}

// open sends rate requests a second for d and measures each from when it was
// due. senders bounds how many can be under way.
func (l *load) open(ctx context.Context, addr string, rate float64, senders int, d time.Duration) *sample {
	pace := bench.NewPace(rate, d)
	return each(senders, addr, func(c *client, s *sample) {
		for _, due := range pace.Due(ctx) {
			status, err := c.do(ctx, l.take())
			s.count(status, err, time.Since(due))
			s.elapsed = pace.Elapsed()
		}
	})
}

// all sends every request once, over connections clients.
func (l *load) all(ctx context.Context, addr string, connections int) error {
	var next atomic.Int64
	s := each(connections, addr, func(c *client, s *sample) {
		for ctx.Err() == nil {
			i := int(next.Add(1)) - 1
			if i >= len(l.requests) {
				break
			}
			status, err := c.do(ctx, l.requests[i])
			s.count(status, err, 0)
		}
	})
	if s.failed > 0 {
		return fmt.Errorf("%d of %d requests failed: %w", s.failed, s.requests, s.first)
	}
	return ctx.Err()
}

// each runs n clients of addr side by side and adds up what they saw.
func each(n int, addr string, run func(*client, *sample)) *sample {
	samples := make([]*sample, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			c := &client{addr: addr}
			defer c.close()
			s := &sample{} // apart from the others', which are written at the same time
			run(c, s)
			samples[i] = s
		})
	}
	wg.Wait()
	total := &sample{}
	for _, s := range samples {
		total.add(s)
	}
	return total
}
