package memory

// table finds entities by the hash of their key, which is worked out once for
// the shard and for this: open addressing with linear probing, and deletion
// without tombstones (D. Knuth, The Art of Computer Programming, volume 3,
// section 6.4, algorithms L and R). A look-up costs one cache miss beside that
// of the entity.
type table struct {
	places []place // a power of two, at most three quarters of them taken
	count  int
}

type place struct {
	hash   uint64
	entity *entity // nil: free
}

// leastPlaces is how many places a table begins with.
const leastPlaces = 16

// home is where a hash would be kept. The lowest bits have chosen the shard.
func (t *table) home(hash uint64) int {
	return int(hash>>16) & (len(t.places) - 1)
}

func (t *table) find(key entityKey, hash uint64) *entity {
	if len(t.places) == 0 {
		return nil
	}
	for i := t.home(hash); ; i = (i + 1) & (len(t.places) - 1) {
		p := &t.places[i]
		if p.entity == nil || p.hash == hash && p.entity.key == key {
			return p.entity
		}
	}
}

// add puts in an entity that is not there.
func (t *table) add(e *entity) {
	if 4*(t.count+1) > 3*len(t.places) {
		old := t.places
		t.places = make([]place, max(leastPlaces, 2*len(old)))
		for _, p := range old {
			if p.entity != nil {
				t.put(p)
			}
		}
	}
	t.put(place{e.hash, e})
	t.count++
}

func (t *table) put(p place) {
	i := t.home(p.hash)
	for t.places[i].entity != nil {
		i = (i + 1) & (len(t.places) - 1)
	}
	t.places[i] = p
}

// remove takes out an entity that is there, and moves those up that had to give
// way to it.
func (t *table) remove(e *entity) {
	mask := len(t.places) - 1
	i := t.home(e.hash)
	for t.places[i].entity != e {
		i = (i + 1) & mask
	}
	t.count--
	for j := i; ; {
		j = (j + 1) & mask
		p := t.places[j]
		if p.entity == nil {
			break
		}
		// It may move to i unless its home lies after i, on the way to j.
		if home := t.home(p.hash); (j-home)&mask >= (j-i)&mask {
			t.places[i] = p
			i = j
		}
	}
	t.places[i] = place{}
}
