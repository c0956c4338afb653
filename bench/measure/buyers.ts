import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { tokenSigner } from '../load/tokens.ts';

/** Writes a token for each of so many buyers, one a line. Signed beforehand: an identity provider is not measured. */
export async function writeTokens(file: string, authSecret: string, count: number): Promise<void> {
  const sign = tokenSigner(authSecret);
  const out = createWriteStream(file);
  const perChunk = 2_000;
  for (let first = 0; first < count; first += perChunk) {
    const tokens = Array.from({ length: Math.min(perChunk, count - first) }, (_, at) =>
      sign({ sub: `buyer-${first + at}` }),
    );
    if (!out.write(`${tokens.join('\n')}\n`)) await once(out, 'drain');
  }
  out.end();
  await finished(out);
}
