-- What became of the day's orders: held, then paid, expired or withdrawn.
INSERT INTO outcomes (id, type, occurred_at, site, order_id, account, pool, day, state, positions, request_id)
SELECT concat(order_id, '-', toString(n)),
	multiIf(n = 0, 'order.held', fate < 70, 'order.confirmed', fate < 95, 'hold.expired', 'order.withdrawn') AS type,
	time + toIntervalMinute(n * 9), site, order_id, account, pool, day,
	multiIf(n = 0, 'held', fate < 70, 'confirmed', fate < 95, 'expired', 'withdrawn'), positions, id
FROM (
	SELECT *, cityHash64(order_id) % 100 AS fate, arrayJoin([0, 1]) AS n FROM events
	WHERE site = {site:String} AND time >= {from:DateTime64(3, 'UTC')} AND time < {to:DateTime64(3, 'UTC')} AND order_id != ''
)
