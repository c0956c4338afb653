import { open, readFile } from 'node:fs/promises';
import Type from 'typebox';
import { Value } from 'typebox/value';

const hash = Type.String({ pattern: '^[0-9a-f]{64}$' });
const moment = Type.String({ pattern: '^\\d{4}-\\d{2}-\\d{2}T' });
const count = Type.Integer({ minimum: 0, maximum: 2 ** 32 });
const nullable = <T extends Type.TSchema>(schema: T) => Type.Union([schema, Type.Null()]);

/** `GET /api/v1/sales/{saleId}/draw`; what is not yet revealed is null. Members not named here are ignored. */
export const DrawDocument = Type.Object({
  saleId: Type.String(),
  algorithm: Type.String(),
  seedCommitment: hash,
  seed: nullable(hash),
  beacon: nullable(
    Type.Object({
      source: Type.String(),
      round: Type.Integer(),
      at: moment,
      value: nullable(Type.String({ pattern: '^[\\x21-\\x7e]{1,1024}$' })),
    }),
  ),
  preEntrants: nullable(count),
  entrantsRoot: nullable(hash),
  drawSeed: nullable(hash),
  frozenAt: nullable(moment),
  openedAt: nullable(moment),
});
export type DrawDocument = Type.Static<typeof DrawDocument>;

/** `GET /api/v1/sales/{saleId}/tickets/me`, as far as the draw is concerned. */
export const TicketDocument = Type.Object({
  ticket: Type.String({ minLength: 1 }),
  saleId: Type.Optional(Type.String()),
  index: Type.Integer({ minimum: 0, maximum: 2 ** 32 - 1 }),
  turn: nullable(Type.Integer({ minimum: 0 })),
  proof: Type.Optional(Type.Array(hash)),
});
export type TicketDocument = Type.Static<typeof TicketDocument>;

/** Says in one line why a document cannot be read or is not what it should be. */
export class UnreadableDocument extends Error {}

/** A document from a JSON file. Throws `UnreadableDocument`. */
export async function readDocument<T extends Type.TSchema>(path: string, schema: T): Promise<Type.Static<T>> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new UnreadableDocument(`${path}: cannot be read (${error.code})`);
  });
  return parsed(path, text, schema);
}

/** Documents from a file that holds one in each line; blank lines are passed over. Throws `UnreadableDocument`. */
export async function* readLines<T extends Type.TSchema>(
  path: string,
  schema: T,
): AsyncGenerator<Type.Static<T>> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    throw new UnreadableDocument(`${path}: cannot be read (${error.code})`);
  });
  let line = 0;
  for await (const text of file.readLines()) {
    line += 1;
    if (text.trim() !== '') yield parsed(`${path}, line ${line}`, text, schema);
  }
}

/** A document that is fetched. Throws `UnreadableDocument`. */
export async function fetchDocument<T extends Type.TSchema>(url: string, schema: T): Promise<Type.Static<T>> {
  const fetched = await fetch(url, { signal: AbortSignal.timeout(10_000) })
    .then(async (answer) => ({ status: answer.status, text: await answer.text() }))
    .catch((error: Error) => {
      const cause = error.cause instanceof Error ? error.cause : error;
      throw new UnreadableDocument(`${url}: cannot be fetched (${cause.message || cause.name})`);
    });
  if (fetched.status !== 200) throw new UnreadableDocument(`${url}: answered ${fetched.status}`);
  return parsed(url, fetched.text, schema);
}

function parsed<T extends Type.TSchema>(origin: string, text: string, schema: T): Type.Static<T> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new UnreadableDocument(`${origin}: is not JSON`);
  }
  if (Value.Check(schema, value)) return value;
  const [problem] = Value.Errors(schema, value);
  throw new UnreadableDocument(
    `${origin}: ${problem?.instancePath || 'the document'} is not what docs/draw.md describes (${problem?.message})`,
  );
}
