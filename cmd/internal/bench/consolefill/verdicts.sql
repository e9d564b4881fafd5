-- What was judged asynchronously of the orders and of what a rule fired on.
INSERT INTO verdicts (event_id, stage, time, site, kind, account, device, order_id, pool, day, observe, action, decision, receipt, score, rules, shadow_rules, hits, ruleset, snapshot_names, snapshot_values)
SELECT id, 'async', time, site, kind, account, device, order_id, pool, day, false, action, action, receipt, score, rules,
	if(cityHash64(id) % 10 = 0, ['shadow-1'], []), hits, ruleset, snapshot_names, snapshot_values
FROM events
WHERE site = {site:String} AND time >= {from:DateTime64(3, 'UTC')} AND time < {to:DateTime64(3, 'UTC')} AND (notEmpty(rules) OR kind = 'order.submit')
