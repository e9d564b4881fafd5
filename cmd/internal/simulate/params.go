package simulate

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Unit is what a parameter is measured in.
type Unit string

// Units of parameters.
const (
	Seconds  Unit = "s"
	Count    Unit = "count"
	Share    Unit = "share" // of cases, 0 to 1
	Fraction Unit = "ratio" // of one thing to another
)

// Param is one number of the simulation that nobody knows exactly, so that it
// is drawn anew for each actor or each act.
type Param struct {
	// Name begins with the scenario or the behaviour that it belongs to. A name
	// stays: shifts are drawn by it.
	Name string `json:"name"`
	Unit Unit   `json:"unit"`
	Dist Dist   `json:"distribution"`
	// About says in a few words what it is.
	About string `json:"about"`
}

// Params lists every parameter in order of name.
func Params() []Param {
	all := append(habits().list(), challengeParams().list()...)
	for _, s := range Scenarios() {
		all = append(all, s.Params...)
	}
	slices.SortFunc(all, func(a, b Param) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// Bounds of the factors by which parameters are shifted.
const leastShift, mostShift = 0.5, 2.0

// Shifts draws a factor for every parameter, log-uniform in [0.5, 2]. It
// depends on seed and name alone, so that a parameter that is added later
// leaves the others' factors as they are. Seed 0 shifts nothing.
func Shifts(seed uint64) map[string]float64 {
	if seed == 0 {
		return nil
	}
	out := map[string]float64{}
	for _, p := range Params() {
		h := fnv.New64a()
		_, _ = h.Write([]byte(p.Name)) // a hash never fails
		rng := rand.New(rand.NewPCG(seed, h.Sum64()))
		out[p.Name] = leastShift * math.Pow(mostShift/leastShift, rng.Float64())
	}
	return out
}

// drawer draws parameters, shifted, from one source.
type drawer struct {
	rng    *rand.Rand
	shifts map[string]float64
}

// value draws a parameter once.
func (d drawer) value(p Param) float64 {
	dist := p.Dist
	if factor, shifted := d.shifts[p.Name]; shifted {
		dist = dist.times(factor)
	}
	return dist.draw(d.rng)
}

// happens draws a chance.
func (d drawer) happens(p Param) bool { return d.value(p) > 0.5 }

// count draws a number of things, at least least.
func (d drawer) count(p Param, least int) int {
	return max(least, int(math.Round(d.value(p))))
}

// time draws a time.
func (d drawer) time(p Param) time.Duration {
	return time.Duration(d.value(p) * float64(time.Second))
}

// PrintParams lists every parameter for a person to read, shifted by a seed's
// factors where it is not 0.
func PrintParams(out io.Writer, shift uint64) error {
	factors := Shifts(shift)
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(t, "parameter\tunit\tdistribution\tfactor\twhat it is")
	for _, p := range Params() {
		factor := cmp.Or(factors[p.Name], 1)
		_, _ = fmt.Fprintf(t, "%s\t%s\t%s\t%.3f\t%s\n", p.Name, p.Unit, p.Dist.times(factor), factor, p.About)
	}
	return t.Flush()
}
