/** Plain data as JSON has it; numbers are finite. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [key: string]: Json;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value as messages show it, on one line and not too long. */
export function show(value: unknown, longest = 60): string {
  // A password in an address is not for a terminal or a log.
  const text = (JSON.stringify(value) ?? 'nothing').replace(/\/\/[^/@\s"]+@/g, '//***@');
  return text.length <= longest ? text : `${text.slice(0, longest - 3)}...`;
}

/** The same text for deeply equal values, whatever the order of their keys. */
export function canonical(value: Json): string {
  return JSON.stringify(value, (_, part: Json) =>
    isJsonObject(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
