package replay

import (
	"errors"
	"fmt"
	"slices"
)

// field of an event that a column can fill.
type field int

const (
	fieldTime field = iota
	fieldSession
	fieldAccount
	fieldDevice
	fieldIP
	fieldUserAgent
	fieldMethod
	fieldPath
	fieldStatus
	fieldOrder
	fieldPool
	fieldDay
	fieldLabel
	fieldCount
)

// combinedHeader names the fields of a line that parseCombined returns.
func combinedHeader() []string {
	return []string{"ip", "user", "time", "method", "path", "status", "bytes", "referer", "user_agent"}
}

// newBuilder resolves the mapping against the columns of a file.
func newBuilder(m *Mapping, header []string, opts Options) (*builder, error) {
	b := &builder{mapping: m, opts: opts, columns: map[string]int{}}
	var err error
	if b.kinds, err = compileKinds(m.Kinds); err != nil {
		return nil, err
	}
	var errs []error
	find := func(what, column string) int {
		at := slices.Index(header, column)
		if at < 0 {
			errs = append(errs, fmt.Errorf("%w: %s: the file has no column %q", ErrMapping, what, column))
		}
		return at
	}
	c := m.Columns
	for f, named := range [fieldCount]struct{ name, column string }{
		fieldTime: {"columns.time", c.Time.Column}, fieldSession: {"columns.session", c.Session},
		fieldAccount: {"columns.account", c.Account}, fieldDevice: {"columns.device", c.Device},
		fieldIP: {"columns.ip", c.IP}, fieldUserAgent: {"columns.user_agent", c.UserAgent},
		fieldMethod: {"columns.method", c.Method}, fieldPath: {"columns.path", c.Path},
		fieldStatus: {"columns.status", c.Status}, fieldOrder: {"columns.order", c.Order},
		fieldPool: {"columns.pool", c.Pool}, fieldDay: {"columns.day", c.Day}, fieldLabel: {"columns.label", c.Label},
	} {
		b.fields[f] = -1
		if named.column != "" {
			b.fields[f] = find(named.name, named.column)
		}
	}
	for i, k := range m.Kinds {
		if k.Where != nil {
			b.columns[k.Where.Column] = find(fmt.Sprintf("kinds[%d].where", i), k.Where.Column)
		}
	}
	return b, errors.Join(errs...)
}
