-- Two in a hundred people and four of five machines are labelled; of the people
-- every fifth was drawn in some week of the period.
INSERT INTO labels (id, time, site, account, value, source, actor, reason, operator, visit_day, inclusion, week)
SELECT
	concat('label-', account), {to:DateTime64(3, 'UTC')} - toIntervalHour(24 + dice % 400), {site:String}, account,
	if(machine, 'scalper', 'human'), multiIf(drawn, 'sample', dice % 3 = 0, 'outcome', 'report'), 'bench', '',
	if(machine, concat('operator-', toString(dice % 200)), ''), toDate32('1970-01-01'), if(drawn, 0.005, 0.),
	if(drawn, toDate32(toMonday({from:DateTime64(3, 'UTC')} + toIntervalDay(dice % {days:UInt32}))), toDate32('1970-01-01'))
FROM (
	SELECT account, startsWith(account, 'm') AS machine, cityHash64(account) AS dice, NOT machine AND dice % 5 = 0 AS drawn
	FROM (SELECT account FROM events
		WHERE site = {site:String} AND time >= {from:DateTime64(3, 'UTC')} AND time < {to:DateTime64(3, 'UTC')}
		GROUP BY account)
	WHERE if(startsWith(account, 'm'), cityHash64(account, 1) % 5 > 0, cityHash64(account, 1) % 50 = 0)
)
