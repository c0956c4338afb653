-- Up Migration

CREATE TABLE coupons (
  code text COLLATE "C" PRIMARY KEY,
  percent_off integer,
  amount_off_minor bigint,
  minimum_minor bigint,
  currency text,
  uses_max integer,
  uses_per_buyer_max integer,
  valid_from timestamptz,
  valid_until timestamptz,
  on_sale_items boolean NOT NULL,
  -- Orders that use it: pending, or paid. The budget, counted in the commit that makes such an order.
  uses integer NOT NULL DEFAULT 0,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT takes_off_a_share_or_an_amount CHECK (num_nonnulls(percent_off, amount_off_minor) = 1),
  CONSTRAINT share_is_a_percentage CHECK (percent_off BETWEEN 1 AND 100),
  CONSTRAINT amounts_have_a_currency CHECK (
    (currency IS NULL) = (num_nonnulls(amount_off_minor, minimum_minor) = 0)
  ),
  CONSTRAINT valid_from_before_until CHECK (valid_from < valid_until),
  CONSTRAINT coupon_within_budget CHECK (uses >= 0 AND uses <= coalesce(uses_max, uses))
) WITH (fillfactor = 20);

-- Of those coupons that a buyer may use only so often.
CREATE TABLE coupon_buyers (
  code text COLLATE "C" NOT NULL,
  buyer_id text COLLATE "C" NOT NULL,
  uses integer NOT NULL,
  uses_max integer NOT NULL,
  PRIMARY KEY (code, buyer_id),
  CONSTRAINT coupon_within_budget_of_buyer CHECK (uses BETWEEN 0 AND uses_max)
);

ALTER TABLE quotes ADD COLUMN coupon_code text COLLATE "C";
ALTER TABLE orders ADD COLUMN coupon_code text COLLATE "C";

-- Whoever ends an order that was never paid gives its coupon back, and cannot forget to. Coupons are locked in
-- order, and before sale items: as the commit does that counts them.
CREATE FUNCTION give_coupons_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM moved WHERE from_status = 'pending' AND to_status IN ('failed', 'cancelled')) THEN
    RETURN NULL;
  END IF;
  WITH ended AS MATERIALIZED (
    SELECT orders.coupon_code AS code, moved.buyer_id
    FROM moved CROSS JOIN LATERAL (
      SELECT coupon_code FROM orders
      WHERE orders.buyer_id = moved.buyer_id AND orders.order_id = moved.order_id OFFSET 0
    ) AS orders
    WHERE moved.from_status = 'pending' AND moved.to_status IN ('failed', 'cancelled')
      AND orders.coupon_code IS NOT NULL
  ),
  locked AS MATERIALIZED (
    SELECT coupons.code FROM coupons JOIN (SELECT DISTINCT code FROM ended) AS named USING (code)
    ORDER BY coupons.code
    FOR NO KEY UPDATE OF coupons
  ),
  given AS (
    UPDATE coupons SET uses = coupons.uses - back.uses
    FROM (
      SELECT code, count(*)::integer AS uses FROM ended JOIN locked USING (code) GROUP BY code
    ) AS back
    WHERE coupons.code = back.code
    RETURNING coupons.code
  )
  UPDATE coupon_buyers SET uses = coupon_buyers.uses - back.uses
  FROM (
    SELECT code, buyer_id, count(*)::integer AS uses FROM ended JOIN given USING (code) GROUP BY code, buyer_id
  ) AS back
  WHERE coupon_buyers.code = back.code AND coupon_buyers.buyer_id = back.buyer_id;
  RETURN NULL;
END $$;

CREATE TRIGGER gives_coupons_back AFTER INSERT ON order_history
  REFERENCING NEW TABLE AS moved FOR EACH STATEMENT EXECUTE FUNCTION give_coupons_back();
