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
