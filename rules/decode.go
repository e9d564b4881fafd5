package rules

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	yaml "go.yaml.in/yaml/v3"

	"fairgate/ingest"
)

// MaxSize is the largest document that Decode reads, in bytes: some thousand
// rules with the cases that hold their thresholds in place.
const MaxSize = 4 << 20

// Decode reads one YAML document and applies the defaults (stage inline, mode
// live). Unknown or repeated fields, wrong types, unreadable durations,
// anchors, aliases and a second document are refused. The error joins a
// *Problem for everything found; name appears in them as the file.
//
// Decode checks the document's form. What it says is checked by Compile; Load
// does both and reports both.
func Decode(name string, data []byte) (*Ruleset, error) {
	rs, c := decode(name, data, &pace{})
	if err := c.err(); err != nil {
		return nil, err
	}
	return rs, nil
}

// Load decodes and compiles a document, and reports the problems of both
// steps at once.
func Load(name string, data []byte, o Options) (*Program, error) {
	pace := &pace{pause: o.Pause}
	rs, c := decode(name, data, pace)
	if rs == nil {
		return nil, c.err()
	}
	p := compile(rs, o, c, pace)
	if err := c.err(); err != nil {
		return nil, err
	}
	return p, nil
}

// decode returns what could be read even where there were problems; the
// ruleset is nil only if nothing could.
func decode(name string, data []byte, pace *pace) (*Ruleset, *problems) {
	c := &problems{file: name, lines: map[string]int{}}
	if len(data) > MaxSize {
		c.add("", "", "document has %d bytes, at most %d are read", len(data), MaxSize)
		return nil, c
	}
	dec := yaml.NewDecoder(pacedReader{bytes.NewReader(data), pace})
	var root yaml.Node
	if err := dec.Decode(&root); err != nil {
		if errors.Is(err, io.EOF) {
			c.add("", "", "document is empty")
		} else {
			c.add("", "", "%v", err)
		}
		return nil, c
	}
	var second yaml.Node
	if err := dec.Decode(&second); !errors.Is(err, io.EOF) {
		c.add("", "", "more than one YAML document in the file, or text after it")
		return nil, c
	}
	d := &decoder{problems: c, pace: pace}
	rs := &Ruleset{file: name, lines: c.lines}
	d.ruleset(root.Content[0], rs)
	return rs, c
}

func (d *decoder) ruleset(n *yaml.Node, rs *Ruleset) {
	d.fields(n, "", map[string]reader{
		"name":        d.text(&rs.Name),
		"description": d.text(&rs.Description),
		"features": func(n *yaml.Node, path string) {
			d.each(n, path, func(n *yaml.Node, path string) {
				f := Feature{Stage: StageInline}
				d.feature(n, path, &f)
				rs.Features = append(rs.Features, f)
			})
		},
		"rules": func(n *yaml.Node, path string) {
			d.each(n, path, func(n *yaml.Node, path string) {
				r := Rule{Stage: StageInline, Mode: ModeLive}
				d.rule(n, path, &r)
				rs.Rules = append(rs.Rules, r)
			})
		},
		"bands": func(n *yaml.Node, path string) {
			d.each(n, path, func(n *yaml.Node, path string) {
				b := Band{Stage: StageInline, Mode: ModeLive}
				d.band(n, path, &b)
				rs.Bands = append(rs.Bands, b)
			})
		},
	})
}

func (d *decoder) feature(n *yaml.Node, path string, f *Feature) {
	d.fields(n, path, map[string]reader{
		"name":        d.text(&f.Name),
		"description": d.text(&f.Description),
		"entity":      d.text((*string)(&f.Entity)), // a pair is none of a list
		"events":      d.kinds(&f.Events),
		"where":       d.text(&f.Where),
		"window":      d.duration(&f.Window),
		"aggregate":   enum(d, &f.Aggregate, Aggregates()),
		"of":          d.text((*string)(&f.Of)), // a ratio's is the name of a feature
		"over":        d.text(&f.Over),
		"before":      d.duration(&f.Before),
		"precision":   enum(d, &f.Precision, Precisions()),
		"stage":       enum(d, &f.Stage, Stages()),
	})
}

