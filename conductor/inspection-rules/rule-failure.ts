/** A rule cannot be carried out, or says that the inspection fails. The message is for the operator. */
export class RuleFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'RuleFailure';
  }
}
