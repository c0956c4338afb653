import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BrokenInvariant } from '../failure.ts';
import type { DrawAnswer, TicketAnswer } from './entrants.ts';

const program = fileURLToPath(new URL('../../verify-draw/main.ts', import.meta.url));

/** What a stranger has of a draw: its documents as files, and the command that judges them. */
export class Evidence {
  readonly #directory: string;
  readonly kept: DrawAnswer;
  readonly draw: DrawAnswer;
  readonly tickets: readonly TicketAnswer[];

  constructor(directory: string, kept: DrawAnswer, draw: DrawAnswer, tickets: readonly TicketAnswer[]) {
    this.#directory = directory;
    this.kept = kept;
    this.draw = draw;
    this.tickets = tickets;
  }

  get ticketCount(): number {
    return this.tickets.length;
  }

  /** The same with another draw, or other tickets. */
  with({ draw = this.draw, tickets = this.tickets }): Evidence {
    return new Evidence(this.#directory, this.kept, draw, tickets);
  }

  /** What `verify-draw` printed. Throws where it refused. */
  async verify(): Promise<string[]> {
    const { isAccepted, lines } = await this.#judged();
    if (!isAccepted) throw new BrokenInvariant(`verify-draw refuses the draw: ${lines.join('; ')}`);
    return lines;
  }

  async isAccepted(): Promise<boolean> {
    return (await this.#judged()).isAccepted;
  }

  async #judged(): Promise<{ isAccepted: boolean; lines: string[] }> {
    const file = (name: string, text: string) => {
      const path = join(this.#directory, name);
      writeFileSync(path, text);
      return path;
    };
    const options = [
      ...['--draw', file('draw.json', JSON.stringify(this.draw))],
      ...['--earlier', file('kept.json', JSON.stringify(this.kept))],
      ...[
        '--tickets',
        file('tickets.ndjson', this.tickets.map((one) => `${JSON.stringify(one)}\n`).join('')),
      ],
    ];
    const argv = ['--import', import.meta.resolve('tsx'), program, ...options];
    return new Promise((resolve, reject) => {
      execFile(process.execPath, argv, { maxBuffer: 16 * 1024 * 1024 }, (error, out, err) => {
        const lines = `${out}${err}`.split('\n').filter((line) => line !== '');
        // It ends with 1 where something is wrong with the draw; with anything else something is wrong with it.
        if (error && error.code !== 1) reject(error);
        else resolve({ isAccepted: error === null, lines });
      });
    });
  }
}

/** The hex text with its first byte turned over. */
const flipped = (hex: unknown): string => {
  const bytes = Buffer.from(String(hex), 'hex');
  bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
  return bytes.toString('hex');
};

/** The same evidence, each with one byte that is not as it was. */
export function forgeries(evidence: Evidence): Record<string, Evidence> {
  const { draw, tickets } = evidence;
  const [first, ...others] = tickets as [TicketAnswer, ...TicketAnswer[]];
  const spoken = draw.beacon as { value: string };
  const signature = first.ticket.at(-2) === 'A' ? 'B' : 'A';
  const ticket = `${first.ticket.slice(0, -2)}${signature}${first.ticket.at(-1)}`;
  const proof = [flipped(first.proof?.[0]), ...(first.proof ?? []).slice(1)];
  return {
    seed: evidence.with({ draw: { ...draw, seed: flipped(draw.seed) } }),
    beacon: evidence.with({ draw: { ...draw, beacon: { ...spoken, value: flipped(spoken.value) } } }),
    count: evidence.with({ draw: { ...draw, preEntrants: Number(draw.preEntrants) ^ 1 } }),
    root: evidence.with({ draw: { ...draw, entrantsRoot: flipped(draw.entrantsRoot) } }),
    ticket: evidence.with({ tickets: [{ ...first, ticket }, ...others] }),
    proof: evidence.with({ tickets: [{ ...first, proof }, ...others] }),
  };
}
