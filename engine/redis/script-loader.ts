import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** A Lua script as Redis gets it: includes in place, and the digest that EVALSHA takes. */
export interface Script {
  /** `<stage>/<verb>`, as in `reservation/reserve`. */
  name: string;
  /** From the file's name: `reserve-12.lua` takes 12 keys, `join-3-each.lua` three and then one an element. */
  keyCount: number;
  keysPerElement: boolean;
  source: string;
  sha: string;
}

const fileName = /^(?<verb>[a-z-]+?)-(?<keys>\d+)(?<each>-each)?\.lua$/;
const includeLine = /^--- @include (.+)$/;

/**
 * Puts the includes of a script where its `--- @include a b` lines stand, each include once.
 * Throws on an include that does not exist and on one that includes itself, naming the way to it.
 */
export function assemble(source: string, includesDir: string, origin: string): string {
  const done = new Set<string>();
  const expand = (text: string, way: string[]): string =>
    text
      .split('\n')
      .map((line) => {
        const names = includeLine.exec(line)?.[1];
        return names === undefined
          ? line
          : names
              .trim()
              .split(/\s+/)
              .map((name) => include(name, way))
              .join('\n');
      })
      .join('\n');
  const include = (name: string, way: string[]): string => {
    if (way.includes(name)) throw new Error(`include cycle: ${[...way, name].join(' → ')}`);
    if (done.has(name)) return '';
    const file = path.join(includesDir, `${name}.lua`);
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      throw new Error(
        `${way.join(' → ')} includes "${name}", but there is no ${path.basename(includesDir)}/${name}.lua`,
      );
    }
    done.add(name);
    return expand(text.trimEnd(), [...way, name]);
  };
  return expand(source, [origin]);
}

/** Every script under `luaDir` (one folder a stage), by name. */
export function loadScripts(luaDir: string): Map<string, Script> {
  const includesDir = path.join(luaDir, 'includes');
  const scripts = new Map<string, Script>();
  for (const stage of readdirSync(luaDir, { withFileTypes: true })) {
    if (!stage.isDirectory() || stage.name === 'includes') continue;
    for (const file of readdirSync(path.join(luaDir, stage.name))) {
      const parts = fileName.exec(file)?.groups;
      if (!parts) throw new Error(`lua/${stage.name}/${file}: a script is named <verb>-<number of keys>.lua`);
      const name = `${stage.name}/${parts.verb}`;
      const source = assemble(readFileSync(path.join(luaDir, stage.name, file), 'utf8'), includesDir, name);
      scripts.set(name, {
        name,
        keyCount: Number(parts.keys),
        keysPerElement: parts.each !== undefined,
        source,
        sha: createHash('sha1').update(source).digest('hex'),
      });
    }
  }
  return scripts;
}
