package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// writeReport writes a report as JSON to a file, or to standard output where
// the path is "-".
func writeReport(path string, report any) error {
	out := io.Writer(os.Stdout)
	if path != "-" {
		file, err := os.Create(path)
		if err != nil {
			return fmt.Errorf("write the report: %w", err)
		}
		defer func() { _ = file.Close() }()
		out = file
	}
	if err := encodeReport(out, report); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// encodeReport is how every report is laid out.
func encodeReport(out io.Writer, report any) error {
	e := json.NewEncoder(out)
	e.SetIndent("", "  ")
	return e.Encode(report)
}
