// Package lifetest has what a store of ruleset versions must do, as a suite
// that every life.Store passes, and a store in memory for tests of what stands
// on one. It is imported by tests only.
package lifetest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"fairgate/rules/life"
)

// Memory is a life.Store that forgets. It is safe for concurrent use.
type Memory struct {
	mu          sync.Mutex
	versions    map[string][]life.Version
	number      map[string]int64
	steps       []life.Step
	programs    map[[2]string]int64
	tightenings []life.Tightening
}

var _ life.Store = (*Memory)(nil)

// NewMemory returns an empty store.
func NewMemory() *Memory {
	return &Memory{versions: map[string][]life.Version{}, number: map[string]int64{}, programs: map[[2]string]int64{}}
}

// Insert gives the version the next number.
func (m *Memory) Insert(_ context.Context, v life.Version) (life.Version, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v.Number = int64(len(m.versions[v.Ruleset]) + 1)
	m.versions[v.Ruleset] = append(m.versions[v.Ruleset], v)
	return v, nil
}

// Version reads one.
func (m *Memory) Version(_ context.Context, ruleset string, number int64) (life.Version, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, err := m.find(ruleset, number)
	if err != nil {
		return life.Version{}, err
	}
	return *v, nil
}

func (m *Memory) find(ruleset string, number int64) (*life.Version, error) {
	if all := m.versions[ruleset]; number >= 1 && number <= int64(len(all)) {
		return &all[number-1], nil
	}
	return nil, fmt.Errorf("%w: ruleset %q has no version %d", life.ErrNotFound, ruleset, number)
}

// List reads versions without their texts.
func (m *Memory) List(_ context.Context, ruleset string, before int64, limit int) ([]life.Version, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []life.Version
	for _, v := range slices.Backward(m.versions[ruleset]) {
		if (before == 0 || v.Number < before) && len(out) < limit {
			v.Text = ""
			out = append(out, v)
		}
	}
	return out, nil
}

// Save writes a version that is still as was.
func (m *Memory) Save(_ context.Context, was, v life.Version) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.save(was, v)
}

func (m *Memory) save(was, v life.Version) error {
	at, err := m.find(v.Ruleset, v.Number)
	if err != nil || at.State != was.State || at.Hash != was.Hash {
		return fmt.Errorf("%w: version %d", life.ErrStale, v.Number)
	}
	*at = v
	return nil
}

// Live reads what is in force.
func (m *Memory) Live(_ context.Context, ruleset string) (life.Live, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out life.Live
	if n := m.number[ruleset]; n > 0 {
		v := m.versions[ruleset][n-1]
		out.Version = &v
	}
	for _, t := range m.tightenings {
		if t.Ruleset == ruleset && t.Ended.IsZero() {
			out.Tightenings = append(out.Tightenings, t)
		}
	}
	return out, nil
}

// Publish puts a version in force.
func (m *Memory) Publish(_ context.Context, p life.Publishing) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	ruleset := p.Version.Ruleset
	if m.number[ruleset] != p.Replaces {
		return fmt.Errorf("%w: version %d is in force", life.ErrStale, m.number[ruleset])
	}
	if err := m.save(p.Was, p.Version); err != nil {
		return err
	}
	if p.Replaces > 0 {
		old := &m.versions[ruleset][p.Replaces-1]
		publication := *old.Publication
		publication.Until = p.Version.Publication.At
		old.State, old.Changed, old.Publication = life.Superseded, publication.Until, &publication
	}
	m.number[ruleset] = p.Version.Number
	for _, id := range p.Ended {
		m.end(id, p.Version.Publication.At, p.Version.Publication.By, p.Version.Publication.Reason)
	}
	m.record(ruleset, p.Version.Number, p.Programs)
	m.steps = append(m.steps, p.Steps...)
	return nil
}

func (m *Memory) record(ruleset string, number int64, programs []string) {
	for _, program := range programs {
		m.programs[[2]string{ruleset, program}] = number
	}
}

// Steps reads a rule's steps, the newest first.
func (m *Memory) Steps(_ context.Context, ruleset, rule string, limit int) ([]life.Step, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []life.Step
	for _, s := range slices.Backward(m.steps) {
		if s.Ruleset == ruleset && s.Rule == rule && len(out) < limit {
			out = append(out, s)
		}
	}
	return out, nil
}

// Program tells which version a program was.
func (m *Memory) Program(_ context.Context, ruleset, program string) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	number, ok := m.programs[[2]string{ruleset, program}]
	if !ok {
		return 0, fmt.Errorf("%w: program %q", life.ErrNotFound, program)
	}
	return number, nil
}

// Begin records a tightening.
func (m *Memory) Begin(_ context.Context, t life.Tightening, programs []string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for i := range m.tightenings {
		if x := &m.tightenings[i]; x.Ruleset == t.Ruleset && x.Rule == t.Rule && x.Running(t.Begun) {
			return fmt.Errorf("%w: rule %q is tightened", life.ErrState, t.Rule)
		}
	}
	m.tightenings = append(m.tightenings, t)
	m.record(t.Ruleset, m.number[t.Ruleset], programs)
	return nil
}

// End records that a tightening is over.
func (m *Memory) End(_ context.Context, ruleset, id string, at time.Time, by, reason string) (life.Tightening, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	ended := m.end(id, at, by, reason)
	for _, t := range m.tightenings {
		if t.Ruleset == ruleset && t.ID == id {
			return t, ended, nil
		}
	}
	return life.Tightening{}, false, fmt.Errorf("%w: tightening %q", life.ErrNotFound, id)
}

func (m *Memory) end(id string, at time.Time, by, reason string) bool {
	for i := range m.tightenings {
		if t := &m.tightenings[i]; t.ID == id && t.Ended.IsZero() {
			t.Ended, t.EndedBy, t.EndReason = at, by, reason
			return true
		}
	}
	return false
}

// Tightened reads those that began since, the newest first.
func (m *Memory) Tightened(_ context.Context, ruleset string, since time.Time) ([]life.Tightening, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []life.Tightening
	for _, t := range slices.Backward(m.tightenings) {
		if t.Ruleset == ruleset && !t.Begun.Before(since) {
			out = append(out, t)
		}
	}
	return out, nil
}
