const units = ["KB", "MB", "GB", "TB", "PB"];

/** Bytes in units of 1,024, as VS Code writes them. */
export function formatSize(bytes: number, locale: string): string {
  if (bytes < 1024) return `${formatCount(bytes, locale)} B`;
  let size = bytes;
  let unit = -1;
  for (; size >= 1024 && unit < units.length - 1; unit++) size /= 1024;
  return `${new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(size)} ${units[unit] ?? ""}`;
}

export function formatCount(count: number, locale: string): string {
  return new Intl.NumberFormat(locale).format(count);
}

/** @param iso ISO 8601 */
export function formatDate(iso: string | undefined, locale: string): string {
  const date = new Date(iso ?? "");
  if (Number.isNaN(date.getTime())) return "";
  return new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" }).format(date);
}

/**
 * Control characters become their pictures: a name with a line break stays on one line, and shows what it has. Those that
 * turn the writing direction, and so make one name look like another, are spelled out.
 */
export function visible(name: string): string {
  return name.replace(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/gu, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCodePoint(0x2400 + code);
    if (code === 0x7f) return "␡";
    return code < 0xa0 ? "�" : `[U+${code.toString(16).toUpperCase().padStart(4, "0")}]`;
  });
}

/** The last part of a key or prefix, below the prefix that is shown. A folder keeps no slash. */
export function nameBelow(prefix: string, key: string): string {
  return visible(key.slice(prefix.length).replace(/\/$/, ""));
}
