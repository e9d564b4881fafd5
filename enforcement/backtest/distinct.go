package backtest

import (
	"math"
	"math/bits"
)

// distinct counts different hashes: exactly while they are few, by HyperLogLog
// from then on.
//
// Source: P. Flajolet, É. Fusy, O. Gandouet, F. Meunier, "HyperLogLog: the
// analysis of a near-optimal cardinality estimation algorithm", AofA 2007.
// With 64-bit hashes its correction for large numbers is not needed (Heule et
// al., "HyperLogLog in practice", EDBT 2013).
type distinct struct {
	exact     map[uint64]struct{}
	registers []uint8
}

const (
	// maxExact is how many are counted exactly.
	maxExact = 4096
	// precision is the number of bits that choose a register.
	precision = 14
	registers = 1 << precision
)

// DistinctError is the standard error of numbers that are marked as estimated,
// as a share: 1.04 / sqrt(16384).
const DistinctError = 0.0081

// add counts a hash, which must be spread evenly over all bits.
func (d *distinct) add(hash uint64) {
	if d.registers != nil {
		d.register(hash)
		return
	}
	if d.exact == nil {
		d.exact = make(map[uint64]struct{})
	}
	d.exact[hash] = struct{}{}
	if len(d.exact) <= maxExact {
		return
	}
	d.registers = make([]uint8, registers)
	for h := range d.exact {
		d.register(h)
	}
	d.exact = nil
}

func (d *distinct) register(hash uint64) {
	at := hash >> (64 - precision)
	rank := uint8(bits.LeadingZeros64(hash<<precision|1<<(precision-1)) + 1)
	d.registers[at] = max(d.registers[at], rank)
}

// count is the number of different hashes, and whether it is estimated.
func (d *distinct) count() (n uint64, estimated bool) {
	if d.registers == nil {
		return uint64(len(d.exact)), false
	}
	sum, empty := 0.0, 0
	for _, r := range d.registers {
		sum += math.Ldexp(1, -int(r))
		if r == 0 {
			empty++
		}
	}
	const m = float64(registers)
	estimate := 0.7213 / (1 + 1.079/m) * m * m / sum
	if estimate <= 2.5*m && empty > 0 { // few: by the registers that are still empty
		estimate = m * math.Log(m/float64(empty))
	}
	return uint64(math.Round(estimate)), true
}
