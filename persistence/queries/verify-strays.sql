-- What no seal can cover: postings of no transaction, and ids that name two transactions, so that each has the
-- postings of both.
--
-- takes nothing
SELECT 'posting' AS what, transaction_id::text AS id
FROM postings WHERE NOT EXISTS (SELECT FROM ledger_transactions WHERE id = postings.transaction_id)
UNION
SELECT 'transaction', id::text FROM ledger_transactions GROUP BY id HAVING count(*) > 1
ORDER BY what, id
LIMIT 100;
