package sqlstore

import (
	"context"
	"database/sql"
	"slices"
	"strings"
)

// mostRows is how many rows one statement writes or looks up at most; a power
// of two.
const mostRows = 128

// sizes are how many rows an INSERT may have: few, so that each text stays
// prepared, and close enough that any number of rows makes two or three.
func sizes() []int { return []int{1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, mostRows} }

// insert is an INSERT of many rows.
type insert struct {
	doing   string
	columns int
	sizes   []int
	texts   []string // one for each size
}

func newInsert(doing, into string) *insert {
	in := &insert{doing: doing, columns: strings.Count(into, ",") + 1, sizes: sizes()}
	for _, rows := range in.sizes {
		in.texts = append(in.texts, `INSERT INTO `+into+` VALUES `+tuples(rows, in.columns))
	}
	return in
}

// tuples writes "($1, $2), ($3, $4), …".
func tuples(rows, columns int) string {
	out := make([]string, rows)
	for i := range out {
		out[i] = placeholders(columns*i+1, columns)
	}
	return strings.Join(out, ", ")
}

// write inserts the rows whose values are in args.
func (in *insert) write(ctx context.Context, q querier, args []any) error {
	for i, rows := range slices.Backward(in.sizes) {
		for n := in.columns * rows; len(args) >= n; args = args[n:] {
			if _, err := q.ExecContext(ctx, in.texts[i], args[:n]...); err != nil {
				return failed(in.doing, err)
			}
		}
	}
	return nil
}

// lookup is a statement about many keys, given as rows of values. It is
// repeated for more than mostRows; fewer are filled up to a power of two, with
// rows that match nothing.
type lookup struct {
	doing   string
	columns int
	texts   []string
}

// newLookup makes the statement of a text in which VALUES stands for the rows,
// v.column1, v.column2 … in both engines. Types are those of the columns, in
// the dialect of migrations.
func newLookup(d dialect, doing, text string, types ...string) *lookup {
	l := &lookup{doing: doing, columns: len(types)}
	for rows := 1; rows <= mostRows; rows *= 2 {
		values := make([]string, rows)
		for row := range values {
			values[row] = "(" + casts(row*len(types)+1, types) + ")"
		}
		l.texts = append(l.texts, d.translate(strings.Replace(text, "VALUES", "(VALUES "+strings.Join(values, ", ")+") AS v", 1)))
	}
	return l
}

// parts cuts keys into the arguments of statements.
func (l *lookup) parts(args []any, each func(text string, args []any) error) error {
	for len(args) > 0 {
		part := args[:min(len(args), mostRows*l.columns)]
		args = args[len(part):]
		size := 0
		for l.columns<<size < len(part) {
			size++
		}
		filled := make([]any, l.columns<<size)
		copy(filled, part) // the rest is NULL, which equals nothing
		if err := each(l.texts[size], filled); err != nil {
			return failed(l.doing, err)
		}
	}
	return nil
}

// exec runs a statement that changes rows and says how many it touched.
func (l *lookup) exec(ctx context.Context, q querier, args []any) (touched int64, err error) {
	err = l.parts(args, func(text string, args []any) error {
		result, err := q.ExecContext(ctx, text, args...)
		if err != nil {
			return err
		}
		n, err := result.RowsAffected()
		touched += n
		return err
	})
	return touched, err
}

// each scans what is found of keys, row by row.
func (l *lookup) each(ctx context.Context, q querier, args []any, scan func(*sql.Rows) error) error {
	return l.parts(args, func(text string, args []any) error {
		return reader{q: q}.each(ctx, l.doing, scan, text, args...)
	})
}
