import { setTimeout as sleep } from 'node:timers/promises';
import type { Audit } from '../../engine/contracts/wire/sales.ts';

/** Holds of the demo end after 10 s, so a sale that is not drained long after that never will be. */
const drainWithinMs = 60_000;
const askEveryMs = 500;

/** What still moves, in words; null when nothing does. */
export function unsettled(audit: Audit): string | null {
  const sum = (count: (item: Audit['items'][number]) => number) =>
    audit.items.reduce((total, item) => total + count(item), 0);
  const open = [
    [sum((item) => item.held), 'held'],
    [sum((item) => item.paying), 'paying'],
    [audit.orders.pending, 'orders pending'],
    [audit.relay.lagEntries, 'entries not relayed'],
  ] as const;
  const words = open.filter(([count]) => count > 0).map(([count, name]) => `${count} ${name}`);
  return words.length > 0 ? words.join(', ') : null;
}

/** Asks for the audit until nothing moves any more, or time is up. Returns the last one, and what still moved. */
export async function drain(read: () => Promise<Audit>): Promise<{ audit: Audit; unsettled: string | null }> {
  const deadlineMs = performance.now() + drainWithinMs;
  for (;;) {
    const audit = await read();
    const moving = unsettled(audit);
    if (moving === null || performance.now() > deadlineMs) return { audit, unsettled: moving };
    await sleep(askEveryMs);
  }
}
