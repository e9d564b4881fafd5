package gateway

import "fairgate/ingest"

// FailModes counts the routes by what they do when screening cannot be done
// properly.
func (t *Routes) FailModes() map[ingest.FailMode]int {
	modes := map[ingest.FailMode]int{}
	for _, routes := range t.routes {
		for _, r := range routes {
			modes[r.policy.FailMode]++
		}
	}
	return modes
}
