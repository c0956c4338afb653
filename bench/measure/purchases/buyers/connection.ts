import { demand } from '../../failure.ts';
import { HttpWire, requestText } from '../../load/http-wire.ts';

export interface Answer {
  status: number;
  /** Head and body. */
  text: string;
  body: () => Record<string, string>;
}

/** A connection of one buyer after another, who say who they are with a token each. */
export class Connection {
  readonly #wire: HttpWire;

  private constructor(wire: HttpWire) {
    this.#wire = wire;
  }

  static async open(origin: string): Promise<Connection> {
    return new Connection(await HttpWire.open(origin));
  }

  async post(token: string, path: string, body: object, headers: readonly string[] = []): Promise<Answer> {
    const request = requestText({ method: 'POST', path, body: JSON.stringify(body), headers });
    const { status, text } = await this.#wire.exchange(request, token);
    const json = text.slice(text.indexOf('\r\n\r\n') + 4);
    return { status, text, body: () => JSON.parse(json) as Record<string, string> };
  }

  close(): void {
    this.#wire.close();
  }
}

/** Throws `BrokenInvariant` unless `what` was answered with that status. */
export function demandStatus({ status, text }: Answer, due: number, what: string): void {
  demand(status === due, `${what} was answered ${text.slice(0, 600) || 'by nothing'}`);
}
