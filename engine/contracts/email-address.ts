/** RFC 5321, 4.5.3.1: what no address is longer than. */
export const emailLengthMax = 254;

/**
 * One mailbox as ASCII: dot-atoms before the @ and a domain of two labels or more after it. Quoted local parts
 * and comments, in which a second address can hide, are no address here.
 */
const mailbox =
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64}(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,64})*@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/**
 * The address that a claim holds, or null where it holds none that a mail can be sent to. What it returns has no
 * white space, control character, bracket, quote, comma or colon, and so never becomes a second header or recipient.
 */
export function emailAddressOf(claim: unknown): string | null {
  if (typeof claim !== 'string' || claim.length > emailLengthMax) return null;
  return mailbox.test(claim) && claim.indexOf('@') <= 64 ? claim : null;
}

/** An address as logs and lists may show it: `a…@example.com`. */
export const maskedEmail = (address: string): string =>
  `${address.slice(0, 1)}…${address.slice(address.lastIndexOf('@'))}`;
