import { readFile } from 'node:fs/promises';
import { join as pathOf } from 'node:path';
import { writeTokens } from '../buyers.ts';
import { askAll } from '../load/ask-all.ts';
import { postText } from '../load/http-wire.ts';
import { BenchSale } from '../sales.ts';
import type { Subject } from '../subject.ts';

export interface FilledRoom {
  sale: BenchSale;
  /** Of those who joined, one a line. */
  tokensFile: string;
  tokens: string[];
}

/** A sale that calls a turn a minute, with so many buyers of known tokens in its waiting room. */
export async function filledRoom(subject: Subject, origin: string, count: number): Promise<FilledRoom> {
  const sale = await BenchSale.create(subject, { method: 'fifo', perMinute: 1 });
  await sale.known(origin);
  const tokensFile = pathOf(subject.directory, `entrants-${count}.txt`);
  await writeTokens(tokensFile, subject.authSecret, count);
  const tokens = (await readFile(tokensFile, 'utf8')).trim().split('\n');
  await askAll(origin, postText(`/api/v1/sales/${sale.id}/tickets`, '{}'), tokens, 201);
  return { sale, tokensFile, tokens };
}
