import { type Import, importsOf, type SourceFile } from './imports.ts';

interface Room {
  name: string;
  owns: RegExp;
  /** Files outside the room that it may import, given the file that does. */
  mayImport: (target: string, from: string) => boolean;
  /** Packages that it may import alone, or those that it may not. */
  packages: { only: readonly string[] } | { never: readonly string[] };
}

const contracts = /^engine\/contracts\//;
const redis = /^engine\/redis\//;
/** What the engine shows to others stands beside its stages, not in them. */
const surface = /^engine\/[^/]+\.ts$/;
const http = ['uWebSockets.js', 'hono', '@hono/node-server', 'ws', 'node:http', 'node:https', 'node:net'];
const topOf = (path: string) => path.split('/')[0];
const stageOf = (path: string) => path.split('/')[1];

/** The table of architecture.md. The first room that owns a file is the file's room. */
const rooms: readonly Room[] = [
  {
    name: 'engine/contracts',
    owns: contracts,
    mayImport: () => false,
    packages: { only: ['typebox', 'uuid', 'node:crypto'] },
  },
  {
    name: 'engine/redis',
    owns: redis,
    mayImport: (target) => contracts.test(target),
    packages: { never: [...http, 'pg', 'bullmq'] },
  },
  {
    name: "the engine's surface",
    owns: surface,
    mayImport: (target) => target.startsWith('engine/'),
    packages: { never: [...http, 'pg', 'bullmq'] },
  },
  {
    name: "the engine's stages",
    owns: /^engine\//,
    // Only checkout composes stages. surface.ts holds the types that they implement, and nothing else.
    mayImport: (target, from) =>
      contracts.test(target) ||
      redis.test(target) ||
      target === 'engine/surface.ts' ||
      (target.startsWith('engine/') && (stageOf(target) === stageOf(from) || stageOf(from) === 'checkout')),
    packages: { never: [...http, 'pg', 'bullmq'] },
  },
  {
    name: 'gateway',
    owns: /^gateway\//,
    mayImport: (target) => contracts.test(target) || surface.test(target),
    packages: { never: ['pg', 'bullmq', 'ioredis'] },
  },
  {
    name: 'persistence',
    owns: /^persistence\//,
    mayImport: (target) => contracts.test(target) || surface.test(target),
    packages: { never: ['uWebSockets.js', 'hono', '@hono/node-server', 'ws'] },
  },
  {
    // Programs of their own that have nothing of ours but the contract: whatever a team would take for it.
    name: 'the opponents of bench',
    owns: /^bench\/baselines\/(?:shop|pg-row-lock|redis-lock|watch-multi|eval-fastify|eval-node-http|uws-constant|pg-multi-row)\//,
    mayImport: (target) => contracts.test(target),
    packages: { never: ['bullmq'] },
  },
  {
    // The one exception to what bench may know: an opponent stands in for a part of the engine, so it has to
    // have that part's shape. It is loaded in the part's place by bench/baselines/stand-in.ts, never by others.
    name: 'the stand-ins of bench',
    owns: /^bench\/baselines\/[^/]+\//,
    mayImport: (target) => target.startsWith('engine/') || /^bench\/baselines\/[^/]+\.ts$/.test(target),
    packages: { never: [...http, 'pg', 'bullmq', 'ioredis'] },
  },
  {
    // Whoever decides what happens between two steps has to stand inside: the simulator puts the engine's and the
    // durable half's own parts together on stores that go step by step, as their composition roots do on real ones.
    // Nothing else of bench may lean on it.
    name: 'the simulator of bench',
    owns: /^bench\/simulator\//,
    mayImport: (target) => /^(?:engine|persistence|bench\/(?:psp|demo)|bench\/dice\.ts$)/.test(target),
    packages: { never: [...http, 'bullmq'] },
  },
  {
    name: 'bench',
    owns: /^bench\//,
    mayImport: (target) => contracts.test(target),
    packages: { never: ['pg', 'bullmq', 'ioredis'] },
  },
  {
    name: 'supervisor',
    owns: /^supervisor\//,
    mayImport: (target) =>
      ['engine/contracts/settings.ts', 'persistence/migrations/migrate.ts'].includes(target),
    packages: { never: ['bullmq', 'uWebSockets.js', 'hono', '@hono/node-server', 'ws'] },
  },
];

const isTest = (path: string) => path.endsWith('.test.ts');
const isFixture = (path: string) => /(^|\/)fixtures\//.test(path);
const isRoot = (path: string) => /(^|\/)main\.ts$/.test(path);

/** Every import that the rules do not allow, a line each. Type-only imports count: knowing is coupling, too. */
export function violationsIn(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    importsOf(file).flatMap((imported) => {
      const why = refusalOf(file.path, imported);
      return why === null ? [] : [`${file.path} imports ${imported.target}: ${why}`];
    }),
  );
}

function refusalOf(from: string, { target, isOurs }: Import): string | null {
  const room = rooms.find(({ owns }) => owns.test(from));
  if (room === undefined) return null;
  if (isOurs && isRoot(target)) return 'a composition root is started, not imported';
  // What wires things together for a run or for a test may know all of them.
  if (isFixture(from) || isRoot(from)) return null;
  if (!isOurs) {
    const { packages } = room;
    const isAllowed = 'only' in packages ? packages.only.includes(target) : !packages.never.includes(target);
    return isAllowed || isTest(from) ? null : `${room.name} may not`;
  }
  if (isFixture(target)) return isTest(from) ? null : 'fixtures are for tests';
  if (isTest(from) && topOf(from) === topOf(target)) return null;
  const isOwn = rooms.find(({ owns }) => owns.test(target)) === room && room.name !== "the engine's stages";
  return isOwn || room.mayImport(target, from) ? null : `${room.name} may not`;
}
