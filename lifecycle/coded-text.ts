/** What is told to people: in English, and so that programs can say it in any language. */
export interface CodedText<C extends string = string> {
  code: C;
  /** What the text names. */
  values: Readonly<Record<string, string>>;
  text: string;
}

export function coded<C extends string>(
  code: C,
  text: string,
  values: Readonly<Record<string, string>> = {},
): CodedText<C> {
  return { code, values, text };
}

/** For programs: without the text. */
export function codeOf<C extends string>({
  code,
  values,
}: CodedText<C>): { code: C; values: Record<string, string> } {
  return { code, values: { ...values } };
}
