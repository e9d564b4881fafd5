package estimate

import "math"

// incompleteBeta is the regularised incomplete beta function I_x(a, b), for
// 0 ≤ x ≤ 1 and a, b > 0: the probability that a binomial count with b+a-1
// trials of probability x reaches a, where those are whole numbers. Its
// relative error is below 1e-12 for a and b up to a million.
//
// Source: the continued fraction of DLMF 8.17.22, evaluated by Lentz's method
// (W. J. Lentz, Applied Optics 15 (1976) 668–671).
func incompleteBeta(x, a, b float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	case x > (a+1)/(a+b+2): // where the fraction converges slowly
		return 1 - incompleteBeta(1-x, b, a)
	}
	lab, _ := math.Lgamma(a + b)
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	front := math.Exp(lab-la-lb+a*math.Log(x)+b*math.Log1p(-x)) / a
	return front * betaFraction(x, a, b)
}

// betaFraction is the continued fraction of incompleteBeta.
func betaFraction(x, a, b float64) float64 {
	const (
		tiny    = 1e-300
		settled = 1e-15
		most    = 10_000 // it takes about √max(a, b) steps
	)
	away := func(v float64) float64 {
		if math.Abs(v) < tiny {
			return tiny
		}
		return v
	}
	c, d := 1.0, 1/away(1-(a+b)*x/(a+1))
	h := d
	for m := 1.0; m < most; m++ {
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		d, c = 1/away(1+even*d), away(1+even/c)
		h *= d * c
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		d, c = 1/away(1+odd*d), away(1+odd/c)
		h *= d * c
		if math.Abs(d*c-1) < settled {
			break
		}
	}
	return h
}

// tail is the mid-P probability that a binomial count of n trials with
// probability p is at least k: half of what exactly k has is left out. k and n
// need not be whole; 0 ≤ k ≤ n.
func tail(k, n, p float64) float64 {
	atLeast, more := 1.0, 0.0
	if k > 0 {
		atLeast = incompleteBeta(p, k, n-k+1)
	}
	if k < n {
		more = incompleteBeta(p, k+1, math.Max(n-k, math.SmallestNonzeroFloat64))
	}
	return (atLeast + more) / 2
}

// solve finds p in [0, 1] where the mid-P tail, which grows with p, reaches
// want, to a millionth of itself. It is the Illinois form of the rule of false
// position, which never leaves its bracket (M. Dowell and P. Jarratt, BIT 11
// (1971) 168–174).
func solve(k, n, want float64) float64 {
	excess := func(p float64) float64 { return tail(k, n, p) - want }
	// The normal approximation, generously wide, usually brackets it.
	centre := (k + 2) / (n + 4)
	width := 4*math.Sqrt(centre*(1-centre)/n) + 4/n
	low, high := math.Max(0, centre-width), math.Min(1, centre+width)
	below, above := excess(low), excess(high)
	if below > 0 {
		low, below = 0, -want
	}
	if above < 0 {
		high, above = 1, 1-want
	}
	for range 100 {
		if high-low <= 1e-6*high || above == 0 {
			break
		}
		p := (low*above - high*below) / (above - below)
		switch f := excess(p); {
		case math.Abs(f) < 1e-9:
			return p
		case f < 0:
			low, below, above = p, f, above/2
		default:
			high, above, below = p, f, below/2
		}
	}
	return (low + high) / 2
}
