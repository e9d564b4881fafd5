package replay

import (
	"errors"
	"fmt"
	"strings"
)

// splitCSV splits one line after RFC 4180 into row. A field with a line break
// in it is not read: bounded memory and line numbers matter more here, and
// recorded requests have none. encoding/csv would take an unclosed quote for
// a field that goes on to the end of the file.
func splitCSV(line string, delimiter byte, row []string) ([]string, error) {
	row = row[:0]
	for {
		if !strings.HasPrefix(line, `"`) {
			end := strings.IndexByte(line, delimiter)
			value := line
			if end >= 0 {
				value = line[:end]
			}
			if strings.IndexByte(value, '"') >= 0 {
				return nil, fmt.Errorf("field %d has a quote in the middle", len(row)+1)
			}
			row = append(row, value)
			if end < 0 {
				return row, nil
			}
			line = line[end+1:]
			continue
		}
		value, rest, err := quotedCSV(line[1:])
		if err != nil {
			return nil, fmt.Errorf("field %d: %w", len(row)+1, err)
		}
		row = append(row, value)
		switch {
		case rest == "":
			return row, nil
		case rest[0] != delimiter:
			return nil, fmt.Errorf("field %d: something follows the closing quote", len(row))
		}
		line = rest[1:]
	}
}

func quotedCSV(s string) (value, rest string, err error) {
	end := strings.IndexByte(s, '"')
	if end >= 0 && !strings.HasPrefix(s[end+1:], `"`) {
		return s[:end], s[end+1:], nil
	}
	var b strings.Builder
	for {
		end := strings.IndexByte(s, '"')
		if end < 0 {
			return "", "", errors.New("the quote is not closed on this line")
		}
		b.WriteString(s[:end])
		s = s[end+1:]
		if !strings.HasPrefix(s, `"`) {
			return b.String(), s, nil
		}
		b.WriteByte('"')
		s = s[1:]
	}
}
