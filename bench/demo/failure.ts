/** A failure that was foreseen: its message is all that the user needs, and no stack trace is shown. */
export class DemoFailure extends Error {}
