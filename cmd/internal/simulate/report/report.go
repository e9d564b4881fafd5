package report

import (
	"bytes"
	"cmp"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"fairgate/cmd/internal/simulate"
	"fairgate/enforcement/ledger"
	"fairgate/ingest/note"
)

//go:embed page.html
var pageText string

// Data is what report.json holds.
type Data struct {
	Run *simulate.Report `json:"run"`
	// Leaks are the properties by which rules could tell attackers from people
	// although nobody behaved in any way.
	Leaks []simulate.Leak `json:"leaks"`
}

// Write makes the folder where it is missing and replaces both files in it, each
// at once: who reads meanwhile reads the old one or the new one.
func Write(dir string, d Data) error {
	if d.Run == nil {
		return errors.New("a report needs a run")
	}
	page, err := render(d)
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return fmt.Errorf("encode the report: %w", err)
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return fmt.Errorf("folder of the report: %w", err)
	}
	return errors.Join(note.Replace(filepath.Join(dir, "report.json"), append(text, '\n')), note.Replace(filepath.Join(dir, "report.html"), page))
}

// named is one line of a table.
type named[T any] struct {
	ID    string
	About string
	Of    T
}

// page is what the template is given.
type page struct {
	Data
	Scenarios []named[simulate.ScenarioFigures]
	Cohorts   []named[simulate.CohortFigures]
	Worst     []simulate.Leak // of each property that is no signal, the scenario where it tells most
	MostLeak  float64
	Plots     map[string]template.HTML
}

func render(d Data) ([]byte, error) {
	p := page{
		Data: d, Scenarios: lines(d.Run.Truth.Scenarios), Cohorts: lines(d.Run.Truth.Cohorts),
		Worst: worst(d.Leaks), MostLeak: simulate.MostLeak, Plots: map[string]template.HTML{},
	}
	if err := p.draw(); err != nil {
		return nil, err
	}
	t, err := template.New("report").Funcs(template.FuncMap{
		"percent": func(x float64) string { return fmt.Sprintf("%.2f %%", 100*x) },
		"rate":    rateText,
		"number":  func(x float64) string { return fmt.Sprintf("%.3g", x) },
	}).Parse(pageText)
	if err != nil {
		return nil, fmt.Errorf("page of the report: %w", err)
	}
	var out bytes.Buffer
	if err := t.Execute(&out, p); err != nil {
		return nil, fmt.Errorf("page of the report: %w", err)
	}
	return out.Bytes(), nil
}

// rateText writes a rate as the console does: the counts, and below
// ledger.MinLabels no more than these.
func rateText(r simulate.Rate) string {
	counts := fmt.Sprintf("%d/%d", r.Numerator, r.Denominator)
	if r.Denominator < ledger.MinLabels {
		return counts + " · too few"
	}
	return fmt.Sprintf("%s · %.2f %% (%.2f–%.2f)", counts, 100*r.Value, 100*r.Low, 100*r.High)
}

// lines lists figures as a person counts the catalogue, with what it says of
// each.
func lines[T any](of map[string]T) []named[T] {
	about := map[string]string{}
	for _, s := range simulate.Scenarios() {
		about[s.ID] = s.About
	}
	ids := simulate.InOrder(of)
	out := make([]named[T], len(ids))
	for i, id := range ids {
		out[i] = named[T]{id, about[id], of[id]}
	}
	return out
}

func worst(leaks []simulate.Leak) []simulate.Leak {
	most := map[simulate.Property]simulate.Leak{}
	for _, l := range leaks {
		if known, ok := most[l.Property]; !l.Signal && (!ok || l.AUC > known.AUC) {
			most[l.Property] = l
		}
	}
	return slices.SortedFunc(maps.Values(most), func(a, b simulate.Leak) int {
		return cmp.Or(cmp.Compare(b.AUC, a.AUC), cmp.Compare(a.Property, b.Property))
	})
}
