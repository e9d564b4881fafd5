package replay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"fairgate/ingest"
)

// Options say how a file is read; zero values mean the defaults named.
type Options struct {
	// Mapping; nil means DefaultMapping (combined logs).
	Mapping *Mapping
	Site    string // overrides the mapping's
	// Route gives route and kind to what no rule of the mapping takes, such
	// as the gateway's route table. nil: with DefaultMapping what is read is
	// a page.read, anything else is unmatched.
	Route func(method, path string) (route string, kind ingest.Kind, ok bool)
	// Enrich adds what the file does not say (GeoIP, …). It must not change
	// id or time.
	Enrich func(*ingest.Event)
	// Reorder is how far out of order the file may be. 0 sorts the whole file
	// in memory, at most MaxEvents (1,000,000) of them; anything else streams,
	// and what comes later than that is left out and counted as late.
	Reorder   time.Duration
	MaxEvents int
}

// Source is a file ready to be read, once or more often. It is not safe for
// concurrent use.
type Source struct {
	name   string
	opts   Options
	build  *builder
	report Report
}

// maxExamples of unreadable lines, and as many of unmatched ones, are kept.
const maxExamples = 10

// Report counts what one reading met.
type Report struct {
	Lines      int       `json:"lines"` // header and empty ones included
	Events     int       `json:"events"`
	Unreadable int       `json:"unreadable"` // lines that no event could be made of
	Unmatched  int       `json:"unmatched"`  // readable lines that no kind applies to
	Late       int       `json:"late"`       // events older than the reordering window
	Examples   []Example `json:"examples,omitempty"`
}

// Example is one of the first lines that gave no event.
type Example struct {
	Line int    `json:"line"`
	Why  string `json:"why"`
}

// Open checks the file and the mapping against its header. What the lines
// hold is found out by Records.
func Open(name string, opts Options) (*Source, error) {
	if opts.Mapping == nil {
		opts.Mapping = DefaultMapping()
		if opts.Route == nil {
			opts.Route = readsArePages
		}
	} else {
		m := *opts.Mapping
		m.complete()
		if err := m.Validate(); err != nil {
			return nil, fmt.Errorf("replay %q: %w", name, err)
		}
		opts.Mapping = &m
	}
	if opts.MaxEvents <= 0 {
		opts.MaxEvents = 1_000_000
	}
	s := &Source{name: name, opts: opts}
	in, header, err := s.start()
	if err != nil {
		return nil, fmt.Errorf("replay %q: %w", name, err)
	}
	if err := in.close(); err != nil {
		return nil, fmt.Errorf("replay %q: %w", name, err)
	}
	if s.build, err = newBuilder(opts.Mapping, header, opts); err != nil {
		return nil, fmt.Errorf("replay %q: %w", name, err)
	}
	return s, nil
}

// readsArePages is what the gateway makes of reads that no route names.
func readsArePages(method, _ string) (string, ingest.Kind, bool) {
	return "unmatched-read", ingest.KindPageRead, method == "GET" || method == "HEAD"
}

// start opens the file and reads its header.
func (s *Source) start() (*lines, []string, error) {
	in, err := openLines(s.name)
	if err != nil {
		return nil, nil, err
	}
	m := s.opts.Mapping
	switch {
	case m.Format == FormatCombined:
		return in, combinedHeader(), nil
	case len(m.Header) > 0:
		return in, m.Header, nil
	}
	line, _, err := in.next()
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("read header: %w", err), in.close())
	}
	header, err := splitCSV(strings.TrimPrefix(string(line), "\ufeff"), s.delimiter(), nil)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("read header: %w", err), in.close())
	}
	for i := range header {
		header[i] = strings.TrimSpace(header[i])
	}
	return in, header, nil
}

func (s *Source) delimiter() byte {
	if d := s.opts.Mapping.Delimiter; d != "" {
		return d[0]
	}
	return ','
}

// Records gives the file's records in the order of (time, id). Lines that
// give no event never end it; the report counts them. The only error is the
// last value: the file could not be read on, or ctx ended.
func (s *Source) Records(ctx context.Context) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		s.report = Report{}
		emit := func(r Record) bool {
			s.report.Events++
			r.Event.Seq = uint64(s.report.Events) //nolint:gosec // counted from 1
			return yield(r, nil)
		}
		var err error
		if s.opts.Reorder > 0 {
			err = s.stream(ctx, emit)
		} else {
			err = s.sorted(ctx, emit)
		}
		if err != nil && !errors.Is(err, errStopped) {
			yield(Record{}, fmt.Errorf("replay %q: %w", s.name, err))
		}
	}
}

// Report is what the last reading counted; during one, so far.
func (s *Source) Report() Report {
	r := s.report
	r.Examples = slices.Clone(r.Examples)
	return r
}

// errStopped says that the caller wants no more.
var errStopped = errors.New("stopped")

func (s *Source) sorted(ctx context.Context, emit func(Record) bool) error {
	var all []Record
	err := s.parse(ctx, func(r Record) error {
		if len(all) == s.opts.MaxEvents {
			return fmt.Errorf("more than %d events to sort: set a reordering window", s.opts.MaxEvents)
		}
		all = append(all, r)
		return nil
	})
	if err != nil {
		return err
	}
	slices.SortStableFunc(all, compare)
	for _, r := range all {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !emit(r) {
			return errStopped
		}
	}
	return nil
}

// parse gives the file's records in the file's order to take.
func (s *Source) parse(ctx context.Context, take func(Record) error) (err error) {
	in, _, err := s.start()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.close()) }()
	var row []string
	for i := 0; ; i++ {
		if i%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		line, n, err := in.next()
		s.report.Lines = n
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, errLong):
			s.fault(n, err)
			continue
		case err != nil:
			return err
		case len(line) == 0:
			continue
		}
		text := string(line)
		if s.opts.Mapping.Format == FormatCombined {
			row, err = parseCombined(text, row)
		} else {
			row, err = splitCSV(text, s.delimiter(), row)
		}
		var r Record
		if err == nil {
			r, err = s.build.record(row, line, n)
		}
		if err != nil {
			s.fault(n, err)
			continue
		}
		if err := take(r); err != nil {
			return err
		}
	}
}

func (s *Source) fault(line int, err error) {
	count := &s.report.Unreadable
	if errors.Is(err, errUnmatched) {
		count = &s.report.Unmatched
	}
	if *count++; *count <= maxExamples {
		s.report.Examples = append(s.report.Examples, Example{Line: line, Why: err.Error()})
	}
}
