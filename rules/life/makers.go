package life

import (
	"context"
	"errors"
	"reflect"
	"slices"

	"fairgate/rules"
)

// publications is how many publications back the declarations of features are
// compared.
const publications = 100

// Makers lists who made a rule what it is in a program that a verdict names:
// its owner, and the author, the editors and the publisher of the version that
// changed it last, and of those that last changed a feature that it stands on.
// Nobody but the owner is behind a rule of the shipped document, and nobody is
// known of a program that never was in force here.
func (s *Service) Makers(ctx context.Context, ruleset, program, rule string) ([]string, error) {
	origin, err := s.Origin(ctx, ruleset, program, rule)
	if errors.Is(err, ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	makers := []string{origin.Owner}
	if origin.Step != nil {
		v, err := s.Version(ctx, ruleset, origin.Step.Number)
		if err != nil {
			return nil, err
		}
		makers = append(makers, behind(&v)...)
	}
	declared, err := s.declarers(ctx, ruleset, origin.Number, rule)
	if err != nil {
		return nil, err
	}
	makers = append(makers, declared...)
	slices.Sort(makers)
	makers = slices.DeleteFunc(makers, func(name string) bool { return name == "" })
	return slices.Compact(makers), nil
}

// behind are the people behind a version.
func behind(v *Version) []string {
	out := append([]string{v.Author}, v.Editors...)
	if v.Publication != nil {
		out = append(out, v.Publication.By)
	}
	return out
}

// declarers are the people behind the versions that last changed the features
// that a rule of a published version stands on.
func (s *Service) declarers(ctx context.Context, ruleset string, number int64, rule string) ([]string, error) {
	if number == 0 {
		return nil, nil // the shipped document is nobody's
	}
	v, err := s.Version(ctx, ruleset, number)
	if err != nil {
		return nil, err
	}
	open, err := s.standsOn(v.Text, rule)
	if err != nil {
		return nil, err
	}
	published, err := s.publishedBefore(ctx, ruleset, &v)
	if err != nil {
		return nil, err
	}
	var out []string
	now := declarations(v.Text)
	for _, earlier := range append(published, 0) {
		if len(open) == 0 {
			break
		}
		text, err := s.text(ctx, ruleset, earlier)
		if err != nil && (earlier != 0 || !errors.Is(err, ErrNotFound)) {
			return nil, err
		}
		was := declarations(text)
		before := len(open)
		open = slices.DeleteFunc(open, func(name string) bool { return !reflect.DeepEqual(was[name], now[name]) })
		if len(open) < before {
			out = append(out, behind(&v)...)
		}
		if now = was; earlier == 0 {
			break
		}
		if v, err = s.Version(ctx, ruleset, earlier); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// publishedBefore are the numbers of the versions that were published before
// v, the last first.
func (s *Service) publishedBefore(ctx context.Context, ruleset string, v *Version) ([]int64, error) {
	if v.Publication == nil {
		return nil, nil
	}
	var earlier []Version
	for before := int64(0); len(earlier) < publications; {
		page, err := s.List(ctx, ruleset, before, MaxList)
		if err != nil {
			return nil, err
		}
		for _, p := range page {
			before = p.Number
			if p.Publication != nil && p.Publication.At.Before(v.Publication.At) {
				earlier = append(earlier, p)
			}
		}
		if len(page) < MaxList {
			break
		}
	}
	slices.SortStableFunc(earlier, func(a, b Version) int { return b.Publication.At.Compare(a.Publication.At) })
	var out []int64
	for _, p := range earlier[:min(len(earlier), publications)] {
		out = append(out, p.Number)
	}
	return out, nil
}

// standsOn names the features that a rule reads, and those that these are made
// of; of a band, those of every rule that gives it a score.
func (s *Service) standsOn(text, rule string) ([]string, error) {
	p, err := rules.Load("", []byte(text), s.o.Rules)
	if err != nil {
		return nil, err
	}
	document := p.Ruleset()
	read := p.FeaturesOf(rule)
	if slices.ContainsFunc(document.Bands, func(b rules.Band) bool { return b.ID == rule }) {
		for i := range document.Rules {
			if r := &document.Rules[i]; r.Score != 0 && weight(r) > 0 {
				read = append(read, p.FeaturesOf(r.ID)...)
			}
		}
	}
	names := make([]string, len(read))
	for i := range read {
		names[i] = read[i].Name
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// declarations are a document's features by name, without what only describes
// them.
func declarations(text string) map[string]*rules.Feature {
	out := map[string]*rules.Feature{}
	document, err := rules.Decode("", []byte(text))
	if err != nil {
		return out
	}
	for _, f := range document.Features {
		f.Description = ""
		out[f.Name] = &f
	}
	return out
}
