import { expect, onTestFinished, test, vi } from 'vitest';
import { Batcher, Overloaded, perSale } from './batcher.ts';
import { RedisUnavailable, StaleEpoch } from './unavailable.ts';

const limits = { sizeMax: 10, queueMax: 100, deadlineMs: 200 };
const soon = () => new Promise((resolve) => setTimeout(resolve, 5));

test('what arrives during a call goes as the next one, in order', async () => {
  const batches: number[][] = [];
  const batcher = new Batcher<number, number>({
    ...limits,
    async run(requests) {
      batches.push(requests);
      await soon();
      return requests.map((request) => request * 2);
    },
  });
  const first = batcher.ask(1);
  await Promise.resolve();
  const rest = Array.from({ length: 14 }, (_, i) => batcher.ask(i + 2));
  expect(await Promise.all([first, ...rest])).toEqual(Array.from({ length: 15 }, (_, i) => (i + 1) * 2));
  expect(batches.map((batch) => batch.length)).toEqual([1, 10, 4]);
});

test('one half is decided about while the other is answered; a few go together', async () => {
  const sizes: number[] = [];
  const answers: (() => void)[] = [];
  const batcher = new Batcher<number, number>({
    ...limits,
    sizeMax: 100,
    deadlineMs: 60_000,
    run(requests) {
      sizes.push(requests.length);
      return new Promise((resolve) => answers.push(() => resolve(requests)));
    },
  });
  const asked: Promise<number>[] = [];
  const come = (count: number) => {
    for (let came = 0; came < count; came += 1) asked.push(batcher.ask(came));
  };
  come(1);
  await expect.poll(() => sizes).toEqual([1]);
  come(39);
  answers.shift()?.();
  await expect.poll(() => sizes).toEqual([1, 20]);
  // Each of the forty asks again, once the call after their own has gone.
  come(1);
  answers.shift()?.();
  await expect.poll(() => sizes).toEqual([1, 20, 20]);
  come(20);
  answers.shift()?.();
  await expect.poll(() => sizes).toEqual([1, 20, 20, 20]);
  answers.shift()?.();
  expect(await Promise.all(asked)).toHaveLength(61);

  // Of a few, each half alone would cost more than it saves.
  sizes.length = 0;
  come(1);
  await expect.poll(() => sizes).toEqual([1]);
  come(16);
  answers.shift()?.();
  await expect.poll(() => sizes).toEqual([1, 16]);
  answers.shift()?.();
  expect(await Promise.all(asked)).toHaveLength(78);
});

test('the next call goes before anybody of the last one is told', async () => {
  const happened: string[] = [];
  const batcher = new Batcher<number, number>({
    ...limits,
    async run(requests) {
      happened.push(`asks ${requests}`);
      await soon();
      return requests;
    },
  });
  const ask = (request: number) => batcher.ask(request).then(() => happened.push(`tells ${request}`));
  const first = ask(1);
  await Promise.resolve();
  await Promise.all([first, ask(2)]);
  expect(happened).toEqual(['asks 1', 'asks 2', 'tells 1', 'tells 2']);
});

test('an error that is meant for one caller reaches nobody else', async () => {
  const batcher = new Batcher<number, number>({
    ...limits,
    run: async (requests) => requests.map((request) => (request === 2 ? new RangeError('two') : request)),
  });
  const [one, two, three] = [batcher.ask(1), batcher.ask(2), batcher.ask(3)];
  await expect(two).rejects.toThrow('two');
  expect(await Promise.all([one, three])).toEqual([1, 3]);
});

test('an unknown outcome is asked again with the very same requests', async () => {
  const asked: object[][] = [];
  const batcher = new Batcher<object, string>({
    ...limits,
    async run(requests) {
      asked.push(requests);
      if (asked.length === 1) throw new RedisUnavailable('the reply got lost');
      return requests.map(() => 'done');
    },
  });
  const request = { requestId: 'one' };
  expect(await batcher.ask(request)).toBe('done');
  expect(asked).toEqual([[request], [request]]);
  expect(asked[1]?.[0]).toBe(request);
});

test('a caller whose deadline passed is told that the outcome is unknown', async () => {
  const batcher = new Batcher<number, number>({
    ...limits,
    async run() {
      throw new RedisUnavailable('away');
    },
  });
  await expect(batcher.ask(1)).rejects.toThrow(RedisUnavailable);
});

test('a full queue refuses at once, before anything is sent', async () => {
  let calls = 0;
  const batcher = new Batcher<number, number>({
    sizeMax: 1,
    queueMax: 2,
    deadlineMs: 200,
    async run(requests) {
      calls++;
      await soon();
      return requests;
    },
  });
  const taken = [batcher.ask(1), batcher.ask(2)];
  await expect(batcher.ask(3)).rejects.toThrow(Overloaded);
  expect(await Promise.all(taken)).toEqual([1, 2]);
  expect(calls).toBe(2);
});

/** A batcher whose calls end when the test says so, on a clock that only the test moves. */
function slowBatcher() {
  let nowMs = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  onTestFinished(() => clock.mockRestore());
  const answered: (() => void)[] = [];
  const batcher = new Batcher<number, number>({
    sizeMax: 10,
    queueMax: 1_000,
    deadlineMs: 60_000,
    run: (requests) => new Promise((resolve) => answered.push(() => resolve(requests))),
  });
  return {
    ask: (request: number) => batcher.ask(request),
    calls: () => answered.length,
    /** The call under way takes so long and is answered. */
    async answerAfter(ms: number) {
      while (answered.length === 0) await soon();
      nowMs += ms;
      answered.shift()?.();
      await soon();
    },
    pass(ms: number) {
      nowMs += ms;
    },
  };
}

