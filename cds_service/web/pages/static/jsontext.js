// JSON text: reading it with its numbers as written, and saying where it breaks.

import { fault } from "./jsonfault.js";
import { Letter } from "./letter.js";

/**
 * The value of a JSON text; decimals keep their digits where the browser can.
 * Throws a Letter with line and column.
 */
export function parse(text) {
  try {
    return JSON.parse(text, asWritten);
  } catch {
    const { at, line, column, what } = fault(text);
    const point = { where: `line ${line}, column ${column}`, text: what };
    throw Object.assign(new Letter("The request is not JSON, so it was not sent.", [point]), { at });
  }
}

/** The value as JSON to be read and compared: what holds no further list or object stands in one line. */
export function pretty(value, indent = "") {
  if (isScalar(value)) return JSON.stringify(value);
  const [list, inner] = [Array.isArray(value), `${indent}  `];
  const name = (key) => (list ? "" : `${JSON.stringify(key)}: `);
  const [open, close] = list ? ["[", "]"] : ["{", "}"];
  const parts = Object.entries(value);
  if (parts.every(([, part]) => isScalar(part)))
    return open + parts.map(([key, part]) => name(key) + JSON.stringify(part)).join(", ") + close;
  const lines = parts.map(([key, part]) => inner + name(key) + pretty(part, inner));
  return `${open}\n${lines.join(",\n")}\n${indent}${close}`;
}

function isScalar(value) {
  return value === null || typeof value !== "object" || Boolean(JSON.isRawJSON?.(value));
}

// FHIR decimals carry their precision: 125.40 is not 125.4.
function asWritten(key, value, context) {
  if (typeof value !== "number" || !context?.source || !JSON.rawJSON || String(value) === context.source)
    return value;
  return JSON.rawJSON(context.source);
}
