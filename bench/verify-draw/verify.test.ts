import { expect, test } from 'vitest';
import type { Check } from './check.ts';
import type { DrawDocument, TicketDocument } from './documents.ts';
import { drawnSale } from './fixtures/drawn-sale.ts';
import { type Evidence, verify } from './verify.ts';

const sale = await drawnSale(1000, '8f2a41c09d');
const ticket = await sale.ticketAt(417);

const check = (evidence: Partial<Evidence>): Promise<Check[]> =>
  verify({ draw: sale.draw, earlier: null, ticket: null, tickets: null, ...evidence });
const failuresOf = async (evidence: Partial<Evidence>) =>
  (await check(evidence)).filter(({ outcome }) => outcome === 'failed').map(({ name }) => name);
const okOf = async (evidence: Partial<Evidence>) =>
  (await check(evidence)).filter(({ outcome }) => outcome === 'ok').map(({ name }) => name);

/** The same text with one bit of one character changed, at a place of its own kind: a digit stays a digit. */
const flipped = (text: string, at = text.length >> 1) =>
  text.slice(0, at) + (text[at] === '7' ? '6' : '7') + text.slice(at + 1);

test('a finished sale with a beacon, a ticket and a kept copy passes every check', async () => {
  const all = ['commitment', 'beacon', 'draw seed', 'kept copy', 'turn', 'entrant'];
  expect(await okOf({ ticket, earlier: sale.beforeOpening })).toEqual(all);
  expect(await check({ ticket, earlier: sale.beforeOpening })).toHaveLength(all.length);
});

test('without a ticket the public part is checked, and it is said that no more was', async () => {
  expect(await okOf({})).toEqual(['commitment', 'beacon', 'draw seed']);
  expect((await check({})).map(({ outcome }) => outcome)).not.toContain('failed');
});

test('without a beacon it is said what that means', async () => {
  const plain = await drawnSale(1000, null);
  const checks = await check({ draw: plain.draw, ticket: await plain.ticketAt(0) });
  expect(checks.find(({ name }) => name === 'beacon')).toMatchObject({ outcome: 'not checked' });
  expect(checks.filter(({ outcome }) => outcome === 'ok').map(({ name }) => name)).toEqual([
    ...['commitment', 'draw seed', 'turn', 'entrant'],
  ]);
});

test('whoever came after the freeze keeps the index as turn, and has no proof', async () => {
  const late = await sale.ticketAt(1000);
  expect(await failuresOf({ ticket: late })).toEqual([]);
  expect(await failuresOf({ ticket: { ...late, turn: 999 } })).toEqual(['turn']);
});

test('every entrant of a small sale passes', async () => {
  for (const entrants of [1, 2, 3, 9, 33]) {
    const small = await drawnSale(entrants, '8f2a41c09d');
    for (let index = 0; index < entrants; index++) {
      if (index === 3) continue;
      expect(await failuresOf({ draw: small.draw, ticket: await small.ticketAt(index) })).toEqual([]);
    }
  }
});

