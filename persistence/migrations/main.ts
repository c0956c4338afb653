import { readSettings } from '../../engine/contracts/settings.ts';
import { migrate } from './migrate.ts';

const read = readSettings({ DATABASE_URL: process.env.DATABASE_URL });
if (read.kind === 'invalid') {
  console.error(read.problems.join('\n'));
  process.exit(1);
}
const { DATABASE_URL } = read.settings;
if (!DATABASE_URL) {
  console.error('DATABASE_URL: is required (the embedded database is migrated by npm start)');
  process.exit(1);
}
try {
  const applied = await migrate(DATABASE_URL);
  for (const name of applied) console.log(`applied ${name}`);
  if (applied.length === 0) console.log('nothing to migrate');
} catch (error) {
  console.error(`DATABASE_URL: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
