import { type Behaviour, behaviourOf, buyerIdOf } from './behaviour.ts';
import { HttpDoor } from './http-door.ts';
import { HttpLine } from './http-line.ts';
import type { Line } from './line.ts';
import type { RushPart } from './rush.ts';
import { shop } from './shopping.ts';
import { SocketDoor } from './socket-connection.ts';
import { SocketLine } from './socket-line.ts';
import type { Tally } from './tally.ts';
import { tokenSigner } from './tokens.ts';
import type { Visit } from './visit.ts';

const arrivalsEveryMs = 20;

/** Lets every buyer of the part come in their time. Resolves when each of them has an outcome in the tally. */
export async function rush(part: RushPart, tally: Tally): Promise<void> {
  const sign = tokenSigner(part.authSecret);
  const socketDoor = new SocketDoor(part.origin, part.localAddress);
  const httpDoor = new HttpDoor(part.origin, part.localAddress);

  const serve = async (behaviour: Behaviour): Promise<void> => {
    const buyerId = buyerIdOf(part.saleId, behaviour.number);
    const { saleId, sku, holdMs } = part;
    const setting = { behaviour, saleId, sku, tally, mintToken: () => sign({ sub: buyerId }) };
    let line: Line | undefined;
    let visit: Visit | undefined;
    try {
      const outcome = await new Promise<Awaited<ReturnType<typeof shop>>>((resolve, broken) => {
        line =
          behaviour.channel === 'socket'
            ? new SocketLine({ ...setting, door: socketDoor, broken })
            : new HttpLine({ ...setting, door: httpDoor });
        visit = { buyerId, behaviour, line, tally, stage: 'connecting', holdMs };
        tally.inside.add(visit);
        shop(visit).then(resolve, broken);
      });
      tally.outcome(outcome);
    } catch (error) {
      tally.outcome('failed');
      tally.failure((error as Error).message);
    } finally {
      line?.close();
      if (visit) tally.inside.delete(visit);
    }
  };

  const visits: Promise<void>[] = [];
  const queue = arrivals(part);
  const beganAtMs = performance.now();
  await new Promise<void>((resolve) => {
    const comeDue = setInterval(() => {
      const share = (performance.now() - beganAtMs) / part.arrivalMs;
      for (let next = queue.at(-1); next && next.arrivesAt <= share; next = queue.at(-1)) {
        queue.pop();
        visits.push(serve(next));
      }
      if (queue.length > 0) return;
      clearInterval(comeDue);
      resolve();
    }, arrivalsEveryMs);
  });
  await Promise.all(visits);
}

/** Last arrival first: the next one is at the end. */
function arrivals({ seed, from, to }: RushPart): Behaviour[] {
  const buyers: Behaviour[] = [];
  for (let number = from; number < to; number++) buyers.push(behaviourOf(seed, number));
  return buyers.sort((a, b) => b.arrivesAt - a.arrivesAt);
}
