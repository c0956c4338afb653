import { resolve } from 'node:path';
import { InvalidArgumentError } from 'commander';
import { whyNoFolder, whyNotWritable } from '../demo/writable.ts';
import { readThreshold, type Threshold } from './threshold.ts';

/** Readers of single options, for commander: each throws `InvalidArgumentError` with a sentence. */
export function integer(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < minimum || value > maximum) {
      throw new InvalidArgumentError(`It takes a whole number from ${minimum} to ${maximum}.`);
    }
    return value;
  };
}

/** Names with commas between them, added to those before; `all` is all of them. */
export function scenarioNames(names: readonly string[]): (text: string, before?: string[]) => string[] {
  return (text, before = []) => {
    const wanted = text === 'all' ? [...names] : text.split(',').filter(Boolean);
    if (wanted.length === 0) {
      throw new InvalidArgumentError(`It names no scenario; there are ${names.join(', ')}.`);
    }
    for (const name of wanted) {
      if (!names.includes(name)) {
        throw new InvalidArgumentError(`"${name}" is no scenario; there are ${names.join(', ')}.`);
      }
    }
    return [...new Set([...before, ...wanted])];
  };
}

export function thresholds(text: string, before: Threshold[] = []): Threshold[] {
  const threshold = readThreshold(text);
  if (threshold === null) {
    throw new InvalidArgumentError(`"${text}" is no condition such as 'reserve.p99<50'.`);
  }
  return [...before, threshold];
}

/** The root of a system, without the slash at its end. */
export function webUrl(text: string): string {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    throw new InvalidArgumentError('It takes a URL that begins with http:// or https://.');
  }
  const { pathname, search, origin } = new URL(text);
  if (pathname !== '/' || search !== '') {
    throw new InvalidArgumentError('It takes a URL without a path: /api/v1 comes right after the host.');
  }
  return origin;
}

/** Absolute. */
export function file(text: string): string {
  const path = resolve(text);
  const why = whyNotWritable(path);
  if (why !== null) throw new InvalidArgumentError(why);
  return path;
}

/** Absolute; it is made where it does not exist. */
export function folder(text: string): string {
  const path = resolve(text);
  const why = whyNoFolder(path);
  if (why !== null) throw new InvalidArgumentError(why);
  return path;
}
