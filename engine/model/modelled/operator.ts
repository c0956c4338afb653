import type { ModelledReply } from './reply.ts';
import type { ModelledSale } from './sale.ts';
import { handOver } from './standby.ts';

/** Final, where the last unit is sold. */
export function closeWhenSoldOut(sale: ModelledSale): void {
  if (sale.state !== 'open' && sale.state !== 'paused') return;
  if (sale.total('sold') === sale.total('units')) sale.become('sold_out', 'sale.sold_out');
}

export type OperatorCommand = 'open' | 'pause' | 'resume' | 'close';

export function command(sale: ModelledSale, name: OperatorCommand): ModelledReply {
  const before = sale.state;
  if (name === 'open' && (before === 'scheduled' || before === 'waiting')) {
    sale.opensAtMs = sale.nowMs;
    sale.waitingOpensAtMs = Math.min(sale.nowMs, sale.waitingOpensAtMs);
    sale.advance();
  } else if (name === 'pause' && before === 'open') {
    sale.pausedAtMs = sale.nowMs;
    sale.become('paused', 'sale.paused');
  } else if (name === 'resume' && before === 'paused') {
    sale.pausedTotalMs += sale.nowMs - sale.pausedAtMs;
    sale.become('open', 'sale.resumed');
  } else if (name === 'close' && before !== 'closed' && before !== 'sold_out') {
    sale.closesAtMs = Math.min(sale.nowMs, sale.closesAtMs);
    sale.become('closed', 'sale.closed');
  } else {
    const aimedAt = { open: 'open', pause: 'paused', resume: 'open', close: 'closed' }[name];
    return [before === aimedAt ? 1 : 0, before];
  }
  return [1, sale.state];
}

export function adjustUnits(sale: ModelledSale, sku: string, units: number): ModelledReply {
  const counts = sale.stock.get(sku);
  if (!counts) return [-3, 0];
  if (counts.units === units) return [1, units];
  if (sale.state === 'closed' || sale.state === 'sold_out') return [-2, counts.units];
  const available = counts.available + units - counts.units;
  if (available < 0) return [0, counts.units];
  counts.units = units;
  counts.available = available;
  sale.events.push({
    type: 'sale.units_adjusted',
    atMs: sale.nowMs,
    epoch: sale.epoch,
    adjusted: `${sku}:${units}`,
  });
  closeWhenSoldOut(sale);
  handOver(sale);
  return [1, units];
}

export function beginEpoch(sale: ModelledSale, epoch: number, isOfThisLife: boolean): ModelledReply {
  if (!isOfThisLife) return [-3, `${sale.epoch}`];
  if (epoch <= sale.epoch) return [0, `${sale.epoch}`];
  sale.epoch = epoch;
  sale.clockOffsetMs = 0;
  const lastMs = sale.nowMs;
  sale.nowMs = Math.max(lastMs, sale.wallMs);
  if (sale.state !== 'paused') sale.pausedTotalMs += sale.nowMs - lastMs;
  sale.enter();
  return [1, `${epoch}`];
}
