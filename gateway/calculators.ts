import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Settings } from '../engine/contracts/settings.ts';
import { type Calculator, type Calculators, calculatorsOf, parseRates } from '../engine/index.ts';

/**
 * How shipping and tax are worked out: by the table of `RATES_FILE`, and where `CALCULATORS_MODULE` exports
 * `shipping` or `tax`, by those instead. Both are read once, at start. Throws a `RangeError` that names the
 * setting and what is wrong with what it leads to.
 */
export async function calculatorsFrom(
  settings: Pick<Settings, 'RATES_FILE' | 'CALCULATORS_MODULE'>,
): Promise<Calculators> {
  const byTable = calculatorsOf(await named('RATES_FILE', settings, readRates));
  const own = await named('CALCULATORS_MODULE', settings, readModule);
  return { ...byTable, ...own };
}

async function named<N extends 'RATES_FILE' | 'CALCULATORS_MODULE', T>(
  name: N,
  settings: Pick<Settings, N>,
  read: (file: string) => Promise<T>,
): Promise<T | undefined> {
  const file = settings[name];
  if (file === undefined) return undefined;
  try {
    return await read(path.resolve(file));
  } catch (error) {
    throw new RangeError(`${name}: ${file}: ${(error as Error).message}`);
  }
}

const readRates = async (file: string) => parseRates(await readFile(file, 'utf8'));

/** Where this process is a bundle, nothing else reads TypeScript. */
async function load(url: string): Promise<Record<string, unknown>> {
  if (!/\.[cm]?ts$/.test(url)) return import(url);
  const { tsImport } = await import('tsx/esm/api');
  return tsImport(url, import.meta.url);
}

async function readModule(file: string): Promise<Partial<Calculators>> {
  const exported = await load(pathToFileURL(file).href);
  const own: Partial<Pick<Calculators, 'shipping' | 'tax'>> = {};
  for (const name of ['shipping', 'tax'] as const) {
    if (exported[name] === undefined) continue;
    if (typeof exported[name] !== 'function') throw new TypeError(`${name} is not a function`);
    own[name] = exported[name] as Calculator;
  }
  if (Object.keys(own).length === 0) throw new TypeError('it exports neither shipping() nor tax()');
  return own;
}
