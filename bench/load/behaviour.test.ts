import { expect, it } from 'vitest';
import { behaviourOf, shares } from './behaviour.ts';

const crowd = (seed: number, buyers = 20_000) =>
  Array.from({ length: buyers }, (_, number) => behaviourOf(seed, number));

it('is the same for the same seed, and another for another', () => {
  expect(crowd(7, 500)).toEqual(crowd(7, 500));
  expect(crowd(8, 500)).not.toEqual(crowd(7, 500));
});

it('is pinned: these buyers behave so on every machine', () => {
  expect(
    crowd(1, 4).map(({ channel, plan, firstCard, thinkMs }) => ({ channel, plan, firstCard, thinkMs })),
  ).toMatchInlineSnapshot(`
      [
        {
          "channel": "http",
          "firstCard": "tok_visa",
          "plan": "pay",
          "thinkMs": 1453,
        },
        {
          "channel": "http",
          "firstCard": "tok_visa",
          "plan": "pay",
          "thinkMs": 467,
        },
        {
          "channel": "http",
          "firstCard": "tok_visa",
          "plan": "pay",
          "thinkMs": 1426,
        },
        {
          "channel": "socket",
          "firstCard": "tok_visa",
          "plan": "pay",
          "thinkMs": 595,
        },
      ]
    `);
});

it.each([0, 1, 42, 4_294_967_295])('keeps the stated shares under seed %i', (seed) => {
  const buyers = crowd(seed);
  const sockets = buyers.filter((buyer) => buyer.channel === 'socket');
  const shareOf = (picked: unknown[], all: unknown[]) => picked.length / all.length;
  const within = (actual: number, share: number) => expect(Math.abs(actual - share)).toBeLessThan(0.01);
  within(shareOf(sockets, buyers), shares.socket);
  within(
    shareOf(
      buyers.filter((buyer) => buyer.plan === 'walk_away'),
      buyers,
    ),
    shares.walkAway,
  );
  within(
    shareOf(
      buyers.filter((buyer) => buyer.plan === 'no_show'),
      buyers,
    ),
    shares.noShow,
  );
  within(
    shareOf(
      buyers.filter((buyer) => buyer.firstCard !== 'tok_visa'),
      buyers,
    ),
    shares.declined,
  );
  within(
    shareOf(
      buyers.filter((buyer) => buyer.doubleClicksReserve),
      buyers,
    ),
    shares.doubleClickReserve,
  );
  within(
    shareOf(
      buyers.filter((buyer) => buyer.doubleClicksPay),
      buyers,
    ),
    shares.doubleClickPay,
  );
  within(
    shareOf(
      sockets.filter((buyer) => buyer.dropsAfterMs !== null),
      sockets,
    ),
    shares.drops,
  );
  expect(buyers.every((buyer) => buyer.dropsAfterMs === null || buyer.channel === 'socket')).toBe(true);
});

it('leaves enough payers to sell out, even in a small sale', () => {
  for (let seed = 0; seed < 200; seed++) {
    expect(crowd(seed, 120).filter((buyer) => buyer.plan === 'pay').length).toBeGreaterThan(85);
  }
});
