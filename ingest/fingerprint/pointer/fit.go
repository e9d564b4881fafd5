package pointer

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
)

// FitOptions adjusts a fit; zero values mean the defaults named.
type FitOptions struct {
	Window int     // moves of a summary; 200
	Ridge  float64 // penalty on the squared weights; 1
	Folds  int     // of the cross-validation; 10
	Repeat int     // of it, each with other folds; 5
	Seed   uint64
	// Threshold is the score from which movements count as a program's; 0.5.
	Threshold float64
}

func (o FitOptions) withDefaults() FitOptions {
	if o.Window <= 0 {
		o.Window = 200
	}
	if o.Ridge <= 0 {
		o.Ridge = 1
	}
	if o.Folds <= 0 {
		o.Folds = 10
	}
	if o.Repeat <= 0 {
		o.Repeat = 5
	}
	if o.Threshold <= 0 {
		o.Threshold = 0.5
	}
	return o
}

// ErrTooFew is returned where a class has fewer sessions than folds.
var ErrTooFew = errors.New("too few sessions")

// windows cuts a session into summaries of the given number of moves; the rest
// counts where it has a quarter of them.
func windows(s Session, moves int) [][features]float64 {
	var out [][features]float64
	var a accumulator
	for _, p := range s.Points {
		a.add(p)
		if a.moves >= moves {
			out = append(out, a.summary().vector())
			a = accumulator{}
			a.add(p)
		}
	}
	if a.moves >= max(moves/4, 1) {
		out = append(out, a.summary().vector())
	}
	return out
}

// sample is a session's windows.
type sample struct {
	bot     bool
	vectors [][features]float64
}

// Fit learns a model from sessions. Each session weighs the same, however long
// it is, and so does each class. The weights minimise the weighted logistic
// loss with a ridge penalty, by Newton's method; the same sessions give the
// same model.
func Fit(sessions []Session, o FitOptions) (Model, error) {
	o = o.withDefaults()
	samples, err := cut(sessions, o)
	if err != nil {
		return Model{}, err
	}
	return fit(samples, o.Ridge)
}

func cut(sessions []Session, o FitOptions) ([]sample, error) {
	var samples []sample
	bots, humans := 0, 0
	for _, s := range sessions {
		v := windows(s, o.Window)
		if len(v) == 0 {
			continue // moved too little to be scored
		}
		samples = append(samples, sample{s.Bot, v})
		if s.Bot {
			bots++
		} else {
			humans++
		}
	}
	if bots < o.Folds || humans < o.Folds {
		return nil, fmt.Errorf("%w: %d of programs and %d of people move enough, at least %d each", ErrTooFew, bots, humans, o.Folds)
	}
	return samples, nil
}

func fit(samples []sample, ridge float64) (Model, error) {
	var m Model
	var moments [features]mean
	classes := map[bool]float64{}
	for _, s := range samples {
		classes[s.bot]++
		for _, v := range s.vectors {
			for i, x := range v {
				moments[i].add(x)
			}
		}
	}
	for i, x := range moments {
		m.Mean[i] = x.mean
		m.Scale[i] = math.Max(math.Sqrt(x.m2/math.Max(float64(x.n), 1)), 1e-9)
	}
	for range 50 {
		step, err := m.newton(samples, classes, ridge)
		if err != nil {
			return Model{}, err
		}
		if step < 1e-9 {
			return m, nil
		}
	}
	return m, nil
}

// newton makes one step and returns its length. The unknowns are the weights
// and, last, the bias, which is not penalised.
func (m *Model) newton(samples []sample, classes map[bool]float64, ridge float64) (float64, error) {
	const n = features + 1
	var gradient [n]float64
	var hessian [n][n]float64
	for i := range features {
		gradient[i] = ridge * m.Weight[i]
		hessian[i][i] = ridge
	}
	hessian[features][features] = 1e-9
	total := float64(len(samples))
	for _, s := range samples {
		weight := total / (2 * classes[s.bot]) / float64(len(s.vectors))
		y := 0.0
		if s.bot {
			y = 1
		}
		for _, v := range s.vectors {
			var x [n]float64
			for i := range features {
				x[i] = math.Min(math.Max((v[i]-m.Mean[i])/m.Scale[i], -clamp), clamp)
			}
			x[features] = 1
			p := 1 / (1 + math.Exp(-m.logit(v)))
			for i := range n {
				gradient[i] += weight * (p - y) * x[i]
				for j := range n {
					hessian[i][j] += weight * p * (1 - p) * x[i] * x[j]
				}
			}
		}
	}
	step, err := solve(hessian[:], gradient[:])
	if err != nil {
		return 0, err
	}
	size := 0.0
	for i := range features {
		m.Weight[i] -= step[i]
		size += math.Abs(step[i])
	}
	m.Bias -= step[features]
	return size + math.Abs(step[features]), nil
}

