import { resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import type { SealMark } from './chain.ts';

export interface VerifyLedgerOptions {
  saleId: string;
  /** Absolute; where an embedded database may be running. */
  dataDirectory: string;
  marks: SealMark[];
  json: boolean;
}

/** The command line. commander prints help and errors itself; `exitOverride()` makes it testable. */
export function verifyLedgerCommand(): Command {
  return new Command('npm run verify-ledger --')
    .description(
      'Verifies a sale from the journal: every link of its hash chain is computed again, every transaction sums\n' +
        'to zero, and what was sold, paid and given back is in it and nothing else. Reads, and changes nothing.',
    )
    .argument('<sale>', 'id of the sale')
    .option(
      '--data-dir <directory>',
      'of a running embedded instance, where DATABASE_URL is not set',
      process.env.DATA_DIR || '.doorbuster',
    )
    .option(
      '--seal <number:hash>',
      'a seal that you noted earlier, several times if you like: finds a chain that was rewritten as a whole',
      addMark,
      [],
    )
    .option('--json', 'print the verdict as JSON', false)
    .addHelpText(
      'after',
      '\nExits with 0 where nothing contradicts the journal, with 1 where something does, and with 2 where it could' +
        '\nnot be looked at. Keep the seal that it prints somewhere else, and give it with --seal next time.' +
        '\n\n  npm run verify-ledger -- ps5-friday' +
        '\n  DATABASE_URL=postgres://… npm run verify-ledger -- ps5-friday --seal 12:9f86d0…  --json',
    )
    .allowExcessArguments(false);
}

/** Options of a command that was parsed. */
export function optionsOf(command: Command): VerifyLedgerOptions {
  const { dataDir, seal, json } = command.opts<{ dataDir: string; seal: SealMark[]; json: boolean }>();
  return {
    saleId: command.args[0] as string,
    dataDirectory: resolve(dataDir),
    marks: seal,
    json,
  };
}

function addMark(text: string, marks: readonly SealMark[]): SealMark[] {
  const { number, hash } = /^(?<number>[1-9]\d{0,14}):(?<hash>[0-9a-f]{64})$/i.exec(text)?.groups ?? {};
  if (number === undefined || hash === undefined) {
    throw new InvalidArgumentError(
      'It takes the number of a seal and its hash of 64 hex digits, as 12:9f86d0….',
    );
  }
  return [...marks, { number: Number(number), hash: hash.toLowerCase() }];
}
