-- What a pool admits to, and what it has beside its places where visitors sign
-- up for it: JSON, null = nothing. A day may open for booking at a moment of its
-- own.
ALTER TABLE pools ADD COLUMN kind TEXT NOT NULL DEFAULT 'permanent';
ALTER TABLE pools ADD COLUMN name_en TEXT NOT NULL DEFAULT '';
ALTER TABLE pools ADD COLUMN activity TEXT NOT NULL DEFAULT 'null';
ALTER TABLE pool_days ADD COLUMN opens_at BIGINT NOT NULL DEFAULT 0;

-- What visitors answered to an activity's fields: of an order, or of one of its
-- positions. Labels and type are those of the field when it was answered. Of a
-- personal answer, value is masked and sealed holds it; empty = it has been
-- erased, or never was personal.
CREATE TABLE order_answers (
    order_id    TEXT   NOT NULL REFERENCES orders (id),
    position_id TEXT   NOT NULL,
    field       TEXT   NOT NULL,
    idx         BIGINT NOT NULL,
    type        TEXT   NOT NULL,
    label_zh    TEXT   NOT NULL,
    label_en    TEXT   NOT NULL,
    value       TEXT   NOT NULL,
    personal    BIGINT NOT NULL CHECK (personal IN (0, 1)),
    sealed      BYTEA  NOT NULL,
    PRIMARY KEY (order_id, position_id, field)
) /* STRICT */;
