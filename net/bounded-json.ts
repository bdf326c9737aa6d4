/** Deeper than any Redfish resource, and shallow enough for whoever walks it. */
const MAX_DEPTH = 64;

/** Parses JSON of bounded depth. @throws SyntaxError */
export function parseBoundedJson(text: string): unknown {
  let depth = 0;
  let in_text = false;
  for (let i = 0; i < text.length; i += 1) {
    const char = text.charCodeAt(i);
    if (in_text) {
      if (char === 0x5c) i += 1;
      else if (char === 0x22) in_text = false;
    } else if (char === 0x22) in_text = true;
    else if (char === 0x5b || char === 0x7b) {
      depth += 1;
      if (depth > MAX_DEPTH) throw new SyntaxError(`It is nested deeper than ${MAX_DEPTH} levels.`);
    } else if (char === 0x5d || char === 0x7d) depth -= 1;
  }
  return JSON.parse(text);
}
