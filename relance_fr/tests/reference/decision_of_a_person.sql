WITH
moved AS (
SELECT placed.line_id, SUM(placed.amount) AS amount
FROM (
SELECT match.debit_move_id AS line_id,
LEAST(match.debit_amount_currency, GREATEST(0, transfer.amount
- SUM(match.debit_amount_currency) OVER newer_first + match.debit_amount_currency)
) AS amount
FROM (
SELECT target.move_id, partner.commercial_partner_id AS partner_id, target.currency_id,
SUM(target.amount_residual_currency) AS amount
FROM account_move_line target
JOIN account_move entry ON entry.id = target.move_id AND entry.move_type = 'entry' AND entry.origin_payment_id IS NULL AND entry.statement_line_id IS NULL
JOIN res_partner partner ON partner.id = target.partner_id
WHERE target.company_id = ANY(%s) AND
"target".account_id IN (SELECT id FROM account_account WHERE account_type = 'asset_receivable')
AND "target".parent_state = 'posted' AND "target".reconciled IS NOT TRUE
AND "target".amount_residual_currency > 0
AND target.date <= %s
GROUP BY target.move_id, partner.commercial_partner_id, target.currency_id
) transfer
JOIN account_move_line source ON source.move_id = transfer.move_id AND source.balance < 0
AND source.currency_id = transfer.currency_id
JOIN res_partner owner ON owner.id = source.partner_id
AND owner.commercial_partner_id = transfer.partner_id
JOIN account_partial_reconcile match ON match.credit_move_id = source.id
JOIN account_move_line line ON line.id = match.debit_move_id
JOIN account_move move ON move.id = line.move_id
WHERE line.display_type = 'payment_term' AND line.parent_state = 'posted' AND move.move_type = 'out_invoice' AND line.currency_id = transfer.currency_id
WINDOW newer_first AS (PARTITION BY transfer.move_id, transfer.partner_id, transfer.currency_id
ORDER BY GREATEST(COALESCE(line.date_maturity, CASE WHEN move.move_type <> 'entry' THEN move.invoice_date_due END,
move.invoice_date, line.date), move.relance_payable_until) DESC, line.id DESC)
) placed
WHERE placed.amount > 0
GROUP BY placed.line_id
),
open_line AS (
SELECT line.id AS line_id, line.move_id, line.company_id, line.currency_id,
move.commercial_partner_id AS partner_id, move.partner_id AS invoice_partner_id,
move.invoice_date, LEAST(move.invoice_date, move.delivery_date) AS born,
GREATEST(COALESCE(line.date_maturity, CASE WHEN move.move_type <> 'entry' THEN move.invoice_date_due END,
move.invoice_date, line.date), move.relance_payable_until) AS due, line.no_followup, move.payment_state,
line.amount_residual_currency + COALESCE(moved.amount, 0) AS residual, COALESCE(moved.amount, 0) AS moved,
line.amount_residual / line.amount_residual_currency AS company_rate,
line.discount_date, line.discount_amount_currency AS discounted
FROM account_move_line line
JOIN account_move move ON move.id = line.move_id
LEFT JOIN moved ON moved.line_id = line.id
WHERE line.company_id = ANY(%s) AND line.display_type = 'payment_term' AND line.parent_state = 'posted' AND line.reconciled IS NOT TRUE
AND line.amount_residual_currency > 0 AND move.move_type = 'out_invoice'
UNION ALL
SELECT line.id AS line_id, line.move_id, line.company_id, line.currency_id,
move.commercial_partner_id AS partner_id, move.partner_id AS invoice_partner_id,
move.invoice_date, LEAST(move.invoice_date, move.delivery_date) AS born,
GREATEST(COALESCE(line.date_maturity, CASE WHEN move.move_type <> 'entry' THEN move.invoice_date_due END,
move.invoice_date, line.date), move.relance_payable_until) AS due, line.no_followup, move.payment_state,
moved.amount AS residual, moved.amount AS moved,
line.balance / line.amount_currency AS company_rate,
line.discount_date, line.discount_amount_currency AS discounted
FROM account_move_line line
JOIN account_move move ON move.id = line.move_id
JOIN moved ON moved.line_id = line.id
WHERE line.company_id = ANY(%s) AND line.display_type = 'payment_term' AND line.parent_state = 'posted' AND move.move_type = 'out_invoice' AND line.amount_residual_currency = 0
),
pending_share AS (
WITH payment_in_progress AS (
SELECT payment.currency_id, payment.amount, payment.date, payment.create_date,
array_agg(link.invoice_id ORDER BY link.invoice_id) AS invoice_ids
FROM account_move__account_payment link
JOIN account_payment payment ON payment.id = link.payment_id
WHERE payment.move_id IS NULL AND payment.state IN ('in_process', 'paid')
AND payment.date <= %s
AND link.invoice_id IN (SELECT move_id FROM open_line)
GROUP BY payment.id
),
pool AS (
SELECT invoice_ids, currency_id, SUM(amount) AS amount, MIN(date) AS date,
MIN(create_date) AS create_date, array_agg(amount) AS amounts
FROM payment_in_progress GROUP BY invoice_ids, currency_id
),
running AS (
SELECT pool.invoice_ids, pool.currency_id, pool.date,
pool.amount - COALESCE(SUM(cleared.amount), 0) AS amount
FROM pool
LEFT JOIN LATERAL (
SELECT match.debit_amount_currency AS amount
FROM account_move_line settled
JOIN account_partial_reconcile match ON match.debit_move_id = settled.id
JOIN account_move_line credit ON credit.id = match.credit_move_id
JOIN account_move statement ON statement.id = credit.move_id AND statement.statement_line_id IS NOT NULL
WHERE settled.move_id = ANY(pool.invoice_ids) AND settled.display_type = 'payment_term'
AND (statement.date >= pool.date
-- the very payment, that the bank showed before the day entered for it
OR match.debit_amount_currency = ANY(pool.amounts) AND match.create_date >= pool.create_date)
) cleared ON TRUE
GROUP BY pool.invoice_ids, pool.currency_id, pool.date, pool.amount
),
queued AS (
SELECT open_line.line_id, running.date, open_line.residual, running.amount,
open_line.currency_id = running.currency_id AS comparable,
SUM(open_line.residual) OVER (
PARTITION BY running.invoice_ids, running.currency_id
ORDER BY open_line.due, open_line.line_id
) - open_line.residual AS older
FROM running
JOIN open_line ON open_line.move_id = ANY(running.invoice_ids)
)
SELECT line_id, date,
CASE WHEN comparable THEN LEAST(residual, GREATEST(0, amount - older)) ELSE residual END AS amount
FROM queued
),
credit_share (line_id, date, amount) AS (SELECT * FROM unnest(%s::int4[], %s::date[], %s::numeric[])),
doubt_share (line_id, date, amount) AS (SELECT * FROM unnest(%s::int4[], %s::date[], %s::numeric[])),
counted AS (
SELECT open_line.*, LEAST(residual, COALESCE(pending.amount, 0)) AS pending,
COALESCE(credit.amount, 0) AS credit_share, COALESCE(doubt.amount, 0) AS doubt
FROM open_line
LEFT JOIN (SELECT line_id, SUM(amount) AS amount FROM pending_share GROUP BY line_id) pending
ON pending.line_id = open_line.line_id
LEFT JOIN (SELECT line_id, SUM(amount) AS amount FROM credit_share GROUP BY line_id) credit
ON credit.line_id = open_line.line_id
LEFT JOIN (SELECT line_id, SUM(amount) AS amount FROM doubt_share GROUP BY line_id) doubt
ON doubt.line_id = open_line.line_id
WHERE open_line.company_id = %s
),
-- computed once: taken into what reads it, each use of net would carry the whole of it along
left_over AS MATERIALIZED (
SELECT counted.*, taken.discount, residual - pending - credit_share - taken.discount AS net
FROM counted
CROSS JOIN LATERAL (SELECT
CASE WHEN counted.discount_date IS NOT NULL
AND counted.residual > counted.pending + counted.credit_share
AND counted.discounted <= (
SELECT COALESCE(SUM(match.debit_amount_currency), 0)
FROM account_partial_reconcile match
JOIN account_move_line paid ON paid.id = match.credit_move_id
WHERE match.debit_move_id = counted.line_id AND paid.date <= counted.discount_date
) + (
SELECT COALESCE(SUM(came.amount), 0)
FROM (SELECT * FROM pending_share UNION ALL SELECT * FROM credit_share) came
WHERE came.line_id = counted.line_id AND came.date <= counted.discount_date
)
THEN counted.residual - counted.pending - counted.credit_share ELSE 0 END
AS discount) taken
),
part_hold AS (
SELECT relance_hold.move_id, line_id, SUM(GREATEST(0, amount -
CASE WHEN relance_hold.resolution IN ('accepted', 'partly') THEN (
SELECT GREATEST(0, LEAST(
(COALESCE((SELECT SUM(refund.amount_total) FROM account_move refund
WHERE refund.reversed_entry_id = relance_hold.move_id AND
refund.move_type = 'out_refund' AND refund.state = 'posted'
AND refund.invoice_date BETWEEN relance_hold.resolved_on AND %s
), 0)
+ COALESCE((SELECT SUM(match.debit_amount_currency)
FROM account_move_line owed
JOIN account_partial_reconcile match ON match.debit_move_id = owed.id
JOIN account_move_line credit ON credit.id = match.credit_move_id
JOIN account_move refund ON refund.id = credit.move_id
WHERE owed.move_id = relance_hold.move_id
AND refund.reversed_entry_id IS DISTINCT FROM relance_hold.move_id AND
refund.move_type = 'out_refund' AND refund.state = 'posted'
AND refund.invoice_date BETWEEN relance_hold.resolved_on AND %s
), 0))
,
(COALESCE((SELECT SUM(refund.amount_total) FROM account_move refund
WHERE refund.reversed_entry_id = relance_hold.move_id AND
refund.move_type = 'out_refund' AND refund.state = 'posted'
AND refund.invoice_date BETWEEN earlier.since AND %s
), 0)
+ COALESCE((SELECT SUM(match.debit_amount_currency)
FROM account_move_line owed
JOIN account_partial_reconcile match ON match.debit_move_id = owed.id
JOIN account_move_line credit ON credit.id = match.credit_move_id
JOIN account_move refund ON refund.id = credit.move_id
WHERE owed.move_id = relance_hold.move_id
AND refund.reversed_entry_id IS DISTINCT FROM relance_hold.move_id AND
refund.move_type = 'out_refund' AND refund.state = 'posted'
AND refund.invoice_date BETWEEN earlier.since AND %s
), 0))
- earlier.accepted))
FROM (SELECT COALESCE(MIN(other.resolved_on), relance_hold.resolved_on) AS since,
COALESCE(SUM(other.accepted_amount), 0) AS accepted
FROM relance_hold other
WHERE other.move_id = relance_hold.move_id AND other.resolution IN ('accepted', 'partly')
AND (other.resolved_on, other.id) < (relance_hold.resolved_on, relance_hold.id)) earlier)
ELSE 0 END
)) AS amount,
CASE WHEN bool_or(reason = 'dispute') THEN 'disputed' ELSE 'held' END AS reason
FROM relance_hold
WHERE company_id = ANY(%s) AND amount > 0 AND date_from <= %s AND (date_to IS NULL OR date_to >= %s)
GROUP BY relance_hold.move_id, line_id
),
netted AS (
SELECT own.*, own.own_part + LEAST(own.net - own.own_part, GREATEST(0, COALESCE(whole.amount, 0)
- SUM(own.net - own.own_part) OVER newer_first + own.net - own.own_part)) AS held,
COALESCE(own.own_reason, whole.reason) AS held_reason
FROM (
SELECT left_over.*, LEAST(left_over.net, COALESCE(part.amount, 0)) AS own_part,
part.reason AS own_reason
FROM left_over
LEFT JOIN part_hold part ON part.line_id = left_over.line_id
) own
LEFT JOIN part_hold whole ON whole.move_id = own.move_id AND whole.line_id IS NULL
WINDOW newer_first AS (PARTITION BY own.move_id ORDER BY own.due DESC, own.line_id DESC)
)
,
concerned AS (
SELECT commitment.id, commitment.kind, commitment.date, commitment.cancelled IS TRUE AS cancelled
FROM relance_commitment commitment
WHERE commitment.company_id = %s AND
commitment.cancelled IS NOT TRUE AND commitment.date <= %s AND commitment.id IN (
SELECT link.commitment_id FROM relance_commitment_move_rel link
JOIN netted ON netted.move_id = link.move_id
)
),
recognised AS (
SELECT concerned.id, COALESCE(SUM(debt.principal_amount), 0) AS base,
COALESCE(SUM(debt.principal_amount - COALESCE(now.net, 0)), 0) AS paid
FROM concerned
LEFT JOIN (relance_commitment_debt debt
JOIN account_move move ON move.id = debt.move_id AND move.state = 'posted')
ON debt.commitment_id = concerned.id
LEFT JOIN (SELECT move_id, SUM(net) AS net FROM netted GROUP BY move_id) now ON now.move_id = debt.move_id
GROUP BY concerned.id
),
scheduled AS (
SELECT line.id AS line_id, line.commitment_id, line.date, line.amount,
line.date + %s AS last_day, recognised.base, recognised.paid,
SUM(line.amount) OVER (PARTITION BY line.commitment_id ORDER BY line.date, line.id) AS so_far
FROM relance_commitment_line line
JOIN recognised ON recognised.id = line.commitment_id
),
instalment AS (
SELECT line_id, commitment_id, date, amount, last_day,
GREATEST(0, LEAST(amount, paid - so_far + amount)) AS paid_amount,
CASE WHEN base > 0 AND paid >= LEAST(so_far, base) - %s THEN 'paid'
WHEN paid >= LEAST(so_far, base) - %s THEN 'to_come'
WHEN last_day < %s THEN 'late'
WHEN date <= %s THEN 'due'
ELSE 'to_come' END AS state
FROM scheduled
),
standing AS (
SELECT concerned.*, recognised.base, recognised.paid, schedule.last_day, schedule.broken_since,
CASE WHEN concerned.cancelled THEN 'cancelled'
WHEN schedule.kept THEN 'kept'
WHEN schedule.broken_since IS NOT NULL THEN 'broken'
ELSE 'open' END AS state
FROM concerned
JOIN recognised ON recognised.id = concerned.id
JOIN (
SELECT commitment_id, MAX(last_day) AS last_day, bool_and(state = 'paid') AS kept,
MIN(last_day) FILTER (WHERE state = 'late') + 1 AS broken_since
FROM instalment GROUP BY commitment_id
) schedule ON schedule.commitment_id = concerned.id
)
,
promise AS (
SELECT link.move_id,
bool_or(standing.kind = 'plan' AND standing.holds) AS planned,
bool_or(standing.holds) AS promised,
MIN(standing.broken_since) FILTER (WHERE standing.state = 'broken') AS broken_since,
MIN(standing.broken_since) FILTER (WHERE standing.state = 'broken' AND %s) AS jump_since
FROM (SELECT *, state <> 'broken' AND last_day >= %s AS holds FROM standing) standing
JOIN relance_commitment_move_rel link ON link.commitment_id = standing.id
GROUP BY link.move_id
)
,
item AS (
SELECT netted.*, COALESCE((partner.relance_calendar_id ->> %s::text)::int4, CASE WHEN %s = %s AND partner.relance_regime = %s THEN %s::int4 WHEN %s = %s AND partner.relance_regime = %s THEN %s::int4 WHEN %s = %s AND partner.relance_regime = %s THEN %s::int4 END) AS calendar_id,
(partner.relance_exclude IS NOT NULL AND EXISTS (
SELECT FROM jsonb_each_text(partner.relance_exclude) given
JOIN res_company owner ON owner.id::text = given.key
JOIN res_company asking ON asking.id = %s
AND split_part(asking.parent_path, '/', 1) = split_part(owner.parent_path, '/', 1)
WHERE given.value = 'true'))
AS excluded, promise.planned, promise.promised, promise.broken_since,
promise.jump_since,
COALESCE(
(SELECT winding.administrator_id FROM relance_hold winding
WHERE winding.partner_id = netted.partner_id AND winding.company_id = ANY(%s) AND winding.reason = 'insolvency' AND winding.insolvency_kind = 'liquidation' AND winding.insolvency_outcome IS NULL AND winding.date_to IS NULL
AND winding.date_from <= %s LIMIT 1)
, chosen.id, dunning.id,
CASE WHEN MIN(COALESCE(addressee.id, netted.partner_id)) OVER same_debtor
= MAX(COALESCE(addressee.id, netted.partner_id)) OVER same_debtor
THEN addressee.id END,
-- of several invoice addresses each has its own
CASE WHEN addressee.type = 'invoice' THEN addressee.id END,
invoicing.id, netted.partner_id) AS contact_id,
netted.partner_id IN (SELECT partner_id FROM res_company) AS is_own
FROM netted
JOIN res_partner partner ON partner.id = netted.partner_id
LEFT JOIN promise ON promise.move_id = netted.move_id
LEFT JOIN LATERAL (SELECT contact.id, contact.type FROM res_partner contact WHERE contact.id = COALESCE((partner.relance_contact_id ->> %s::text)::int4) AND (contact.active AND (contact.commercial_partner_id = netted.partner_id OR contact.is_company AND contact.commercial_partner_id = contact.id))) chosen ON TRUE
LEFT JOIN LATERAL (
SELECT child.id FROM res_partner child
WHERE child.parent_id = netted.partner_id AND child.type = %s AND child.active ORDER BY child.id LIMIT 1
) dunning ON TRUE
LEFT JOIN LATERAL (SELECT contact.id, contact.type FROM res_partner contact WHERE contact.id = NULLIF(netted.invoice_partner_id, netted.partner_id) AND (contact.active AND (contact.commercial_partner_id = netted.partner_id OR contact.is_company AND contact.commercial_partner_id = contact.id))) addressee ON TRUE
LEFT JOIN LATERAL (
SELECT child.id FROM res_partner child
WHERE child.parent_id = netted.partner_id AND child.type = %s AND child.active ORDER BY child.id LIMIT 1
) invoicing ON TRUE
WINDOW same_debtor AS (PARTITION BY netted.partner_id)
),
-- computed once each: taken into what reads them, they would be planned again for each column used
stepped AS MATERIALIZED (
SELECT item.*, calendar.grouping, history.unposted,
CASE WHEN next.jumps THEN GREATEST(calendar.min_days, 1) ELSE calendar.min_days END AS min_days,
history.level_id IS NOT NULL AS known, next.level_id, next.date, level.kind,
level.minimum_amount, level.with_letter, level.channel_email, reach.email AS mailable,
CASE WHEN level.channel_registered AND reach.postal THEN 'registered'
WHEN level.channel_letter AND reach.postal THEN 'letter'
WHEN reach.email AND (level.channel_email OR level.channel_registered OR level.channel_letter)
THEN 'email'
WHEN level.channel_email AND reach.postal THEN 'letter'
WHEN level.channel_call THEN 'call' END
AS channel
FROM item
LEFT JOIN relance_calendar calendar ON calendar.id = item.calendar_id
LEFT JOIN LATERAL (
SELECT fact.level_id, level.delay, array_position(%s::varchar[], level.kind) AS rank,
COALESCE(notice.posted_date, notice.date) AS date, notice.deadline,
notice.channel IN %s AND notice.taken_over IS NOT TRUE AND COALESCE("notice"."posted_date", "notice"."presented_date", "notice"."received_date", "notice"."returned_date") IS NULL
AND (notice.channel = 'registered' OR COALESCE(notice.delivery_state, '') NOT IN ('queued', 'sent'))
AS unposted
FROM relance_notice_line fact
JOIN relance_notice notice ON notice.id = fact.notice_id
JOIN relance_level level ON level.id = fact.level_id
WHERE fact.line_id = item.line_id AND fact.state = 'sent' AND notice.date <= %s
ORDER BY array_position(%s::varchar[], level.kind) DESC, level.delay DESC
LIMIT 1
) history ON TRUE
LEFT JOIN LATERAL (
SELECT level.id AS level_id, level.kind, level.jumps, level.planned AS date
FROM (
SELECT step.*,
GREATEST(
CASE WHEN step.jumps THEN GREATEST(item.jump_since, item.due + 1, history.date + 1)
ELSE item.due + step.delay END,
CASE WHEN NOT step.aged AND NOT step.jumps
THEN history.date + (step.delay - history.delay) END,
history.deadline
) AS planned
FROM (
SELECT candidate.id, candidate.kind, candidate.delay, candidate.calendar_id,
calendar.catch_up = 'age' AND item.due + candidate.delay <= %s AS aged,
item.jump_since IS NOT NULL AND candidate.kind = 'formal'
AND COALESCE(history.rank, 0) < array_position(%s::varchar[], candidate.kind) AS jumps
FROM relance_level candidate
JOIN relance_calendar calendar ON calendar.id = candidate.calendar_id
WHERE candidate.calendar_id = item.calendar_id
AND candidate.delay > COALESCE(history.delay, candidate.delay - 1)
AND array_position(%s::varchar[], candidate.kind) >= COALESCE(history.rank, 0)
AND (candidate.kind <> 'preventive' OR item.due >= %s)
) step
ORDER BY step.jumps DESC, step.aged DESC,
CASE WHEN step.aged AND NOT step.jumps THEN -step.delay ELSE step.delay END
LIMIT 1
) level
) next ON TRUE
LEFT JOIN relance_level level ON level.id = next.level_id
LEFT JOIN LATERAL (
SELECT COALESCE(CASE WHEN (contact.active AND (contact.commercial_partner_id = debtor.id OR contact.is_company AND contact.commercial_partner_id = contact.id)) OR
(contact.commercial_partner_id <> debtor.id AND EXISTS (
SELECT FROM relance_hold winding
WHERE winding.partner_id = debtor.id AND winding.administrator_id = contact.id AND winding.reason = 'insolvency' AND winding.insolvency_kind = 'liquidation' AND winding.insolvency_outcome IS NULL AND winding.date_to IS NULL))
THEN
CASE WHEN contact.email LIKE '%%@%%' AND NOT EXISTS (
SELECT FROM relance_notice failed
WHERE failed.partner_id = debtor.id
AND (failed.email_to = contact.email
OR contact.email LIKE '%%@%%@%%' AND regexp_split_to_array(lower(COALESCE(failed.email_to, '')), '[\s,;<>"]+') <@ regexp_split_to_array(lower(COALESCE(contact.email, '')), '[\s,;<>"]+'))
AND (failed.state = 'failed' AND COALESCE(failed.failure_kind, 'address') = 'address'
OR failed.address_refused)
HAVING bool_or(failed.address_refused)
OR COUNT(*) FILTER (WHERE failed.date > %s - 30) >= 3
) THEN CASE
WHEN contact.email LIKE '%%@%%@%%'
AND EXISTS (SELECT FROM mail_blacklist barred
WHERE barred.active AND barred.email = ANY(regexp_split_to_array(lower(COALESCE(contact.email, '')), '[\s,;<>"]+')))
THEN (SELECT string_agg(part.address, ', ' ORDER BY part.rank)
FROM unnest(regexp_split_to_array(lower(COALESCE(contact.email, '')), '[\s,;<>"]+')) WITH ORDINALITY part (address, rank)
WHERE part.address LIKE '%%_@_%%'
AND NOT EXISTS (SELECT FROM mail_blacklist barred
WHERE barred.email = part.address AND barred.active))
WHEN NOT EXISTS (SELECT FROM mail_blacklist barred
WHERE barred.email = contact.email_normalized AND barred.active)
THEN contact.email END END
END, CASE WHEN NOT
(contact.commercial_partner_id <> debtor.id AND EXISTS (
SELECT FROM relance_hold winding
WHERE winding.partner_id = debtor.id AND winding.administrator_id = contact.id AND winding.reason = 'insolvency' AND winding.insolvency_kind = 'liquidation' AND winding.insolvency_outcome IS NULL AND winding.date_to IS NULL))
THEN
CASE WHEN debtor.email LIKE '%%@%%' AND NOT EXISTS (
SELECT FROM relance_notice failed
WHERE failed.partner_id = debtor.id
AND (failed.email_to = debtor.email
OR debtor.email LIKE '%%@%%@%%' AND regexp_split_to_array(lower(COALESCE(failed.email_to, '')), '[\s,;<>"]+') <@ regexp_split_to_array(lower(COALESCE(debtor.email, '')), '[\s,;<>"]+'))
AND (failed.state = 'failed' AND COALESCE(failed.failure_kind, 'address') = 'address'
OR failed.address_refused)
HAVING bool_or(failed.address_refused)
OR COUNT(*) FILTER (WHERE failed.date > %s - 30) >= 3
) THEN CASE
WHEN debtor.email LIKE '%%@%%@%%'
AND EXISTS (SELECT FROM mail_blacklist barred
WHERE barred.active AND barred.email = ANY(regexp_split_to_array(lower(COALESCE(debtor.email, '')), '[\s,;<>"]+')))
THEN (SELECT string_agg(part.address, ', ' ORDER BY part.rank)
FROM unnest(regexp_split_to_array(lower(COALESCE(debtor.email, '')), '[\s,;<>"]+')) WITH ORDINALITY part (address, rank)
WHERE part.address LIKE '%%_@_%%'
AND NOT EXISTS (SELECT FROM mail_blacklist barred
WHERE barred.email = part.address AND barred.active))
WHEN NOT EXISTS (SELECT FROM mail_blacklist barred
WHERE barred.email = debtor.email_normalized AND barred.active)
THEN debtor.email END END
END) IS NOT NULL AS email,
CASE WHEN (COALESCE(contact.street, '') <> '' OR COALESCE(contact.city, '') <> '')
AND ((contact.active AND (contact.commercial_partner_id = debtor.id OR contact.is_company AND contact.commercial_partner_id = contact.id)) OR
(contact.commercial_partner_id <> debtor.id AND EXISTS (
SELECT FROM relance_hold winding
WHERE winding.partner_id = debtor.id AND winding.administrator_id = contact.id AND winding.reason = 'insolvency' AND winding.insolvency_kind = 'liquidation' AND winding.insolvency_outcome IS NULL AND winding.date_to IS NULL))
)
THEN CASE WHEN NOT
EXISTS (SELECT FROM relance_notice back
WHERE back.partner_id = debtor.id AND back.return_reason = 'unknown'
AND regexp_replace(lower(back.postal_to), '[^[:alnum:]]+', '', 'g')
= regexp_replace(lower(
concat_ws(', ', NULLIF(contact.street, ''), NULLIF(contact.street2, ''),
NULLIF(TRIM(concat_ws(' ', contact.zip, contact.city)), ''),
(SELECT country.code FROM res_country country WHERE country.id = contact.country_id))
), '[^[:alnum:]]+', '', 'g'))
THEN TRUE END
WHEN
(contact.commercial_partner_id <> debtor.id AND EXISTS (
SELECT FROM relance_hold winding
WHERE winding.partner_id = debtor.id AND winding.administrator_id = contact.id AND winding.reason = 'insolvency' AND winding.insolvency_kind = 'liquidation' AND winding.insolvency_outcome IS NULL AND winding.date_to IS NULL))
THEN NULL
WHEN COALESCE(debtor.street, '') <> '' OR COALESCE(debtor.street2, '') <> ''
OR COALESCE(debtor.city, '') <> ''
THEN CASE WHEN NOT
EXISTS (SELECT FROM relance_notice back
WHERE back.partner_id = debtor.id AND back.return_reason = 'unknown'
AND regexp_replace(lower(back.postal_to), '[^[:alnum:]]+', '', 'g')
= regexp_replace(lower(
concat_ws(', ', NULLIF(debtor.street, ''), NULLIF(debtor.street2, ''),
NULLIF(TRIM(concat_ws(' ', debtor.zip, debtor.city)), ''),
(SELECT country.code FROM res_country country WHERE country.id = debtor.country_id))
), '[^[:alnum:]]+', '', 'g'))
THEN TRUE END END
IS NOT NULL AS postal
FROM res_partner contact, res_partner debtor
WHERE contact.id = item.contact_id AND debtor.id = item.partner_id
) reach ON TRUE
),
judged AS MATERIALIZED (
SELECT stepped.*,
CASE WHEN stepped.no_followup OR stepped.excluded THEN 'excluded'
WHEN hold.insolvent THEN 'insolvent'
WHEN hold.disputed THEN 'disputed'
WHEN hold.held OR stepped.payment_state = 'blocked' THEN 'held'
WHEN stepped.net <= 0 AND stepped.pending > 0 AND stepped.credit_share = 0 THEN
CASE WHEN stepped.discount > 0 THEN 'payment_in_progress:discount'
ELSE 'payment_in_progress' END
WHEN stepped.net <= 0 AND stepped.discount > 0 THEN 'discount_taken'
WHEN stepped.net <= 0 THEN 'covered_by_credit'
WHEN stepped.held >= stepped.net THEN stepped.held_reason
WHEN stepped.doubt >= stepped.net - stepped.held THEN 'receipt_to_match'
WHEN stepped.planned THEN 'on_plan'
WHEN stepped.promised THEN 'promised'
WHEN collection.by_debit THEN 'direct_debit'
WHEN drafted.state = 'to_approve' THEN 'awaiting_approval'
WHEN drafted.stuck THEN 'already_drafted:stuck'
WHEN drafted.state IS NOT NULL THEN 'already_drafted'
WHEN stepped.calendar_id IS NULL THEN 'no_calendar'
WHEN stepped.level_id IS NULL THEN 'last_level_reached'
WHEN stepped.date > %s AND stepped.due >= %s THEN 'not_due'
WHEN stepped.date > %s THEN 'too_early'
WHEN stepped.unposted THEN 'awaiting_approval'
WHEN contacted.date > %s - stepped.min_days THEN 'too_recent'
WHEN stepped.channel IS NULL THEN 'no_address'
ELSE 'due' END AS reason
FROM stepped
LEFT JOIN LATERAL (
SELECT bool_or(reason = 'insolvency') AS insolvent, bool_or(reason = 'dispute') AS disputed,
COUNT(*) > 0 AS held
FROM relance_hold
WHERE partner_id = stepped.partner_id AND company_id = ANY(%s)
AND (move_id IS NULL OR move_id = stepped.move_id) AND (line_id IS NULL OR line_id = stepped.line_id)
AND COALESCE(amount, 0) = 0
AND (reason <> 'insolvency' OR
(stepped.born <= relance_hold.date_from OR EXISTS (
SELECT FROM relance_hold_earlier_move_rel earlier
WHERE earlier.hold_id = relance_hold.id AND earlier.move_id = stepped.move_id))
OR insolvency_outcome = 'insufficient' AND stepped.born <= insolvency_outcome_date)
AND date_from <= %s AND (date_to IS NULL OR date_to >= %s)
) hold ON TRUE
LEFT JOIN LATERAL (
SELECT fact.state, fact.state = 'draft' AND notice.failure_reason IS NOT NULL AS stuck
FROM relance_notice_line fact
JOIN relance_notice notice ON notice.id = fact.notice_id
WHERE fact.line_id = stepped.line_id AND fact.state IN ('draft', 'to_approve', 'ready') AND NOT %s
) drafted ON TRUE
LEFT JOIN LATERAL (
SELECT MAX(CASE WHEN state = 'failed' AND stepped.min_days < 1 THEN date + 1
-- a letter speaks on the day it was posted
WHEN posted_date <= %s THEN GREATEST(date, posted_date) ELSE date END) AS date
FROM relance_notice
WHERE partner_id = stepped.partner_id AND company_id = ANY(%s) AND date <= %s
AND (state IN ('draft', 'to_approve', 'ready', 'sent') )
) contacted ON TRUE
LEFT JOIN LATERAL (
SELECT COALESCE(move.relance_collection = 'debit', term.relance_direct_debit
OR method.code = 'sdd' OR method.code LIKE '%%direct_debit%%'
OR (debtor.relance_direct_debit ->> %s::text)::boolean, FALSE)
AND NOT EXISTS (
SELECT FROM account_move__account_payment link
JOIN account_payment payment ON payment.id = link.payment_id
WHERE link.invoice_id = move.id AND payment.state IN ('rejected', 'canceled')) AS by_debit
FROM account_move move
JOIN res_partner debtor ON debtor.id = stepped.partner_id
LEFT JOIN account_payment_term term ON term.id = move.invoice_payment_term_id
LEFT JOIN account_payment_method_line used ON used.id = move.preferred_payment_method_line_id
LEFT JOIN account_payment_method method ON method.id = used.payment_method_id
WHERE move.id = stepped.move_id
) collection ON TRUE
),
grouped AS (
SELECT judged.*, bool_or(sends AND kind <> 'preventive') OVER debtor AS late_too, NULL::text AS lack
FROM (
SELECT reached.*, "fits" AND COALESCE(debtor_minimum <= MAX(debtor_minimum) FILTER (WHERE "sends_reaches")
OVER (PARTITION BY partner_id, currency_id, kind = 'preventive'), FALSE) AS "sends"
FROM (
SELECT counted.*, "fits" AND SUM(CASE WHEN "fits" THEN amount ELSE 0 END) OVER (
PARTITION BY partner_id, currency_id, kind = 'preventive' ORDER BY debtor_minimum RANGE UNBOUNDED PRECEDING
) >= debtor_minimum AS "sends_reaches"
FROM (
SELECT reached.*, "is_due" AND COALESCE(notice_minimum <= MAX(notice_minimum) FILTER (WHERE "fits_reaches")
OVER (PARTITION BY partner_id, currency_id, kind = 'preventive', CASE WHEN grouping = 'invoice' THEN move_id END), FALSE) AS "fits"
FROM (
SELECT counted.*, "is_due" AND SUM(CASE WHEN "is_due" THEN amount ELSE 0 END) OVER (
PARTITION BY partner_id, currency_id, kind = 'preventive', CASE WHEN grouping = 'invoice' THEN move_id END ORDER BY notice_minimum RANGE UNBOUNDED PRECEDING
) >= notice_minimum AS "fits_reaches"
FROM (
SELECT judged.*, reason = 'due' AS is_due, (net - held - CASE WHEN doubt < net - held THEN doubt ELSE 0 END) * company_rate AS amount,
GREATEST(COALESCE(minimum_amount, 0), CASE WHEN grouping = 'invoice' THEN 0 ELSE CASE WHEN channel IN %s THEN %s ELSE %s END END)
AS notice_minimum,
CASE WHEN grouping = 'invoice' THEN CASE WHEN channel IN %s THEN %s ELSE %s END ELSE 0 END AS debtor_minimum,
CASE WHEN COALESCE(minimum_amount, 0) >= CASE WHEN channel IN %s THEN %s ELSE %s END THEN ''
WHEN channel IN %s AND %s > %s THEN ':paper'
ELSE ':company' END AS minimum
FROM judged
) counted
) reached
) counted
) reached
) judged
WINDOW notice AS (PARTITION BY partner_id, currency_id, kind = 'preventive', CASE WHEN grouping = 'invoice' THEN move_id END),
debtor AS (PARTITION BY partner_id)
),
final AS (
SELECT line_id, move_id, partner_id, contact_id, currency_id, due, (net - held - CASE WHEN doubt < net - held THEN doubt ELSE 0 END) AS net, company_rate,
calendar_id, level_id, date, channel, grouping, broken_since,
CASE WHEN NOT grouped.is_due THEN grouped.reason
WHEN NOT grouped.sends THEN 'below_minimum' || grouped.minimum
WHEN grouped.reason <> 'due' THEN grouped.reason
WHEN grouped.late_too AND grouped.kind = 'preventive' THEN 'too_recent'
WHEN grouped.lack IS NOT NULL THEN 'not_ready:' || grouped.lack
WHEN %s THEN 'bank_not_up_to_date'
ELSE 'due' END AS reason
FROM grouped
)
SELECT line_id, move_id, partner_id, contact_id, currency_id, due, net, company_rate, calendar_id,
level_id, date, channel, grouping, broken_since,
CASE WHEN told.reason = 'due' THEN 'send'
WHEN told.reason = ANY(%s) THEN 'wait' ELSE 'skip' END AS decision,
told.reason, told.detail
FROM final
CROSS JOIN LATERAL (SELECT split_part(final.reason, ':', 1) AS reason,
NULLIF(split_part(final.reason, ':', 2), '') AS detail) told
WHERE TRUE
