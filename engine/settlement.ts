import type { Redis } from 'ioredis';
import { tick } from './admission/tick.ts';
import { refuse } from './contracts/errors.ts';
import { parseOutboxEvent } from './contracts/events.ts';
import type { SaleState } from './contracts/states.ts';
import { connect } from './redis/connection.ts';
import { channels, floorKeys, outboxKey, saleKey, salesKey, stockKey } from './redis/keys.ts';
import { nextRequestId, run, script } from './redis/scripts.ts';
import { RedisUnavailable, StaleEpoch } from './redis/unavailable.ts';
import { pinLeaseMs } from './reservation/reservations.ts';
import { settle } from './reservation/settle.ts';
import { reservationStates } from './reservation/states.ts';
import { saleLife } from './sale/life.ts';
import { observeSale } from './sale/observe.ts';
import { readOutbox } from './sale/outbox.ts';
import { readSale, saleFields } from './sale/read-sale.ts';
import { beginRebuild, rebuild, whileRebuilding } from './sale/rebuild.ts';
import type { Settlement } from './surface.ts';
import { entrants } from './waiting-room/entrants.ts';
import { placeBook } from './waiting-room/place-book.ts';
import { initialBuckets } from './waiting-room/places.ts';
import { vacateTurns } from './waiting-room/vacate-turns.ts';

/**
 * Redis for the durable half and the operator; `tokenSecret` keys how a waiting room names buyers. Connects in the
 * background; calls throw `RedisUnavailable` until then.
 */
export function createSettlement(redisUrl: string, tokenSecret: string): Settlement {
  const redis = connect(redisUrl);
  redis.connect().catch(() => {});
  return settlementOn(redis, tokenSecret);
}

