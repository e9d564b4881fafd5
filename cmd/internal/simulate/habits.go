package simulate

// habitParams are what visitors of all kinds have in common, attackers too
// where they do the same by hand.
type habitParams struct {
	think, form, perPerson, refresh, patience, react Param
	opening, lead, member, paid, paying, neverPays   Param
	deepLink, reload, moves, wrongPassword, looksIn  Param
	cancels, changes, transfers                      Param
	refuses, bareTells, homeClock, badClock          Param
	virtual, foreignPhone, byCode                    Param
}

func habits() habitParams {
	return habitParams{
		think:     Param{"visit.think", Seconds, logNormal(20, 0.9, 3, 600), "pause on a page; the short run is ten times as brisk"},
		form:      Param{"visit.form", Seconds, logNormal(35, 0.7, 10, 900), "time to fill in a booking, the first person"},
		perPerson: Param{"visit.form_person", Seconds, logNormal(12, 0.6, 3, 120), "the same for each further person"},
		refresh:   Param{"visit.refresh", Seconds, logNormal(7, 0.8, 1.2, 180), "pause between refreshes of the stock by hand"},
		patience:  Param{"visit.patience", Count, logNormal(4, 1.1, 1, 150), "refreshes for a returned place before one gives up"},
		react:     Param{"visit.react", Seconds, logNormal(1.6, 0.8, 0.25, 30), "from the opening to the first look"},
		opening:   Param{"visit.at_opening", Share, chance(0.35), "comes for the opening of the furthest day"},
		lead:      Param{"visit.lead", Seconds, logNormal(150, 0.9, 10, 2400), "how long before the opening one is there"},
		member:    Param{"account.member", Share, chance(0.6), "had an account before the run"},
		paid:      Param{"visit.paid", Share, chance(0.12), "wants the special exhibition, which costs something"},
		paying:    Param{"visit.paying", Seconds, logNormal(80, 0.8, 12, 800), "from the held order to the payment"},
		neverPays: Param{"visit.never_pays", Share, chance(0.04), "lets a held order expire"},
		deepLink:  Param{"visit.deep_link", Share, chance(0.12), "begins at the pool's page"},
		reload:    Param{"visit.reload", Share, chance(0.12), "loads a page twice"},
		moves:     Param{"visit.moves", Share, chance(0.12), "changes the address in mid-visit"},
		looksIn:   Param{"visit.looks_in", Share, chance(0.3), "looks at the orders afterwards"},
		wrongPassword: Param{
			"account.wrong_password", Share, chance(0.07), "mistypes the password once",
		},
		cancels:      Param{"order.cancels", Share, chance(0.06), "gives an order up later"},
		changes:      Param{"order.changes", Share, chance(0.04), "moves an order to another day later"},
		transfers:    Param{"order.transfers", Share, chance(0.02), "gives an order to somebody they know"},
		refuses:      Param{"device.refuses", Share, chance(0.09), "runs no collector, among ordinary visitors"},
		bareTells:    Param{"device.bare_tells", Share, chance(0.15), "runs the collector, among H6 and its like"},
		homeClock:    Param{"device.home_clock", Share, chance(0.5), "has the time zone of home, among foreign visitors"},
		badClock:     Param{"device.bad_clock", Share, chance(0.03), "has a clock that is minutes off"},
		virtual:      Param{"phone.virtual", Share, chance(0.04), "has a number of a virtual operator"},
		byCode:       Param{"account.by_code", Share, chance(0.5), "opens the account with a code by text message, not a password"},
		foreignPhone: Param{"phone.foreign", Share, chance(0.5), "has a number from home, among foreign visitors"},
	}
}

func (h habitParams) list() []Param {
	return []Param{
		h.think, h.form, h.perPerson, h.refresh, h.patience, h.react, h.opening, h.lead, h.member, h.paid, h.paying, h.neverPays,
		h.deepLink, h.reload, h.moves, h.wrongPassword, h.looksIn, h.cancels, h.changes, h.transfers, h.refuses, h.bareTells,
		h.homeClock, h.badClock, h.virtual, h.foreignPhone, h.byCode,
	}
}

// meetingParams are how challenges are met.
type meetingParams struct {
	abandons, fails, start, typing, noPhone Param
	budget, buys, smsPrice                  Param
}

// challengeParams: people solve a challenge with their browser and sometimes do
// not; attackers solve every proof of work that they can afford, at the price
// of the hashes (Scene.HashTime), and buy codes for a part of their accounts.
func challengeParams() meetingParams {
	return meetingParams{
		abandons: Param{"challenge.abandons", Share, chance(0.05), "a person turns away from a challenge"},
		fails:    Param{"challenge.fails", Share, chance(0.03), "a person's browser does not solve it"},
		start:    Param{"challenge.start", Seconds, logNormal(2.7, 0.4, 1.2, 20), "from the challenge to a person's click"},
		typing:   Param{"challenge.code", Seconds, logNormal(25, 0.6, 8, 240), "until a text message's code is typed"},
		noPhone:  Param{"challenge.no_phone", Share, chance(0.04), "a person cannot read the message now"},
		budget:   Param{"attack.proofs", Count, logNormal(20, 0.8, 3, 200), "proofs of work that one attacking account pays for"},
		buys:     Param{"attack.buys_codes", Share, chance(0.3), "an attacking account for which codes of text messages are bought"},
		smsPrice: Param{"attack.code_delay", Seconds, logNormal(18, 0.5, 6, 120), "until a bought code arrives"},
	}
}

func (m meetingParams) list() []Param {
	return []Param{m.abandons, m.fails, m.start, m.typing, m.noPhone, m.budget, m.buys, m.smsPrice}
}
