import { checksOf } from './checks.ts';
import { readOptions } from './command-line.ts';
import {
  DrawDocument,
  fetchDocument,
  readDocument,
  TicketDocument,
  UnreadableDocument,
} from './documents.ts';
import { exitCodeOf, reportOf } from './report.ts';

/** Composition root of `npm run verify-draw`: checks a draw, independently of the system that held it. */
const { draw: drawFile, url, ticket: ticketFile, earlier: earlierFile } = readOptions(process.argv);
try {
  const [draw, ticket, earlier] = await Promise.all([
    url ? fetchDocument(url, DrawDocument) : readDocument(drawFile ?? '', DrawDocument),
    ticketFile ? readDocument(ticketFile, TicketDocument) : null,
    earlierFile ? readDocument(earlierFile, DrawDocument) : null,
  ]);
  const checks = checksOf({ draw, ticket, earlier });
  console.log(reportOf(draw.saleId, checks));
  process.exitCode = exitCodeOf(checks);
} catch (error) {
  if (!(error instanceof UnreadableDocument)) throw error;
  console.error(`verify-draw: ${error.message}`);
  process.exitCode = 1;
}
