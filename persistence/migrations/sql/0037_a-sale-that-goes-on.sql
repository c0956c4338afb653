-- Up Migration

-- A sale that goes on after a pause has not opened again.
DROP TRIGGER tells_of_sale ON sales;
CREATE TRIGGER tells_of_sale AFTER UPDATE OF state ON sales FOR EACH ROW
  WHEN (
    OLD.state <> NEW.state AND NEW.state IN ('open', 'paused', 'sold_out', 'closed')
    AND NOT (OLD.state = 'paused' AND NEW.state = 'open')
  )
  EXECUTE FUNCTION tell_of_sale();
