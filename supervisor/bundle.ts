import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type BuildFailure, build, type Plugin, stop } from 'esbuild';
import type { Programs } from './programs.ts';
import { reasonOf, StartFailure } from './start-failure.ts';

/** Left as they are: one is native code, the other is for modules of the user's. */
const unbundled = /^(uWebSockets\.js|tsx\/esm\/api)$/;

/** What runs in each process before its own code. */
const before = new URL('./processes/end-with-parent.ts', import.meta.url);

/**
 * Makes one file of JavaScript of each program, in a directory that is its own and is emptied, and answers where
 * they are: a process that dies in a rush is back after a fraction of what it costs to load 1,700 modules one by one
 * (docs/adr/0032). Stack traces name places in the files; `NODE_OPTIONS=--enable-source-maps` makes them name sources.
 * Throws `StartFailure`.
 */
export async function bundle(programs: Programs, directory: string): Promise<Programs> {
  const entries = { ...programs, 'end-with-parent': before };
  try {
    await rm(directory, { recursive: true, force: true });
    await build({
      entryPoints: Object.fromEntries(
        Object.entries(entries).map(([name, source]) => [name, fileURLToPath(source)]),
      ),
      outdir: directory,
      outExtension: { '.js': '.mjs' },
      ...{ bundle: true, splitting: true, format: 'esm', platform: 'node', target: 'node20' },
      sourcemap: 'linked',
      // Error classes and functions are told by their names.
      keepNames: true,
      // CommonJS asks for these, and a module has none.
      banner: { js: "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);" },
      define: { __dirname: JSON.stringify(directory), __filename: JSON.stringify(join(directory, 'bundle')) },
      external: ['pg-native'],
      plugins: [asBefore],
      logLevel: 'silent',
    });
  } catch (error) {
    const reason = (error as Partial<BuildFailure>).errors?.[0]?.text ?? reasonOf(error);
    throw new StartFailure(`the programs could not be bundled into ${directory}: ${reason}`);
  } finally {
    await stop();
  }
  const at = (name: string) => pathToFileURL(join(directory, `${name}.mjs`));
  return {
    gateway: at('gateway'),
    operator: at('operator'),
    worker: at('worker'),
    provider: at('provider'),
  };
}

/** Files that lie beside a source (Lua, SQL, pages) are found from where the source is. */
const asBefore: Plugin = {
  name: 'as before',
  setup(building) {
    building.onResolve({ filter: unbundled }, ({ path }) => ({
      path: import.meta.resolve(path),
      external: true,
    }));
    building.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const url = JSON.stringify(pathToFileURL(path).href);
      return { contents: source.replaceAll('import.meta.url', url), loader: 'ts' };
    });
  },
};
