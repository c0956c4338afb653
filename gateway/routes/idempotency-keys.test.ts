import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inCrowds } from '../../engine/fixtures/in-crowds.ts';
import { type House, openHouse, tokenFor } from '../fixtures/house.ts';
import { type Answer, ask } from '../fixtures/http-client.ts';

/** How many keys; each is used a hundred times at once, over two gateways. */
const wanted = Number(process.env.IDEMPOTENCY_KEYS ?? 5);
const clicks = 100;
const withinMs = 180_000 + wanted * 5_000;

let house: House;
let other: Awaited<ReturnType<House['openGateway']>>;
beforeAll(async () => {
  house = await openHouse({ RATE_BUYER_BURST: '100000', RATE_BUYER_PER_SECOND: '10000' });
  other = await house.openGateway();
});
afterAll(async () => {
  await other.close();
  await house.close();
});

interface Checkout {
  buyer: string;
  checkoutId: string;
}

/** As a client that does not know what became of its request, and asks until it does. */
async function pay(
  port: number,
  { buyer, checkoutId }: Checkout,
  paymentToken = 'tok_visa',
): Promise<Answer> {
  const headers = {
    authorization: `Bearer ${tokenFor(buyer)}`,
    'content-type': 'application/json',
    'idempotency-key': `the key of ${buyer}`,
    prefer: 'wait=30',
  };
  const body = JSON.stringify({ paymentMethod: 'card', paymentToken });
  const isOpen = ({ status, body: { code } }: Answer) => status === 202 || code === 'idempotency_key_in_use';
  return house.until(
    () => ask(port, 'POST', `/api/v1/checkout/${checkoutId}/pay`, { headers, body }),
    (answer) => !isOpen(answer),
  );
}

test(
  'a key that is used a hundred times at once has one effect and one body, also after a wipe of Redis',
  async () => {
    const saleId = await house.sale({ units: wanted });
    const paid: (Checkout & { text: string })[] = [];
    for (let at = 0; at < wanted; at++) {
      const buyer = `buyer ${at}`;
      const { body } = await house.reserve(saleId, buyer);
      const checkout = { buyer, checkoutId: body.checkoutId as string };
      const answers = await Promise.all(
        Array.from({ length: clicks }, (_, click) =>
          pay(click % 2 ? house.port : other.plane.port, checkout),
        ),
      );
      const texts = new Set(answers.map(({ status, text }) => `${status} ${text}`));
      expect([...texts]).toEqual([expect.stringMatching(/^201 .*"status":"confirmed"/)]);
      expect(await pay(house.port, checkout, 'tok_declined')).toMatchObject({
        status: 422,
        body: { code: 'idempotency_key_reused' },
      });
      paid.push({ ...checkout, text: answers[0]?.text as string });
    }
    const { body: charges } = await ask(Number(new URL(house.providerUrl).port), 'GET', '/control/charges');
    expect(charges).toMatchObject({ captured: { count: wanted }, referencesCapturedTwice: [] });
    const audit = await house.operate('GET', `/api/v1/admin/sales/${saleId}/audit`);
    expect(audit.body).toMatchObject({
      oversold: 0,
      orders: { confirmed: wanted },
      payments: { duplicated: 0 },
    });

    const redis = new Redis(house.redis.url);
    await redis.flushall();
    redis.disconnect();
    const replayed = await inCrowds(paid, async (checkout) => ({
      was: checkout.text,
      is: await house.until(
        () => pay(house.port, checkout),
        ({ status }) => status !== 503,
      ),
    }));
    expect(replayed.map(({ is }) => is.text)).toEqual(replayed.map(({ was }) => was));
    expect(new Set(replayed.map(({ is }) => is.headers['idempotency-replayed']))).toEqual(new Set(['true']));
    const { body: chargesAfter } = await ask(
      Number(new URL(house.providerUrl).port),
      'GET',
      '/control/charges',
    );
    expect(chargesAfter).toMatchObject({ captured: { count: wanted } });
  },
  withinMs,
);
