package main

import (
	"os"
	"runtime/debug"
)

// gatewayGarbage is by how many per cent a gateway's heap may grow between two
// collections. What it keeps is tens of megabytes, and every request leaves some
// kilobytes behind: with Go's default of 100 collecting takes a tenth of its
// CPU. GOGC and GOMEMLIMIT, where they are set, have the last word.
const gatewayGarbage = 400

func tuneGarbage() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gatewayGarbage)
	}
}

// playMemory is what a virtual run's heap may grow to, in bytes, before its
// garbage is collected more often than that. A run of full size keeps up to some
// gigabytes, and a machine that plays one has eight.
const playMemory = 5 << 30

// tunePlaying does the same for a virtual run.
func tunePlaying() {
	tuneGarbage()
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(playMemory)
	}
}
