import { expect, test } from 'vitest';
import type { DrawStore } from '../../engine/contracts/ports.ts';
import type { LiveSale } from '../../engine/contracts/sale.ts';
import type { SaleState } from '../../engine/contracts/states.ts';
import { liveSale } from '../fixtures/scripted-engine.ts';
import { proofOf } from './proofs.ts';

const entrantsRoot = 'a'.repeat(64);

function frozenSale(state: SaleState): LiveSale {
  const draw = {
    preEntrants: 10,
    frozenAtMs: 0,
    entrantsRoot,
    seed: null,
    drawSeed: null,
    beaconValue: null,
  };
  return { ...liveSale('ps5', { state }), draw };
}

/** A store that is never done, and remembers what it was asked for. */
function slowStore() {
  const asked: string[] = [];
  const store: DrawStore = {
    proofAtHand: (saleId, index) => {
      asked.push(`at hand ${saleId} ${index}`);
      return null;
    },
    proof: (saleId, index) => {
      asked.push(`waiting ${saleId} ${index}`);
      return new Promise(() => {});
    },
  };
  return { asked, store };
}

test.each<SaleState>(['waiting', 'open', 'paused'])(
  'nobody waits for Postgres while a sale is %s',
  async (state) => {
    const { asked, store } = slowStore();
    expect(await proofOf(store, frozenSale(state), 3)).toBeNull();
    expect(asked).toEqual(['at hand ps5 3']);
  },
);

test.each<SaleState>(['sold_out', 'closed'])(
  'when a sale is %s its proofs are waited for, but not for ever',
  async (state) => {
    const { asked, store } = slowStore();
    expect(await proofOf(store, frozenSale(state), 3)).toBeNull();
    expect(asked).toEqual(['at hand ps5 3', 'waiting ps5 3']);
    const broken = { ...store, proof: () => Promise.reject(new Error('Postgres is away')) };
    expect(await proofOf(broken, frozenSale(state), 3)).toBeNull();
    expect(await proofOf({ ...store, proof: async () => ['a proof'] }, frozenSale(state), 3)).toEqual([
      'a proof',
    ]);
  },
);

test('nobody is asked for the proof of who came later, or before the root is published', async () => {
  const { asked, store } = slowStore();
  const sale = frozenSale('open');
  expect(await proofOf(store, sale, 10)).toBeNull();
  expect(await proofOf(store, { ...sale, draw: null }, 3)).toBeNull();
  const unpublished = sale.draw && { ...sale.draw, entrantsRoot: null };
  expect(await proofOf(store, { ...sale, draw: unpublished }, 3)).toBeNull();
  expect(asked).toEqual([]);
});
