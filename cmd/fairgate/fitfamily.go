package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"sort"

	"fairgate/ingest/fingerprint/collector"
)

type fitFamilyCommand struct {
	File   string `arg:"" help:"Profiles of devices: a line of JSON each, with weight and traits as in a beacon." type:"existingfile"`
	Draws  int    `help:"Devices drawn by weight; two draws of one profile are two devices." default:"20000"`
	Groups int    `help:"Groups of traits that a family needs; 0: as the collector asks." default:"0"`
	Seed   uint64 `help:"Seed of the draws." default:"1"`
}

// Help says what is measured.
func (c *fitFamilyCommand) Help() string {
	return `Puts devices drawn from recorded profiles into families as the gateway does,
and says how often two different devices share one. The same file and seed give
the same figures.`
}

// maxProfile bounds one profile, in bytes.
const maxProfile = 1 << 20

// Run measures.
func (c *fitFamilyCommand) Run(ctx context.Context) (err error) {
	file, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("fit family: %w", err)
	}
	defer func() {
		if cerr := file.Close(); err == nil {
			err = cerr
		}
	}()
	var profiles []collector.Traits
	var sums []float64
	total := 0.0
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, maxProfile)
	for n := 1; lines.Scan(); n++ {
		var p struct {
			Weight float64          `json:"weight"`
			Traits collector.Traits `json:"traits"`
		}
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil {
			return fmt.Errorf("fit family: %s: line %d: %w", c.File, n, err)
		}
		if !(p.Weight > 0) {
			return fmt.Errorf("fit family: %s: line %d: weight is not above 0", c.File, n)
		}
		total += p.Weight
		profiles, sums = append(profiles, p.Traits), append(sums, total)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("fit family: %s: %w", c.File, err)
	}
	if len(profiles) == 0 || c.Draws < 2 {
		return fmt.Errorf("fit family: %s: %d profiles and %d draws, at least 1 and 2", c.File, len(profiles), c.Draws)
	}
	rng := rand.New(rand.NewPCG(c.Seed, 0x66616d696c79)) //nolint:gosec // draws must come out the same again
	devices := make([]collector.Traits, c.Draws)
	for i := range devices {
		at := sort.SearchFloat64s(sums, rng.Float64()*total)
		devices[i] = profiles[min(at, len(profiles)-1)]
	}
	k, err := collector.MeasureKinship(ctx, devices, c.Groups)
	if err != nil {
		return fmt.Errorf("fit family: %w", err)
	}
	_, err = fmt.Fprintf(os.Stdout, "%d profiles, %d devices drawn: %d families, the largest of %d, and %d devices that told too little\n"+
		"two devices share a family with probability %.4f ± %.4f (95 %%), and all traits with %.4f\n",
		len(profiles), k.Devices, k.Families, k.Largest, k.Without, k.Shared, 1.96*k.SharedError, k.Equal)
	return err
}
