package simulate

// foreigners is H5: passports, addresses abroad or a hotel's, another language.
func foreigners() Scenario {
	size := Param{"h5.party", Count, logNormal(2.1, 0.5, 1, 8), "persons of a booking"}
	s := Scenario{ID: "H5", Books: true, Guise: GuiseForeign, About: "a foreign visitor: passport, address abroad, roaming", Params: []Param{size}}
	s.Populate = func(w *World, n int) []*Actor { return visitors(w, s, n, size) }
	s.Play = playVisitor
	s.Requests = aVisit(1)
	return s
}
