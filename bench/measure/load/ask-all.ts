import { demand } from '../failure.ts';
import { HttpWire, type RequestText } from './http-wire.ts';

const connections = 128;

/** Sends the same request once for each token, as fast as it goes. Throws unless every answer has that status. */
export async function askAll(
  origin: string,
  text: RequestText,
  tokens: readonly string[],
  expected: number,
): Promise<void> {
  let next = 0;
  const askOn = async () => {
    const wire = await HttpWire.open(origin);
    while (next < tokens.length) {
      const answer = await wire.exchange(text, tokens[next++] as string);
      demand(answer.status === expected, `not ${expected}: ${answer.text.slice(0, 500)}`);
    }
    wire.close();
  };
  await Promise.all(Array.from({ length: Math.min(connections, tokens.length) }, askOn));
}
