package simulate

import "sync/atomic"

// Progress counts what has happened so far; it is safe for concurrent use.
type Progress struct {
	People, Hostile                        atomic.Int64 // requests
	Refused, Challenged, House, Unanswered atomic.Int64
	HarmedNow                              atomic.Int64 // refusals of people
}

// Request counts a request sent.
func (p *Progress) Request(hostile bool) {
	if hostile {
		p.Hostile.Add(1)
	} else {
		p.People.Add(1)
	}
}

// Answer counts an answer received.
func (p *Progress) Answer(hostile bool, r Result) {
	switch r {
	case ResultRefused:
		p.Refused.Add(1)
		if !hostile {
			p.HarmedNow.Add(1)
		}
	case ResultAbandoned:
		p.Challenged.Add(1)
	case ResultHouse:
		p.House.Add(1)
	case ResultError:
		p.Unanswered.Add(1)
	case ResultAccepted:
	}
}

// HostileShare is the hostile part of all requests so far, 0 to 1.
func (p *Progress) HostileShare() float64 {
	h, all := float64(p.Hostile.Load()), float64(p.Hostile.Load()+p.People.Load())
	if all == 0 {
		return 0
	}
	return h / all
}