test('while calls are slow, who could not be asked in time is refused at once', async () => {
  const slow = slowBatcher();
  const first = slow.ask(0);
  const second = slow.ask(1);
  await slow.answerAfter(24_000);
  expect(await Promise.all([first, second])).toEqual([0, 1]);
  // One call of the ten under way, and two more of ten, begin within a minute at 24 s each.
  const taken = Array.from({ length: 10 }, (_, i) => slow.ask(i));
  await soon();
  taken.push(...Array.from({ length: 20 }, (_, i) => slow.ask(10 + i)));
  await expect(slow.ask(30)).rejects.toThrow(Overloaded);
  expect(slow.calls()).toBe(1);
  for (const ms of [100, 100, 100]) await slow.answerAfter(ms);
  expect(await Promise.all(taken)).toEqual(Array.from({ length: 30 }, (_, i) => i));
  // Quick again, it takes in more than before.
  const more = Array.from({ length: 40 }, (_, i) => slow.ask(i));
  for (let call = 0; call < 4; call += 1) await slow.answerAfter(1);
  expect(await Promise.all(more)).toHaveLength(40);
});

test('while a call hangs, newcomers are told so at once; an idle batcher always asks', async () => {
  const slow = slowBatcher();
  const first = slow.ask(0);
  await soon();
  slow.pass(59_999);
  const waits = slow.ask(1);
  slow.pass(1);
  await expect(slow.ask(2)).rejects.toThrow(RedisUnavailable);
  await slow.answerAfter(1);
  await slow.answerAfter(1);
  expect(await Promise.all([first, waits])).toEqual([0, 1]);
  const again = slow.ask(3);
  await slow.answerAfter(1);
  expect(await again).toBe(3);
});

test('while nothing answers, call after call, newcomers are told so at once', async () => {
  let nowMs = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => nowMs);
  onTestFinished(() => clock.mockRestore());
  let isAway = true;
  let asked: number[] = [];
  const batcher = new Batcher<number, number>({
    ...limits,
    async run(requests) {
      asked = requests;
      if (isAway) throw new RedisUnavailable('away');
      return requests;
    },
  });
  const first = batcher.ask(0);
  await soon();
  nowMs += 150;
  const second = batcher.ask(1);
  nowMs += 50;
  await expect(first).rejects.toThrow('has not answered in time');
  // The next call has just begun: it may be the one that is answered.
  await vi.waitFor(() => expect(asked).toEqual([1]));
  const third = batcher.ask(2);
  nowMs += 100;
  const tooLate = batcher.ask(3).catch((error: Error) => error.message);
  isAway = false;
  expect(await Promise.all([second, third])).toEqual([1, 2]);
  expect(await tooLate).toContain('has not answered for too long');
  expect(await batcher.ask(4)).toBe(4);
});

test('a bug in one call does not stop the next one', async () => {
  let broken = true;
  const batcher = new Batcher<number, number>({
    ...limits,
    async run(requests) {
      if (broken) throw new TypeError('a bug');
      return requests;
    },
  });
  await expect(batcher.ask(1)).rejects.toThrow('a bug');
  broken = false;
  expect(await batcher.ask(2)).toBe(2);
});

test('the deadline of each caller is kept, also where Redis never answers', async () => {
  const asked: number[][] = [];
  const batcher = new Batcher<number, number>({
    ...limits,
    sizeMax: 1,
    run(requests) {
      asked.push(requests);
      return new Promise(() => {});
    },
  });
  const [sent, unsent] = [batcher.ask(1), batcher.ask(2)];
  await expect(sent).rejects.toThrow(RedisUnavailable);
  // Nobody waits for it any more, so it is not asked either: this refusal is no unknown outcome.
  await expect(unsent).rejects.toThrow(Overloaded);
  expect(asked).toEqual([[1]]);
});

test('who believes in an epoch that has ended takes nobody along', async () => {
  const ask = perSale<{ saleId: string; epoch: number }, number>({
    ...limits,
    async run(_saleId, requests) {
      if (requests[0]?.epoch === 1) throw new StaleEpoch('this epoch has ended');
      return requests.map(({ epoch }) => epoch);
    },
  });
  const [old, present] = [ask({ saleId: 's', epoch: 1 }), ask({ saleId: 's', epoch: 2 })];
  await expect(old).rejects.toThrow(StaleEpoch);
  expect(await present).toBe(2);
});

test('nobody is left waiting, however close their deadlines lie', async () => {
  // A clock that moves whenever it is looked at: two looks never see the same moment.
  let nowMs = 0;
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => ++nowMs);
  onTestFinished(() => clock.mockRestore());
  const batcher = new Batcher<number, number>({
    sizeMax: 50,
    queueMax: 100,
    deadlineMs: 110,
    run: () => new Promise(() => {}),
  });
  const outcomes = await Promise.allSettled(Array.from({ length: 100 }, (_, i) => batcher.ask(i)));
  expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(100);
});
