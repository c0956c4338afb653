import { tokenSigner } from '../../../load/tokens.ts';
import { encoded, microsecondHistogram } from '../../load/histogram.ts';
import { HttpWire, requestText } from '../../load/http-wire.ts';

export interface Purchases {
  origin: string;
  saleId: string;
  sku: string;
  authSecret: string;
  buyers: number;
  /** Begins the names of the buyers, so that nobody comes twice. */
  prefix: string;
  /** True where the sale has a waiting room: then a buyer joins first. */
  joins: boolean;
  /** Buyers under way at any time; the connections, too. */
  underWay: number;
  /** Buyers a second, whatever became of those before; null: the next one begins when one has ended. */
  perSecond: number | null;
}

export interface PurchasesResult {
  confirmed: number;
  /** From the first request to the last confirmation. */
  seconds: number;
  /** Of reserve, of pay up to the confirmation, and of the whole purchase from when it was due; see `decoded`. */
  reserve: string;
  pay: string;
  whole: string;
  /** How often reserve was asked before the turn was called. */
  early: number;
  cpuSeconds: number;
}

/** A turn is called within a tick; asking sooner is asking for nothing. */
const askAgainMs = 100;
const asksMax = 300;

/** Whole purchases over HTTP: a place, a hold, a payment that is confirmed. Throws on any answer that is not due. */
export async function purchase(setting: Purchases): Promise<PurchasesResult> {
  const { origin, saleId, sku, prefix, joins, buyers, underWay, perSecond } = setting;
  const sign = tokenSigner(setting.authSecret);
  const histograms = {
    reserve: microsecondHistogram(),
    pay: microsecondHistogram(),
    whole: microsecondHistogram(),
  };
  let early = 0;
  let confirmed = 0;

  const since = (histogram: keyof typeof histograms, fromMs: number) =>
    histograms[histogram].recordValue(Math.max(1, Math.round((performance.now() - fromMs) * 1000)));

  async function buy(wire: HttpWire, number: number, dueMs: number): Promise<void> {
    const token = sign({ sub: `${prefix}-${number}` });
    const ask = async (path: string, body: object, headers: string[] = []) => {
      const text = requestText({ method: 'POST', path, body: JSON.stringify(body), headers });
      const answer = await wire.exchange(text, token);
      const json = answer.text.slice(answer.text.indexOf('\r\n\r\n') + 4);
      return {
        status: answer.status,
        text: answer.text,
        body: () => JSON.parse(json) as Record<string, string>,
      };
    };
    const demandCreated = ({ status, text }: { status: number; text: string }, what: string) => {
      if (status !== 201) throw new Error(`${what} was answered ${text.slice(0, 600) || 'by nothing'}`);
    };
    let ticket: string | undefined;
    if (joins) {
      const joined = await ask(`/api/v1/sales/${saleId}/tickets`, {});
      demandCreated(joined, 'join');
      ticket = joined.body().ticket;
    }
    const request = { ...(ticket ? { ticket } : {}), items: [{ sku, quantity: 1 }] };
    let reserved: Awaited<ReturnType<typeof ask>> | null = null;
    for (let asked = 1; reserved === null; asked++) {
      const fromMs = performance.now();
      const answer = await ask(`/api/v1/sales/${saleId}/reservations`, request);
      if (answer.status === 409 && answer.body().code === 'not_your_turn' && asked < asksMax) {
        early += 1;
        await new Promise((resolve) => setTimeout(resolve, askAgainMs));
      } else {
        demandCreated(answer, 'reserve');
        since('reserve', fromMs);
        reserved = answer;
      }
    }
    const { checkoutId, purchaseToken } = reserved.body();
    const fromMs = performance.now();
    const paid = await ask(
      `/api/v1/checkout/${checkoutId}/pay`,
      { purchaseToken, paymentMethod: 'card', paymentToken: 'tok_visa' },
      [`Idempotency-Key: ${checkoutId}`, 'Prefer: wait=30'],
    );
    demandCreated(paid, 'pay');
    if (paid.body().status !== 'confirmed') throw new Error(`pay was answered ${paid.text.slice(0, 600)}`);
    since('pay', fromMs);
    since('whole', dueMs);
    confirmed += 1;
  }

  const wires = await Promise.all(
    Array.from({ length: Math.min(underWay, buyers) }, () => HttpWire.open(origin)),
  );
  const cpuBefore = process.cpuUsage();
  const startMs = performance.now();
  let begun = 0;
  const buyOn = async (wire: HttpWire) => {
    while (begun < buyers) {
      const number = begun++;
      const dueMs = perSecond === null ? performance.now() : startMs + (number * 1000) / perSecond;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      await buy(wire, number, dueMs);
    }
  };
  await Promise.all(wires.map(buyOn));
  const seconds = (performance.now() - startMs) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  for (const wire of wires) wire.close();
  return {
    confirmed,
    seconds,
    reserve: encoded(histograms.reserve),
    pay: encoded(histograms.pay),
    whole: encoded(histograms.whole),
    early,
    cpuSeconds: (user + system) / 1_000_000,
  };
}
