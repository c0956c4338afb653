import { Command, InvalidArgumentError } from 'commander';

export interface Options {
  draw?: string;
  url?: string;
  ticket?: string;
  tickets?: string;
  earlier?: string;
}

/** Reads the options. `--help` prints them and ends the process; a wrong one ends it with exit code 1. */
export function readOptions(argv: readonly string[]): Options {
  const command = new Command('npm run verify-draw --')
    .description('Checks the draw of a finished sale from what is public and, if given, your own ticket.')
    .option('--draw <file>', 'what GET /api/v1/sales/{saleId}/draw answered, as a JSON file')
    .option('--url <url>', 'fetch that answer, instead of --draw', webUrl)
    .option('--ticket <file>', 'what GET /api/v1/sales/{saleId}/tickets/me answered you, as a JSON file')
    .option('--tickets <file>', 'many such answers of the same sale, one in each line of the file')
    .option('--earlier <file>', 'a copy of the draw that you kept from before the opening')
    .addHelpText(
      'after',
      `
A line for each check: "ok", "FAILED", or "-" where there is nothing to check. Exits with 0 when nothing
failed, else with 1. What the checks prove, and what they do not: docs/draw.md.

  npm run verify-draw -- --draw draw.json --ticket my-ticket.json
  npm run verify-draw -- --url http://localhost:3000/api/v1/sales/ps5-friday/draw`,
    )
    .parse(argv);
  const options = command.opts<Options>();
  if ((options.draw === undefined) === (options.url === undefined)) {
    command.error('error: give either --draw or --url');
  }
  return options;
}

function webUrl(text: string): string {
  if (!/^https?:\/\//.test(text)) throw new InvalidArgumentError('It begins with http:// or https://.');
  return text;
}
