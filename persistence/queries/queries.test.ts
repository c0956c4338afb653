import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testPool } from '../fixtures/test-sale.ts';
import { createPool } from '../postgres/pool.ts';

interface PlanNode {
  'Node Type': string;
  'CTE Name'?: string;
  'Relation Name'?: string;
  'Index Cond'?: string;
  Plans?: PlanNode[];
}

/** Looked at by people and by passes every second or so; planned for what they find. */
const reports = /^(live|lost|unheard|unpublished|verify|seal)-/;

const folder = new URL('.', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.sql'));
const textOf = (file: string) => readFileSync(new URL(file, folder), 'utf8');

let database: Awaited<ReturnType<typeof testPool>>;
beforeAll(async () => {
  database = await testPool();
});
afterAll(() => database.close());

test.each(files)('%s is one statement, and its comment names what it takes', (file) => {
  const text = textOf(file);
  const comment = text.slice(0, text.search(/^[^-\n]/m));
  const body = text.slice(comment.length);
  const taken = [...new Set([...body.matchAll(/\$\d+/g)].map(([name]) => name))];
  expect(comment.length).toBeGreaterThan(0);
  expect(body.match(/;/g)).toHaveLength(1);
  expect([...new Set([...comment.matchAll(/\$\d+/g)].map(([name]) => name))].sort()).toEqual(taken.sort());
});

function nodesOf(plan: PlanNode): PlanNode[] {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}

test.each(files.filter((file) => !reports.test(file)))(
  '%s finds every row through a key, even planned on empty tables',
  async (file) => {
    const { rows } = await database.pool.query(`EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${textOf(file)}`);
    const scans = nodesOf(rows[0]['QUERY PLAN'][0].Plan).filter(
      (node) => node['Node Type'].includes('Scan') && node['Relation Name'],
    );
    expect(scans.filter((node) => !node['Index Cond'])).toEqual([]);
  },
);

/** Lists of a sale's SKUs, which are few, and read for each of them. */
const listsOfSkus: Readonly<Record<string, readonly string[]>> = {
  'audit-items.sql': ['ordered', 'posted', 'returned'],
  'lost-guards.sql': ['line'],
};

/** What a loop runs through for each row of its other side, besides what it finds through a key. */
const listsInLoops = (plan: PlanNode): PlanNode[] =>
  nodesOf(plan)
    .filter((node) => node['Node Type'] === 'Nested Loop')
    .flatMap((loop) => nodesOf(loop.Plans?.[1] as PlanNode))
    .filter((node) => ['CTE Scan', 'Seq Scan'].includes(node['Node Type']));

test.each(files.filter((file) => /^(audit|lost|verify)-/.test(file)))(
  '%s runs through no list of a sale for each row of another, even planned before the rush',
  async (file) => {
    const pool = createPool(database.url, { connectionsMax: 1, name: 'test', plans: 'through statistics' });
    const { rows } = await pool.query(`EXPLAIN (GENERIC_PLAN, FORMAT JSON) ${textOf(file)}`);
    await pool.end();
    const lists = listsInLoops(rows[0]['QUERY PLAN'][0].Plan)
      .map((node) => node['CTE Name'] ?? node['Relation Name'] ?? '')
      .filter((name) => !listsOfSkus[file]?.includes(name));
    expect(lists).toEqual([]);
  },
);
