package pointer

// Default is the model that the collector's summaries are scored with. Made by
//
//	fairgate fit pointer mouse.jsonl
//
// from the 50 sessions (25 of people, 25 of Selenium programs) that are half of
// phase 1 of the web-bot data set of the Information Technologies Institute,
// CERTH: C. Iliou and others, "Detection of Advanced Web Bots by Combining Web
// Logs with Mouse Behavioural Biometrics", Digital Threats 2021, doi
// 10.1145/3447815. Cross-validated over sessions it finds 25 of 25 programs
// (95 % interval 86.7 to 100 %) and takes 0 of 25 people for one (0 to 13.3 %).
// Few sessions from one laboratory: indicative, and no ground for a block.
func Default() Model {
	return Model{
		Mean:   [features]float64{-1.6203, -0.7687, -5.9111, -8.2229, -1.8287, 0.5752, 0.9021, -4.9125, -1.8534, 0.6942},
		Scale:  [features]float64{1.0940, 1.0956, 1.4631, 1.3442, 1.1322, 0.2075, 0.1216, 2.3130, 1.1417, 0.1749},
		Weight: [features]float64{-0.9176, -0.6582, -0.8459, -0.8375, 0.4085, 0.0067, 0.0540, -0.3450, -0.8149, 0.0880},
		Bias:   -0.0736,
	}
}
