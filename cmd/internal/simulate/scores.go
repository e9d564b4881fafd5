package simulate

import (
	"cmp"
	"slices"
)

// Scores is how the service's own risk scores tell attackers from people, each
// account by the highest that any of its requests reached. Rules that decide
// alone need no score, so that this is less than what the service knows.
type Scores struct {
	// People and Attackers count accounts by score, in ten steps of ten; the last
	// one includes 100.
	People    [10]int `json:"people"`
	Attackers [10]int `json:"attackers"`
	// ROC begins at the strictest threshold and ends where everybody is above.
	ROC []Operating `json:"roc"`
	// AUC is the area under it: the probability that an attacker scores more than
	// a person does.
	AUC float64 `json:"auc"`
}

// Operating is what a threshold would find: the shares of people and attackers
// that score at least as much.
type Operating struct {
	From      float64 `json:"from"`
	People    float64 `json:"people"`
	Attackers float64 `json:"attackers"`
}

// scoresOf judges the scores by the truth; nil where there are no people or no
// attackers among the accounts.
func scoresOf(actors []*Actor, highest map[string]float64) *Scores {
	type account struct {
		score   float64
		hostile bool
	}
	var all []account
	var out Scores
	var people, attackers float64
	for _, a := range actors {
		if a.account == "" {
			continue
		}
		one := account{highest[a.account], a.Hostile}
		all = append(all, one)
		step := min(int(one.score/10), len(out.People)-1)
		if a.Hostile {
			attackers++
			out.Attackers[step]++
		} else {
			people++
			out.People[step]++
		}
	}
	if people == 0 || attackers == 0 {
		return nil
	}
	slices.SortFunc(all, func(a, b account) int { return cmp.Compare(b.score, a.score) })
	at := Operating{From: 100}
	for i := 0; i < len(all); {
		before := at
		at.From = all[i].score
		for ; i < len(all) && all[i].score == at.From; i++ {
			if all[i].hostile {
				at.Attackers += 1 / attackers
			} else {
				at.People += 1 / people
			}
		}
		out.ROC = append(out.ROC, at)
		out.AUC += (at.People - before.People) * (at.Attackers + before.Attackers) / 2
	}
	return &out
}