/** The same on a connection that `close` lets go of. */
export function settlementOn(redis: Redis, tokenSecret: string): Settlement {
  const places = placeBook(redis, tokenSecret);

  /** A plain command, with an absent Redis named as such. */
  const ask = async <T>(command: () => Promise<T>): Promise<T> => {
    try {
      return await command();
    } catch (error) {
      throw new RedisUnavailable((error as Error).message);
    }
  };
  const ownKeys = (saleId: string) => [saleKey(saleId), stockKey(saleId), outboxKey(saleId)];

  const setUnits = async (saleId: string, sku: string, units: number, revision?: number) => {
    const args = [nextRequestId(), sku, units, ...(revision === undefined ? [] : [revision])];
    const [, code, present] = await run(redis, script('sale/adjust-units'), floorKeys(saleId), args);
    switch (code) {
      case 1:
        return { kind: 'done' as const, units: Number(present) };
      case 0:
        return refuse('units_in_use', {
          detail: `More than ${units} of ${sku} are held or sold.`,
          members: { units: present },
        });
      case -2:
        return refuse('invalid_transition', { detail: 'The sale has ended; its units are settled.' });
      case -3:
        return refuse('sku_not_found', { detail: `This sale has no SKU "${sku}".` });
      case -4:
        return { kind: 'overtaken' as const };
      default:
        return refuse('sale_not_found');
    }
  };

  const askOfDraw = async (name: string, saleId: string, fields: readonly string[]) => {
    const [, code] = await run(redis, script(name), [saleKey(saleId)], [nextRequestId(), ...fields]);
    if (code !== 1) throw new StaleEpoch(`Redis does not know the entrants of ${saleId} as fixed`);
    await ask(() => redis.publish(channels.sales, saleId));
  };

  return {
    ...settle(redis),

    async publishSale({ config, epoch, units, indices }) {
      const fields = {
        ...saleFields(config),
        buckets: initialBuckets,
        entrants: indices.from,
        leasedTo: indices.to,
      };
      // Named first: a gateway that finds a name without a sale asks again, one without a name never would.
      await ask(() => redis.sadd(salesKey, config.id));
      const reply = await run(redis, script('sale/publish'), ownKeys(config.id), [
        nextRequestId(),
        epoch,
        Object.keys(fields).length,
        ...Object.entries(fields).flat(),
        ...units.flatMap(({ sku, units: count }) => [sku, count]),
      ]);
      await ask(() => redis.publish(channels.sales, config.id));
      return reply[1] === 1 ? { kind: 'published' } : { kind: 'exists', epoch: Number(reply[2]) };
    },

    async grantIndices(saleId, from, to) {
      const reply = await run(
        redis,
        script('waiting-room/grant'),
        [saleKey(saleId)],
        [nextRequestId(), from, to],
      );
      if (reply[1] === -1) throw new StaleEpoch(`Redis does not know the sale ${saleId}`);
      return { granted: reply[1] === 1, leasedTo: Number(reply[2]), next: Number(reply[3]) };
    },

    invite: places.invite,

    async knownInvitations(saleId) {
      const [epoch, invitations] = await ask(() => redis.hmget(saleKey(saleId), 'epoch', 'invitations'));
      if (!epoch || !invitations) throw new StaleEpoch(`Redis knows no sale ${saleId} by invitation`);
      return { epoch: Number(epoch), isAll: invitations === 'complete' };
    },

    life: (saleId) => ask(() => saleLife(redis, saleId)),

    async beginEpoch(saleId, runId, epoch, { from, to }) {
      const args = [nextRequestId(), epoch, from, to, runId];
      const [, code] = await run(redis, script('sale/begin-epoch'), floorKeys(saleId), args);
      if (code === 1) await ask(() => redis.publish(channels.sales, saleId));
      const kinds = { 1: 'begun', 0: 'present', [-3]: 'restarted' } as const;
      return { kind: kinds[code as keyof typeof kinds] ?? 'missing' };
    },

    beginRebuild: (saleId, epoch, position) => beginRebuild(redis, saleId, epoch, position),

    whileRebuilding: (saleId, builder, work) => whileRebuilding(redis, saleId, builder, work),

    rebuild: (builder, sale, journaled) =>
      rebuild(redis, builder, sale, journaled, {
        pinLeaseMs,
        initialBuckets,
        restorePlaces: places.restore,
        vacateTurns: (saleId, turns, by) => vacateTurns(redis, saleId, turns, by),
      }),

    reservationStates: (saleId, ids) => reservationStates(redis, saleId, ids),

    observe: (saleId) => observeSale(redis, saleId),

    async command(saleId, command) {
      const [, code, state] = await run(redis, script('sale/command'), ownKeys(saleId), [
        nextRequestId(),
        command,
      ]);
      if (code === -1) return refuse('sale_not_found');
      if (code === 0) {
        return refuse('invalid_transition', {
          detail: `The sale is ${state}: ${command} is not possible.`,
          members: { state },
        });
      }
      await ask(() => redis.publish(channels.sales, saleId));
      return { kind: 'done', state: state as SaleState };
    },

    async configure(saleId, revision, fields) {
      const args = Object.entries(fields).flatMap(([name, value]) =>
        value === undefined ? [] : [name, value],
      );
      const [, code, state] = await run(redis, script('sale/configure'), ownKeys(saleId), [
        nextRequestId(),
        revision,
        ...args,
      ]);
      if (code === -1) return refuse('sale_not_found');
      if (code === -4) return { kind: 'overtaken' };
      if (code === 0)
        return refuse('invalid_transition', { detail: `The sale is ${state}.`, members: { state } });
      await ask(() => redis.publish(channels.sales, saleId));
      return { kind: 'done', state: state as SaleState };
    },

    async adjustUnits(saleId, sku, units) {
      const adjusted = await setUnits(saleId, sku, units);
      if (adjusted.kind === 'overtaken') throw new Error(`${saleId}: overtaken without a revision`);
      return adjusted;
    },

    reviseUnits: (saleId, revision, sku, units) => setUnits(saleId, sku, units, revision),

    async listItems(saleId, items) {
      const args = [nextRequestId(), JSON.stringify(items), ...items.map(({ sku }) => sku)];
      const [, code] = await run(redis, script('sale/list-items'), ownKeys(saleId), args);
      if (code === -1) return refuse('sale_not_found');
      await ask(() => redis.publish(channels.sales, saleId));
      return { kind: 'done' };
    },

    async giveBack(saleId, skus) {
      const args = [nextRequestId(), ...skus];
      const [, code, ...left] = await run(redis, script('sale/give-back'), floorKeys(saleId), args);
      if (code === -1) return refuse('sale_not_found');
      if (code === 0) return null;
      return (left as [string, number][]).map(([sku, units]) => ({ sku, units }));
    },

    async freeze(saleId) {
      const [, code, count, atMs] = await run(
        redis,
        script('draw/freeze'),
        [saleKey(saleId)],
        [nextRequestId()],
      );
      if (code === -1) throw new StaleEpoch(`Redis does not know the sale ${saleId}`);
      if (code !== 1) return { kind: code === 2 ? 'early' : 'ended' };
      await ask(() => redis.publish(channels.sales, saleId));
      return { kind: 'frozen', preEntrants: Number(count), frozenAtMs: Number(atMs) };
    },

    entrants: (saleId) => entrants(redis, saleId),

    async vacateTurns(saleId, turns, builder = '') {
      if (await vacateTurns(redis, saleId, turns, builder)) return;
      throw new StaleEpoch(`Redis does not know the entrants of ${saleId} as fixed`);
    },

    async publishDraw(saleId, draw) {
      const fields = Object.entries(draw).flatMap(([name, value]) => (value === null ? [] : [name, value]));
      if (draw.drawSeed !== null) fields.push('isDrawReady', '0');
      await askOfDraw('draw/publish-draw', saleId, fields);
    },

    letDrawOpen: (saleId) => askOfDraw('draw/let-open', saleId, []),

    async notice(saleId, text) {
      await ask(() => redis.publish(channels.notices, JSON.stringify({ saleId, text })));
    },

    snapshot: (saleId) => tick(redis, saleId),

    async sale(saleId) {
      // The tick first: what it brings about is in what is read after it.
      const snapshot = await tick(redis, saleId);
      const fixed = snapshot && (await ask(() => readSale(redis, saleId)));
      return fixed && { ...fixed, snapshot };
    },

    saleIds: () => ask(() => redis.smembers(salesKey)),

    outbox: (saleId, position, limit) => ask(() => readOutbox(redis, saleId, position, limit)),

    async outboxLag(saleId, position) {
      const [first] = await ask(() => redis.xrange(outboxKey(saleId), `(${position}`, '+', 'COUNT', 1));
      if (!first) return { entries: 0, oldestAtMs: null };
      // The relay trims what it has committed, so what is left is what it lags behind by, give or take a pass.
      const entries = await ask(() => redis.xlen(outboxKey(saleId)));
      return { entries, oldestAtMs: parseOutboxEvent(first).atMs };
    },

    async trimOutbox(saleId, position) {
      const [ms, n] = position.split('-') as [string, string];
      await ask(() => redis.xtrim(outboxKey(saleId), 'MINID', `${ms}-${BigInt(n) + 1n}`));
    },

    async push(push) {
      await ask(() => redis.publish(channels.pushes, JSON.stringify(push)));
    },

    async close() {
      redis.disconnect();
    },
  };
}
