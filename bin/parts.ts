/**
 * What a composition root has started, ended in the reverse order. A part that cannot end does not keep the others from
 * ending. (Node 20 has no AsyncDisposableStack.)
 */
export class Parts implements AsyncDisposable {
  readonly #ends: (() => Promise<void>)[] = [];

  /** Hands back `part`, which ends with the rest. */
  own<T extends AsyncDisposable>(part: T): T {
    this.#ends.push(async () => await part[Symbol.asyncDispose]());
    return part;
  }

  /** Calls `end` when the rest ends. */
  defer(end: () => Promise<void>): void {
    this.#ends.push(end);
  }

  /** @throws the first error of a part, after all have been tried. */
  async [Symbol.asyncDispose](): Promise<void> {
    const errors: unknown[] = [];
    for (const end of this.#ends.splice(0).reverse()) {
      try {
        await end();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}

/** Starts something made of parts. When one fails to start, those before it are ended. */
export async function startParts<T extends object>(
  start: (parts: Parts) => Promise<T>,
): Promise<T & AsyncDisposable> {
  const parts = new Parts();
  try {
    return { ...(await start(parts)), [Symbol.asyncDispose]: () => parts[Symbol.asyncDispose]() };
  } catch (error) {
    await parts[Symbol.asyncDispose]().catch(() => undefined);
    throw error;
  }
}
