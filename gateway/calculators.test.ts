import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Address } from '../engine/contracts/wire/checkout.ts';
import { calculatorsFrom } from './calculators.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'calculators-'));
afterAll(() => rmSync(folder, { recursive: true }));

const file = (name: string, text: string) => {
  const at = path.join(folder, name);
  writeFileSync(at, text);
  return at;
};
const usd = (amount: number) => ({ amount, currency: 'USD' });
const address: Address = { name: 'Ann', line1: '1', city: 'Paris', postalCode: '1', country: 'FR' };
const consignment = { goods: usd(1_000), units: 3, address };

test('without either setting prices are final', async () => {
  const { shipping, tax } = await calculatorsFrom({});
  expect([shipping(consignment), tax(consignment)]).toEqual([usd(0), usd(0)]);
});

test("a module's calculators stand in for the table's", async () => {
  const RATES_FILE = file(
    'rates.json',
    JSON.stringify({
      shipping: [{ country: '*', price: usd(1) }],
      tax: [{ country: 'FR', basisPoints: 1_000 }],
    }),
  );
  const CALCULATORS_MODULE = file(
    'by-weight.mjs',
    'export const shipping = ({ goods, units }) => ({ ...goods, amount: 250 * units });',
  );
  const { shipping, tax } = await calculatorsFrom({ RATES_FILE, CALCULATORS_MODULE });
  expect([shipping(consignment), tax(consignment)]).toEqual([usd(750), usd(100)]);
});

test.each([
  ['RATES_FILE', 'no.json', null, /^RATES_FILE: .*no\.json: ENOENT/],
  ['RATES_FILE', 'bad.json', '{', /^RATES_FILE: .*bad\.json: /],
  [
    'RATES_FILE',
    'wrong.json',
    '{"shipping": [], "tax": [{"country": "*", "percent": 20}]}',
    /^RATES_FILE: .*rates\/tax\/0/,
  ],
  [
    'RATES_FILE',
    'foreign.json',
    '{"shipping": [{"country": "*", "price": {"amount": 1, "currency": "XYZ"}}], "tax": []}',
    /^RATES_FILE: .*rates\/shipping\/0\/price\/currency is no currency of ISO 4217$/,
  ],
  ['CALCULATORS_MODULE', 'no.mjs', null, /^CALCULATORS_MODULE: .*no\.mjs: /],
  ['CALCULATORS_MODULE', 'empty.mjs', 'export const vat = 1;', /exports neither shipping\(\) nor tax\(\)$/],
  ['CALCULATORS_MODULE', 'constant.mjs', 'export const tax = 20;', /tax is not a function$/],
] as const)('%s=%s says what is wrong with it', async (name, leaf, text, message) => {
  const at = text === null ? path.join(folder, leaf) : file(leaf, text);
  await expect(calculatorsFrom({ [name]: at })).rejects.toThrow(message);
});
