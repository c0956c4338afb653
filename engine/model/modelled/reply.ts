/** What a script is to answer, after the echo of its first argument. */
export type ModelledReply = (number | string | ModelledReply)[];