// solve is Gauss's elimination with partial pivoting.
func solve[R ~[features + 1]float64](rows []R, right []float64) ([]float64, error) {
	n := len(right)
	a := make([][]float64, n)
	for i := range a {
		a[i] = append(append([]float64(nil), rows[i][:]...), right[i])
	}
	for c := range n {
		pivot := c
		for r := c + 1; r < n; r++ {
			if math.Abs(a[r][c]) > math.Abs(a[pivot][c]) {
				pivot = r
			}
		}
		if math.Abs(a[pivot][c]) < 1e-14 {
			return nil, errors.New("fit: the statistics do not tell the classes apart in one way only")
		}
		a[c], a[pivot] = a[pivot], a[c]
		for r := range n {
			if r == c {
				continue
			}
			f := a[r][c] / a[c][c]
			for k := c; k <= n; k++ {
				a[r][k] -= f * a[c][k]
			}
		}
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = a[i][n] / a[i][i]
	}
	return out, nil
}

// Validation is how a model does on sessions that it was not fitted from.
type Validation struct {
	Bots, Humans Rate
	// FirstBots and FirstHumans are the same judged by each session's first
	// window alone.
	FirstBots, FirstHumans Rate
	// Wrong names the sessions misjudged in the first round.
	Wrong []string
	// AUC is the probability that a program's session scores above a person's.
	AUC float64
}

// Rate is a share of sessions with its 95 % interval (Wilson).
type Rate struct {
	Hits, Of        int
	Share, Low, Top float64
}

func rate(hits, of int) Rate {
	if of == 0 {
		return Rate{Top: 1}
	}
	const z = 1.959963984540054
	n, p := float64(of), float64(hits)/float64(of)
	middle := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	return Rate{Hits: hits, Of: of, Share: p, Low: math.Max(middle-half, 0), Top: math.Min(middle+half, 1)}
}

// Validate cross-validates over sessions, never over windows of one: in each
// fold a model is fitted from the other sessions. A session is a program's
// where the mean score of its windows reaches the threshold. The counts are of
// the round that did worst, so that no lucky draw of folds is reported.
func Validate(sessions []Session, o FitOptions) (Validation, error) {
	o = o.withDefaults()
	samples, err := cut(sessions, o)
	if err != nil {
		return Validation{}, err
	}
	var named []string
	for _, s := range sessions {
		if len(windows(s, o.Window)) > 0 {
			named = append(named, s.Name)
		}
	}
	rng := rand.New(rand.NewPCG(o.Seed, 0x706f696e746572)) //nolint:gosec // folds must come out the same again
	var worst Validation
	worstHits := math.MaxInt
	for round := range o.Repeat {
		scores, first, err := crossScores(samples, o, rng)
		if err != nil {
			return Validation{}, err
		}
		v := judge(samples, scores, first, o.Threshold)
		if round == 0 {
			for i, s := range samples {
				if (scores[i] >= o.Threshold) != s.bot {
					v.Wrong = append(v.Wrong, named[i])
				}
			}
			worst.Wrong = v.Wrong
		}
		if good := v.Bots.Hits - v.Humans.Hits; good < worstHits {
			wrong := worst.Wrong
			worstHits, worst = good, v
			worst.Wrong = wrong
		}
	}
	return worst, nil
}

// crossScores gives each session its mean and its first score by a model that
// has not seen it.
func crossScores(samples []sample, o FitOptions, rng *rand.Rand) (scores, first []float64, err error) {
	fold := make([]int, len(samples))
	for _, bot := range []bool{true, false} { // each fold has its share of both
		var of []int
		for i, s := range samples {
			if s.bot == bot {
				of = append(of, i)
			}
		}
		rng.Shuffle(len(of), func(i, j int) { of[i], of[j] = of[j], of[i] })
		for n, i := range of {
			fold[i] = n % o.Folds
		}
	}
	scores, first = make([]float64, len(samples)), make([]float64, len(samples))
	for f := range o.Folds {
		var train []sample
		for i, s := range samples {
			if fold[i] != f {
				train = append(train, s)
			}
		}
		m, err := fit(train, o.Ridge)
		if err != nil {
			return nil, nil, err
		}
		for i, s := range samples {
			if fold[i] != f {
				continue
			}
			for _, v := range s.vectors {
				scores[i] += 1 / (1 + math.Exp(-m.logit(v))) / float64(len(s.vectors))
			}
			first[i] = 1 / (1 + math.Exp(-m.logit(s.vectors[0])))
		}
	}
	return scores, first, nil
}

func judge(samples []sample, scores, first []float64, threshold float64) Validation {
	count := func(bot bool, scores []float64) Rate {
		hits, of := 0, 0
		for i, s := range samples {
			if s.bot == bot {
				of++
				if scores[i] >= threshold {
					hits++
				}
			}
		}
		return rate(hits, of)
	}
	above, pairs := 0.0, 0.0
	for i, a := range samples {
		for j, b := range samples {
			if a.bot && !b.bot {
				pairs++
				switch {
				case scores[i] > scores[j]:
					above++
				case scores[i] == scores[j]:
					above += 0.5
				}
			}
		}
	}
	return Validation{
		Bots: count(true, scores), Humans: count(false, scores),
		FirstBots: count(true, first), FirstHumans: count(false, first), AUC: above / math.Max(pairs, 1),
	}
}
