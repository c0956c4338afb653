import { readOptions } from './command-line.ts';
import {
  DrawDocument,
  fetchDocument,
  readDocument,
  readLines,
  TicketDocument,
  UnreadableDocument,
} from './documents.ts';
import { exitCodeOf, reportOf } from './report.ts';
import { verify } from './verify.ts';

/** Composition root of `npm run verify-draw`: checks a draw, independently of the system that held it. */
const options = readOptions(process.argv);
try {
  const draw = options.url
    ? await fetchDocument(options.url, DrawDocument)
    : await readDocument(options.draw ?? '', DrawDocument);
  const checks = await verify({
    draw,
    earlier: options.earlier ? await readDocument(options.earlier, DrawDocument) : null,
    ticket: options.ticket ? await readDocument(options.ticket, TicketDocument) : null,
    tickets: options.tickets ? readLines(options.tickets, TicketDocument) : null,
  });
  console.log(reportOf(draw.saleId, checks));
  process.exitCode = exitCodeOf(checks);
} catch (error) {
  if (!(error instanceof UnreadableDocument)) throw error;
  console.error(`verify-draw: ${error.message}`);
  process.exitCode = 1;
}
