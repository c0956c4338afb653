import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testPool } from '../fixtures/test-sale.ts';

interface PlanNode {
  'Node Type': string;
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