func (d *decoder) rule(n *yaml.Node, path string, r *Rule) {
	d.fields(n, path, map[string]reader{
		"id":          d.text(&r.ID),
		"description": d.text(&r.Description),
		"stage":       enum(d, &r.Stage, []Stage{StageInline, StageAsync}),
		"events":      d.kinds(&r.Events),
		"when":        d.text(&r.When),
		"on":          enum(d, &r.On, Entities()),
		"action":      enum(d, &r.Action, ruleActions()),
		"score":       d.number(&r.Score),
		"ttl":         d.duration(&r.TTL),
		"repeat":      d.repeat(&r.Repeat),
		"mode":        enum(d, &r.Mode, Modes()),
		"share":       d.number(&r.Share),
		"owner":       d.text(&r.Owner),
		"scenarios":   d.texts(&r.Scenarios),
		"tags":        d.texts(&r.Tags),
		"reason":      enum(d, &r.Reason, ruleReasons()),
		"messages":    d.messages(&r.Messages),
		"cases":       d.examples(&r.Cases),
	})
}

func (d *decoder) band(n *yaml.Node, path string, b *Band) {
	d.fields(n, path, map[string]reader{
		"id":          d.text(&b.ID),
		"description": d.text(&b.Description),
		"stage":       enum(d, &b.Stage, []Stage{StageInline, StageAsync}),
		"events":      d.kinds(&b.Events),
		"from":        d.number(&b.From),
		"on":          enum(d, &b.On, Entities()),
		"action":      enum(d, &b.Action, bandActions()),
		"ttl":         d.duration(&b.TTL),
		"repeat":      d.repeat(&b.Repeat),
		"mode":        enum(d, &b.Mode, Modes()),
		"share":       d.number(&b.Share),
		"owner":       d.text(&b.Owner),
		"scenarios":   d.texts(&b.Scenarios),
		"tags":        d.texts(&b.Tags),
		"reason":      enum(d, &b.Reason, ruleReasons()),
		"messages":    d.messages(&b.Messages),
		"cases":       d.examples(&b.Cases),
	})
}

func (d *decoder) repeat(to *Repeat) reader {
	return func(n *yaml.Node, path string) {
		d.fields(n, path, map[string]reader{
			"within": d.duration(&to.Within),
			"ttl": func(n *yaml.Node, path string) {
				d.each(n, path, func(n *yaml.Node, path string) {
					var ttl time.Duration
					d.duration(&ttl)(n, path)
					to.TTL = append(to.TTL, ttl)
				})
			},
		})
	}
}

func (d *decoder) messages(to *Messages) reader {
	return func(n *yaml.Node, path string) {
		d.fields(n, path, map[string]reader{"zh": d.text(&to.ZH), "en": d.text(&to.EN)})
	}
}

func (d *decoder) examples(to *Cases) reader {
	return func(n *yaml.Node, path string) {
		d.fields(n, path, map[string]reader{
			"must_fire":     d.cases(&to.MustFire),
			"must_not_fire": d.cases(&to.MustNotFire),
		})
	}
}

func (d *decoder) cases(to *[]Case) reader {
	return func(n *yaml.Node, path string) {
		d.each(n, path, func(n *yaml.Node, path string) {
			var c Case
			d.fields(n, path, map[string]reader{
				"name":     d.text(&c.Name),
				"kind":     enum(d, &c.Kind, ingest.Kinds()),
				"event":    d.scalars(&c.Event),
				"features": d.numbers(&c.Features),
			})
			*to = append(*to, c)
		})
	}
}

func (d *decoder) kinds(to *[]ingest.Kind) reader {
	return func(n *yaml.Node, path string) {
		d.each(n, path, func(n *yaml.Node, path string) {
			var k ingest.Kind
			enum(d, &k, ingest.Kinds())(n, path)
			*to = append(*to, k)
		})
	}
}

func indexed(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
