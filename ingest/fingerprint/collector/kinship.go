package collector

import (
	"context"
	"fmt"
	"math"

	"fairgate/ingest"
)

// Kinship says how often two different devices of a sample are taken for alike.
type Kinship struct {
	Devices int `json:"devices"`
	// Without is how many told too little for a family.
	Without  int `json:"without"`
	Families int `json:"families"`
	Largest  int `json:"largest"` // devices in the largest family
	// Shared is the probability that two devices drawn at random have one
	// family, Equal that all their traits are equal; each with its standard
	// error over the devices.
	Shared      float64 `json:"shared"`
	SharedError float64 `json:"shared_error"`
	Equal       float64 `json:"equal"`
}

// MeasureKinship puts devices into families, in their order, as Receive does
// with devices that carry nothing from before. least is the number of groups of
// traits that a family needs; 0 means what Receive asks for.
func MeasureKinship(ctx context.Context, devices []Traits, least int) (Kinship, error) {
	if least <= 0 {
		least = minGroups
	}
	store := NewMemory(nil)
	families, prints := map[string]int{}, map[string]int{}
	k := Kinship{Devices: len(devices)}
	if len(devices) < 2 {
		return k, fmt.Errorf("%d devices, at least 2", len(devices))
	}
	var member []string
	for i := range devices {
		prints[devices[i].imprint(ingest.SourceBrowser)]++
		own, keys := devices[i].familyKeys("trial", ingest.SourceBrowser, least)
		if own == "" {
			k.Without++
			continue
		}
		found, err := store.Families(ctx, keys)
		if err != nil {
			return k, err
		}
		family, founds := familyOf(own, "", found)
		if founds {
			if err := store.Found(ctx, keys, family); err != nil {
				return k, err
			}
		}
		families[family]++
		member = append(member, family)
	}
	n := float64(len(devices))
	for _, size := range families {
		k.Largest = max(k.Largest, size)
		k.Shared += float64(size) * float64(size-1) / (n * (n - 1))
	}
	for _, size := range prints {
		k.Equal += float64(size) * float64(size-1) / (n * (n - 1))
	}
	// Of a U-statistic, to first order: four times the variance of a device's
	// own share, over the number of devices.
	variance := 0.0
	for _, f := range member {
		d := float64(families[f]-1)/(n-1) - k.Shared
		variance += d * d / n
	}
	variance += float64(k.Without) / n * k.Shared * k.Shared
	k.Families, k.SharedError = len(families), 2*math.Sqrt(variance/n)
	return k, nil
}
