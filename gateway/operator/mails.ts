import type { Mails } from '../../engine/contracts/mails.ts';
import { Nothing } from '../../engine/contracts/wire/common.ts';
import { Mail, MailList } from '../../engine/contracts/wire/mails.ts';
import { type Route, route } from '../http/route.ts';
import { PageQuery, pageReply } from '../routes/paging.ts';

const tag = 'mails';
const path = '/api/v1/admin/mails';

/** What buyers were told by mail, and what became of it. */
export function mailRoutes(mails: Mails): Route[] {
  return [
    route({
      method: 'GET',
      path,
      tag,
      summary: 'What buyers were told by mail, newest first, with every attempt',
      access: 'admin',
      query: PageQuery,
      replies: { 200: { description: 'a page of mails', schema: MailList } },
      answer: ({ query }) => pageReply(query, mails.list),
    }),
    route({
      method: 'POST',
      path: `${path}/{id}/resend`,
      tag,
      summary: 'Send a mail again, as it was',
      access: 'admin',
      body: Nothing,
      replies: { 202: { description: 'it is due', schema: Mail } },
      refusals: ['mail_not_found'],
      answer: async ({ params: { id = '' } }) => {
        const outcome = await mails.resend(id);
        return outcome.kind === 'refused' ? outcome : { status: 202, body: outcome.mail };
      },
    }),
  ];
}
