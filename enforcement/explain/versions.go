package explain

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"fairgate/rules"
	"fairgate/rules/source"
)

// Library finds versions among the documents of sources, such as the shipped
// rulesets and a folder of configured ones. It is safe for concurrent use.
type Library struct {
	sources []source.Source
	options rules.Options

	mu    sync.Mutex
	known map[string]*rules.Program // by version; documents are few
}

var _ Versions = (*Library)(nil)

// NewLibrary returns a Library of the sources, asked in their order.
func NewLibrary(options rules.Options, sources ...source.Source) *Library {
	return &Library{sources: sources, options: options, known: map[string]*rules.Program{}}
}

// Program looks for the version among what the sources have now and what they
// had at earlier calls. A source that cannot be read fails the call only if
// the version is in none of the others.
func (l *Library) Program(ctx context.Context, version string) (*rules.Program, string, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if p := l.known[version]; p != nil {
		return p, p.Ruleset().Name, nil
	}
	var errs []error
	for _, s := range l.sources {
		documents, err := s.Load(ctx)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		for _, d := range documents {
			p, err := rules.Load(d.Origin, d.Data, l.options)
			if err != nil { // whoever keeps it is told when it is loaded
				continue
			}
			l.known[p.Version()] = p
			if p.Version() == version {
				return p, d.Name, nil
			}
		}
	}
	if err := errors.Join(errs...); err != nil {
		return nil, "", fmt.Errorf("look for ruleset version %q: %w", version, err)
	}
	return nil, "", fmt.Errorf("%w: %q", ErrUnknownVersion, version)
}

// Libraries asks several Versions in turn.
type Libraries []Versions

// Program gives the first answer that is not ErrUnknownVersion.
func (l Libraries) Program(ctx context.Context, version string) (*rules.Program, string, error) {
	for _, v := range l {
		p, origin, err := v.Program(ctx, version)
		if !errors.Is(err, ErrUnknownVersion) {
			return p, origin, err
		}
	}
	return nil, "", fmt.Errorf("%w: %q", ErrUnknownVersion, version)
}
