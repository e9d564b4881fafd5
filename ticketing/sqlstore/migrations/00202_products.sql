-- What is read whole with its pool is kept as JSON with it. A position knows
-- the ticket it belongs to (unit), what it costs and draws, the secret of its
-- QR code ('' = derived from its id) and, for a minor, the adult it is tied to.
ALTER TABLE pools ADD COLUMN products TEXT NOT NULL DEFAULT '[]';
ALTER TABLE pools ADD COLUMN rules TEXT NOT NULL DEFAULT '{}';

ALTER TABLE positions ADD COLUMN product TEXT NOT NULL DEFAULT '';
ALTER TABLE positions ADD COLUMN unit BIGINT NOT NULL DEFAULT 0;
ALTER TABLE positions ADD COLUMN price_fen BIGINT NOT NULL DEFAULT 0 CHECK (price_fen >= 0);
ALTER TABLE positions ADD COLUMN places BIGINT NOT NULL DEFAULT 1 CHECK (places IN (0, 1));
ALTER TABLE positions ADD COLUMN secret TEXT NOT NULL DEFAULT '';
ALTER TABLE positions ADD COLUMN adult_id TEXT NOT NULL DEFAULT '';
ALTER TABLE positions ADD COLUMN cancelled_at BIGINT NOT NULL DEFAULT 0;

UPDATE positions SET unit = idx, price_fen = (
    SELECT o.total_fen / (SELECT count(*) FROM positions q WHERE q.order_id = o.id) FROM orders o WHERE o.id = positions.order_id
);
