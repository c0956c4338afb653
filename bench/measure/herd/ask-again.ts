import { setTimeout as sleep } from 'node:timers/promises';
import { HttpWire, type RequestText } from '../load/http-wire.ts';

export interface AskAgain {
  origin: string;
  text: RequestText;
  /** Of those who were told 503. */
  tokens: readonly string[];
  /** As their first answer said. */
  retryAfterMs: number;
  connections: number;
  /** Whoever is told 503 so often was not served. */
  timesMax?: number;
}

/**
 * Those who were told 503 come again, as long as they are told so, each time after what `Retry-After` says: what
 * a 503 means is only known from the answer after it. Resolves with the answers by status, 503 where it was the last.
 */
export async function askAgain(setting: AskAgain): Promise<Record<string, number>> {
  const { origin, text, connections, timesMax = 30 } = setting;
  const statuses: Record<string, number> = {};
  let { retryAfterMs, tokens: coming } = setting;
  for (let time = 1; coming.length > 0; time++) {
    await sleep(retryAfterMs);
    const refused: string[] = [];
    const tokens = coming;
    let next = 0;
    retryAfterMs = 0;
    const askOn = async () => {
      const wire = await HttpWire.open(origin);
      while (next < tokens.length) {
        const token = tokens[next++] as string;
        const { status, text: answer } = await wire.exchange(text, token);
        if (status === 503 && time < timesMax) {
          refused.push(token);
          retryAfterMs = Math.max(retryAfterMs, retryAfterMsIn(answer));
        } else statuses[status] = (statuses[status] ?? 0) + 1;
      }
      wire.close();
    };
    await Promise.all(Array.from({ length: Math.min(connections, tokens.length) }, askOn));
    coming = refused;
  }
  return statuses;
}

const retryAfterMsIn = (answer: string): number =>
  Number(/\r\nretry-after: *(\d+)/i.exec(answer)?.[1] ?? 1) * 1000;
