package report

import (
	"bytes"
	"fmt"
	"html/template"
	"image/color"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"fairgate/cmd/internal/simulate"
)

// Colours of the console: a person is never green, an attacker never red.
func blue() color.Color   { return color.RGBA{0x33, 0x70, 0x9F, 0xFF} }
func orange() color.Color { return color.RGBA{0xA8, 0x51, 0x00, 0xFF} }

// row is a share of a plot with one line a name.
type row struct {
	name           string
	at, low, above float64
}

// draw makes the plots for which there are figures.
func (p *page) draw() error {
	var intercepted, soon []row
	for _, s := range p.Scenarios {
		if !s.Of.AlertOnly && s.Of.Intents > 0 {
			r := s.Of.Interception
			intercepted = append(intercepted, row{s.ID, 100 * r.Value, 100 * r.Low, 100 * r.High})
		}
		if f := s.Of.FirstAction.Requests; f.Median > 0 {
			soon = append(soon, row{s.ID, f.Median, f.P10, f.P90})
		}
	}
	var harmed, challenged, leaks []row
	for _, c := range p.Cohorts {
		harmed = append(harmed, rateRow(c.ID, c.Of.HarmedRate))
		challenged = append(challenged, rateRow(c.ID, c.Of.ChallengedRate))
	}
	for _, l := range p.Worst {
		leaks = append(leaks, row{fmt.Sprintf("%s (%s)", l.Property, l.Scenario), l.AUC, l.AUC, l.AUC})
	}
	for _, chart := range []struct {
		name, unit string
		rows       []row
		from, to   float64 // of the axis, at least
		log        bool
	}{
		{"intercepted", "% of intents, with 95 % interval", intercepted, 90, 100, false},
		{"harmed", "% of people harmed, with 95 % interval", harmed, 0, 1, false},
		{"challenged", "% of people challenged, with 95 % interval", challenged, 0, 2, false},
		{"soon", "requests to the first action: median, and from the 10th to the 90th percentile", soon, 1, 10, true},
		{"leaks", "AUC on others than it was learnt from", leaks, 0.45, 0.6, false},
	} {
		if len(chart.rows) == 0 {
			continue
		}
		if err := p.rows(chart.name, chart.unit, chart.rows, [2]float64{chart.from, chart.to}, chart.log); err != nil {
			return err
		}
	}
	if s := p.Run.Truth.Scores; s != nil {
		if err := p.scores(s); err != nil {
			return err
		}
		return p.roc(s)
	}
	return nil
}

func rateRow(name string, r simulate.Rate) row {
	return row{name, 100 * r.Value, 100 * r.Low, 100 * r.High}
}

// spans are rows as gonum's error bars want them; the first row stands on top.
type spans []row

func (s spans) Len() int                         { return len(s) }
func (s spans) XY(i int) (x, y float64)          { return s[i].at, float64(len(s) - 1 - i) }
func (s spans) XError(i int) (below, up float64) { return s[i].low - s[i].at, s[i].above - s[i].at }

// rows plots a point with its span for each name, on an axis at least this long.
func (p *page) rows(name, unit string, rows []row, axis [2]float64, log bool) error {
	chart := plot.New()
	chart.X.Label.Text = unit
	if log {
		chart.X.Scale, chart.X.Tick.Marker = plot.LogScale{}, plot.LogTicks{Prec: -1}
	}
	points, err := plotter.NewScatter(spans(rows))
	if err != nil {
		return fmt.Errorf("plot %s: %w", name, err)
	}
	points.Shape, points.Color = draw.CircleGlyph{}, blue()
	bars, err := plotter.NewXErrorBars(spans(rows))
	if err != nil {
		return fmt.Errorf("plot %s: %w", name, err)
	}
	bars.Color, bars.Width = blue(), vg.Points(1.2)
	names := make([]string, len(rows))
	for i, r := range rows {
		names[len(rows)-1-i] = r.name
	}
	chart.Add(plotter.NewGrid(), bars, points)
	chart.NominalY(names...)
	chart.X.Min, chart.X.Max = min(chart.X.Min, axis[0]), max(chart.X.Max, axis[1])
	return p.put(name, chart, vg.Length(len(rows))*16+70)
}

// scores plots how many accounts reached which score.
func (p *page) scores(s *simulate.Scores) error {
	chart := plot.New()
	chart.X.Label.Text, chart.Y.Label.Text = "highest risk score of an account", "share of accounts, %"
	for i, group := range []struct {
		name   string
		counts [10]int
		color  color.Color
	}{{"people", s.People, blue()}, {"attackers", s.Attackers, orange()}} {
		total := 0
		for _, n := range group.counts {
			total += n
		}
		values := make(plotter.Values, len(group.counts))
		for step, n := range group.counts {
			values[step] = 100 * float64(n) / float64(max(total, 1))
		}
		bars, err := plotter.NewBarChart(values, vg.Points(14))
		if err != nil {
			return fmt.Errorf("plot scores: %w", err)
		}
		bars.Color, bars.LineStyle.Width, bars.Offset = group.color, 0, vg.Points(float64(2*i-1)*7)
		chart.Add(bars)
		chart.Legend.Add(group.name, bars)
	}
	chart.Legend.Top, chart.Legend.XOffs = true, -vg.Points(200) // between the ends, where most are
	chart.NominalX("0–", "10–", "20–", "30–", "40–", "50–", "60–", "70–", "80–", "90–100")
	return p.put("scores", chart, 240)
}

// roc plots what each threshold of the score would find.
func (p *page) roc(s *simulate.Scores) error {
	chart := plot.New()
	chart.X.Label.Text, chart.Y.Label.Text = "people at or above the threshold, %", "attackers, %"
	line := plotter.XYs{{}}
	for _, o := range s.ROC {
		line = append(line, plotter.XY{X: 100 * o.People, Y: 100 * o.Attackers})
	}
	curve, err := plotter.NewLine(line)
	if err != nil {
		return fmt.Errorf("plot ROC: %w", err)
	}
	chance, err := plotter.NewLine(plotter.XYs{{}, {X: 100, Y: 100}})
	if err != nil {
		return fmt.Errorf("plot ROC: %w", err)
	}
	curve.Color, curve.Width = orange(), vg.Points(1.5)
	chance.Color, chance.Dashes = color.Gray{Y: 0x99}, []vg.Length{3, 3}
	chart.Add(plotter.NewGrid(), chance, curve)
	chart.Legend.Add(fmt.Sprintf("area under the curve %.3f", s.AUC), curve)
	return p.put("roc", chart, 320)
}

// put draws a chart as an SVG element for the page.
func (p *page) put(name string, chart *plot.Plot, height vg.Length) error {
	chart.BackgroundColor = nil
	for _, style := range []*text.Style{
		&chart.X.Label.TextStyle, &chart.X.Tick.Label, &chart.Y.Label.TextStyle, &chart.Y.Tick.Label, &chart.Legend.TextStyle,
	} {
		style.Font.Variant = "Sans"
	}
	canvas := vgsvg.New(vg.Points(560), height)
	chart.Draw(draw.Crop(draw.New(canvas), 0, -vg.Points(24), 0, -vg.Points(4))) // for half a label at the end of an axis
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return fmt.Errorf("draw %s: %w", name, err)
	}
	_, element, found := bytes.Cut(out.Bytes(), []byte("<svg"))
	if !found {
		return fmt.Errorf("draw %s: the canvas gave no SVG", name)
	}
	p.Plots[name] = template.HTML("<svg" + string(element)) //nolint:gosec // drawn here, of figures and the catalogue's ids
	return nil
}
