import { posix } from 'node:path';

export interface SourceFile {
  /** From the root of the repository, with slashes. */
  path: string;
  text: string;
}

export interface Import {
  /** A path from the root where `isOurs`, else a package or a `node:` module. */
  target: string;
  isOurs: boolean;
  /** Gone when the program runs. */
  isTypeOnly: boolean;
}

/** Statements begin a line; what is quoted in the middle of one is no import. */
const statement =
  /^[ \t]*(?:import|export)\s+(?<type>type\s+)?(?:[\w*$\s{},]*?\bfrom\s*)?['"](?<source>[^'"\n]+)['"]/gm;
const call = /\bimport\(\s*['"](?<source>[^'"\n]+)['"]/g;

/** What a file imports, re-exports, or loads while it runs. */
export function importsOf(file: SourceFile): Import[] {
  return [...file.text.matchAll(statement), ...file.text.matchAll(call)].map(({ groups }) => {
    const source = groups?.source ?? '';
    const isOurs = source.startsWith('.');
    const target = isOurs ? posix.join(posix.dirname(file.path), source) : packageOf(source);
    return { target, isOurs, isTypeOnly: groups?.type !== undefined };
  });
}

/** `typebox/value` belongs to `typebox`; `@hono/node-server/x` to `@hono/node-server`. */
function packageOf(source: string): string {
  if (source.startsWith('node:')) return source;
  return source
    .split('/')
    .slice(0, source.startsWith('@') ? 2 : 1)
    .join('/');
}
