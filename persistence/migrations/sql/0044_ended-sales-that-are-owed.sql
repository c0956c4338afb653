-- Up Migration

-- Which sales had a SKU, of which general stock gets back what they have left.
CREATE INDEX sales_of_a_sku ON sale_items (sku, sale_id);
