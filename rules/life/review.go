package life

import (
	"context"
	"fmt"
	"slices"

	"fairgate/rules"
)

// Review is what there is to know about a version before it is approved or
// published.
type Review struct {
	// Problems keep it from compiling; the rest is empty then.
	Problems []*rules.Problem `json:"problems,omitempty"`
	// InForce is the hash of what is in force now, and Stale that the version
	// was made from another text.
	InForce string   `json:"in_force"`
	Stale   bool     `json:"stale,omitempty"`
	Changes []Change `json:"changes"`
	// Instant says that one person may publish it alone.
	Instant bool `json:"instant"`
	// Objections are those of every gate that was asked.
	Objections []Objection `json:"objections"`
}

// Review compares a version with what is in force and asks the gates. Without
// all, only those gates are asked that look at nothing but the document, which
// is quick.
func (s *Service) Review(ctx context.Context, v *Version, all bool) (*Review, error) {
	current, err := s.InForce(ctx, v.Ruleset)
	if err != nil {
		return nil, err
	}
	out := &Review{InForce: current.Hash, Stale: v.State.Open() && v.Base != current.Hash, Changes: []Change{}, Objections: []Objection{}}
	next, err := s.compile(v)
	if err != nil {
		out.Problems = rules.Problems(err)
		return out, nil
	}
	if out.Changes, err = Diff(current.program.Ruleset(), next.Ruleset()); err != nil {
		return nil, err
	}
	out.Instant = Instant(out.Changes)
	out.Objections, err = s.objections(ctx, current, next, out.Changes, all)
	return out, err
}

// objections asks the gates: those of this package always, the others where
// something becomes stronger and all are wanted.
func (s *Service) objections(ctx context.Context, current *InForce, next *rules.Program, changes []Change, all bool) ([]Objection, error) {
	out := objectToSteps(changes)
	observed, err := watched{least: s.o.Observe, now: s.o.Now, steps: func(ctx context.Context, rule string) ([]Step, error) {
		return s.store.Steps(ctx, current.Ruleset, rule, maxSteps)
	}}.objections(ctx, changes)
	if err != nil {
		return nil, err
	}
	gates := Gates{Cases{}}
	if !Instant(changes) {
		gates = append(gates, &s.lint)
		if all {
			gates = append(gates, s.o.Gates...)
		}
	}
	asked, err := gates.Check(ctx, current.program, next)
	if err != nil {
		return nil, fmt.Errorf("ask the gates: %w", err)
	}
	return append([]Objection{}, slices.Concat(out, observed, asked)...), nil
}

// Compare says what changed between two versions of a ruleset; 0 stands for the
// shipped document.
func (s *Service) Compare(ctx context.Context, ruleset string, from, to int64) ([]Change, error) {
	var sides [2]*rules.Ruleset
	for i, number := range []int64{from, to} {
		text, err := s.text(ctx, ruleset, number)
		if err != nil {
			return nil, err
		}
		if sides[i], err = rules.Decode("", []byte(text)); err != nil {
			return nil, fmt.Errorf("version %d: %w", number, err)
		}
	}
	return Diff(sides[0], sides[1])
}

// text is that of a version, or for 0 of the shipped document.
func (s *Service) text(ctx context.Context, ruleset string, number int64) (string, error) {
	if number == 0 {
		if err := checkName(ruleset); err != nil {
			return "", err
		}
		d, err := s.document(ctx, ruleset)
		return string(d.Data), err
	}
	v, err := s.Version(ctx, ruleset, number)
	return v.Text, err
}

// maxSteps is how far back a rule's steps are looked at.
const maxSteps = 100

// Steps reads a rule's life in the published versions, the newest first. A rule
// of the shipped document has none before its first change.
func (s *Service) Steps(ctx context.Context, ruleset, rule string) ([]Step, error) {
	if err := checkName(ruleset); err != nil {
		return nil, err
	}
	return s.store.Steps(ctx, ruleset, rule, maxSteps)
}

// maxLatest is how many steps are looked through for the latest of every rule.
const maxLatest = 2000

// Latest is the last step of every rule, by its id. Rules that were not touched
// by the last 2,000 steps are left out.
func (s *Service) Latest(ctx context.Context, ruleset string) (map[string]Step, error) {
	if err := checkName(ruleset); err != nil {
		return nil, err
	}
	steps, err := s.store.Steps(ctx, ruleset, "", maxLatest)
	if err != nil {
		return nil, err
	}
	out := map[string]Step{}
	for _, step := range steps {
		if _, ok := out[step.Rule]; !ok {
			out[step.Rule] = step
		}
	}
	return out, nil
}

// Origin is whose work a program is, as far as it is known.
type Origin struct {
	// Number of the version; 0: the shipped document.
	Number int64 `json:"number"`
	// Author, Publisher and Approver of the version; empty for the shipped
	// document, and Approver where nobody had to approve.
	Author    string `json:"author,omitempty"`
	Publisher string `json:"publisher,omitempty"`
	Approver  string `json:"approver,omitempty"`
	// Owner is the rule's, as the document says.
	Owner string `json:"owner,omitempty"`
	// Step is the rule's last step up to that version, nil where it has none.
	Step *Step `json:"step,omitempty"`
}

// Origin says who is behind a rule of a program that a verdict names, for those
// who page people about it. The error is ErrNotFound for a program that never
// was in force here.
func (s *Service) Origin(ctx context.Context, ruleset, program, rule string) (Origin, error) {
	if err := checkName(ruleset); err != nil {
		return Origin{}, err
	}
	number, err := s.store.Program(ctx, ruleset, program)
	if err != nil && !s.isShipped(ctx, ruleset, program) {
		return Origin{}, err
	}
	out := Origin{Number: number}
	text, err := s.text(ctx, ruleset, number)
	if err != nil {
		return Origin{}, err
	}
	if rs, err := rules.Decode("", []byte(text)); err == nil {
		if r := ruleOf(rs, rule); r != nil {
			out.Owner = r.Owner
		}
	}
	if number == 0 {
		return out, nil
	}
	v, err := s.Version(ctx, ruleset, number)
	if err != nil {
		return Origin{}, err
	}
	out.Author = v.Author
	if v.Publication != nil {
		out.Publisher = v.Publication.By
	}
	if v.Approval != nil {
		out.Approver = v.Approval.By
	}
	steps, err := s.Steps(ctx, ruleset, rule)
	if err != nil {
		return Origin{}, err
	}
	if i := slices.IndexFunc(steps, func(s Step) bool { return s.Number <= number }); i >= 0 {
		out.Step = &steps[i]
	}
	return out, nil
}

// isShipped reports whether the program is the shipped document's, which nobody
// published.
func (s *Service) isShipped(ctx context.Context, ruleset, program string) bool {
	d, err := s.document(ctx, ruleset)
	return err == nil && s.programOf(string(d.Data)) == program
}
