/** Parsed JSON, or nothing where there is none. A parser's own error would quote the text, which may hold a secret. */
export function jsonOrNothing(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}
