/** The program cannot start, or go on. The message is for the operator: cause, and what to do next. Printed without a stack. */
export class StartError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StartError';
  }
}