const { seed, seedCommitment, beacon, entrantsRoot, drawSeed } = sale.draw;
const planted: [string, Partial<DrawDocument>, Partial<TicketDocument>, string[]][] = [
  ['seed', { seed: flipped(seed as string) }, {}, ['commitment', 'draw seed']],
  ['commitment', { seedCommitment: flipped(seedCommitment) }, {}, ['commitment']],
  ['beacon value', { beacon: beacon && { ...beacon, value: '8f2a41c09e' } }, {}, ['draw seed']],
  ['beacon value in capitals', { beacon: beacon && { ...beacon, value: '8F2A41C09D' } }, {}, ['draw seed']],
  ['no beacon', { beacon: null }, {}, ['draw seed']],
  [
    'beacon before the freeze',
    { beacon: beacon && { ...beacon, at: '2026-11-27T11:58:59.000Z' } },
    {},
    ['beacon'],
  ],
  ['draw seed', { drawSeed: flipped(drawSeed as string) }, {}, ['draw seed', 'turn']],
  ['one entrant more', { preEntrants: 1001 }, {}, ['turn', 'entrant']],
  ['one entrant fewer', { preEntrants: 999 }, {}, ['turn', 'entrant']],
  ['fewer entrants than the index', { preEntrants: 400 }, {}, ['turn']],
  ['root', { entrantsRoot: flipped(entrantsRoot as string) }, {}, ['entrant']],
  ['first character of the ticket', {}, { ticket: flipped(ticket.ticket, 0) }, ['entrant']],
  [
    'last character of the ticket',
    {},
    { ticket: flipped(ticket.ticket, ticket.ticket.length - 1) },
    ['entrant'],
  ],
  ['another index', {}, { index: 418 }, ['turn', 'entrant']],
  ['another turn', {}, { turn: (ticket.turn as number) + 1 }, ['turn']],
  ['no turn', {}, { turn: null }, ['turn']],
  ['proof', {}, { proof: (ticket.proof ?? []).with(4, flipped(entrantsRoot as string)) }, ['entrant']],
  ['proof too short', {}, { proof: (ticket.proof ?? []).slice(1) }, ['entrant']],
  ['proof too long', {}, { proof: [...(ticket.proof ?? []), entrantsRoot as string] }, ['entrant']],
  ['ticket of another sale', {}, { saleId: 'ps5-monday' }, ['ticket']],
  ['another algorithm', { algorithm: 'feistel-2' }, {}, ['draw']],
  ['seed not revealed', { seed: null }, {}, ['draw']],
  ['beacon not revealed', { beacon: beacon && { ...beacon, value: null } }, {}, ['draw']],
  ['entrants not frozen', { entrantsRoot: null, preEntrants: null }, {}, ['draw']],
];

test.each(planted)('refused: %s', async (_, draw, changes, failures) => {
  const evidence = { draw: { ...sale.draw, ...draw }, ticket: { ...ticket, ...changes } };
  expect(await failuresOf(evidence)).toEqual(failures);
});

test('a missing proof is refused', async () => {
  const { proof: _, ...told } = ticket;
  expect(await failuresOf({ ticket: told })).toEqual(['entrant']);
});

test.each<[string, Partial<DrawDocument>, string]>([
  ['commitment', { seedCommitment: flipped(seedCommitment) }, 'failed'],
  ['beacon', { beacon: beacon && { ...beacon, round: beacon.round + 1, value: null } }, 'failed'],
  ['beacon that came later', { beacon: null }, 'failed'],
  ['number of entrants', { preEntrants: 999 }, 'failed'],
  ['root', { entrantsRoot: flipped(entrantsRoot as string) }, 'failed'],
  ['freeze', { frozenAt: '2026-11-27T11:58:00.000Z' }, 'failed'],
  ['copy from after the opening', { seed }, 'failed'],
  ['copy from before the freeze', { entrantsRoot: null, preEntrants: null, frozenAt: null }, 'ok'],
])('against a kept copy: %s', async (_, kept, outcome) => {
  const checks = await check({ earlier: { ...sale.beforeOpening, ...kept } });
  expect(checks.find(({ name }) => name === 'kept copy')).toMatchObject({ outcome });
});

test('many tickets: all are counted, one that is wrong is found', async () => {
  async function* told(change: (ticket: TicketDocument) => TicketDocument) {
    for (let index = 0; index < 200; index++) {
      const mine = await sale.ticketAt(index);
      if (index !== 3) yield index === 150 ? change(mine) : mine;
    }
  }
  const outcomes = async (change: (ticket: TicketDocument) => TicketDocument) =>
    (await check({ tickets: told(change) })).find(({ name }) => name === 'tickets');
  expect(await outcomes((mine) => mine)).toMatchObject({
    outcome: 'ok',
    detail: expect.stringContaining('199 of 199'),
  });
  expect(await outcomes((mine) => ({ ...mine, ticket: 'forged' }))).toMatchObject({
    outcome: 'failed',
    detail: expect.stringMatching(/^198 of 199 .*index 150/),
  });
  const first = await sale.ticketAt(0);
  expect(await outcomes(() => first)).toMatchObject({
    outcome: 'failed',
    detail: expect.stringContaining('two tickets'),
  });
  async function* nobody() {}
  expect((await check({ tickets: nobody() })).at(-1)).toMatchObject({ name: 'tickets', outcome: 'failed' });
});
