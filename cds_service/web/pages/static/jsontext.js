// JSON text: reading it with its numbers as written, and saying where it breaks.

import { Letter } from "./letter.js";

/**
 * The value of a JSON text; decimals keep their digits where the browser can.
 * Throws a Letter with line and column.
 */
export function parse(text) {
  try {
    return JSON.parse(text, asWritten);
  } catch {
    const { at, what } = fault(text);
    throw Object.assign(new Letter("The request is not JSON, so it was not sent.", [point(text, at, what)]), {
      at,
    });
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

function point(text, at, what) {
  const before = text.slice(0, at).split("\n");
  return { where: `line ${before.length}, column ${before.at(-1).length + 1}`, text: what };
}

/** Where a text stops being JSON, as an index, and what to do there. */
export function fault(text) {
  const space = /[ \t\r\n]*/y;
  const token =
    /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[[\]{}:,]/y;
  let at = 0;
  const fail = (what) => ({ at, what });
  const peek = () => {
    space.lastIndex = at;
    space.exec(text);
    at = space.lastIndex;
    token.lastIndex = at;
    return token.exec(text)?.[0] ?? null;
  };
  const open = [];
  let wants = "value";
  for (;;) {
    const found = peek();
    const inside = open.at(-1);
    if (wants === "end" && at === text.length) return fail("The text is JSON.");
    if (at === text.length) {
      return fail(
        inside
          ? `The text ends before ${inside.close} closes what opened on line ${lineOf(text, inside.at)}; complete it.`
          : "The text is empty; write or paste a request.",
      );
    }
    if (wants === "end") return fail("The request is complete before this; remove what follows.");
    if (found === null) return fail(odd(text[at]));
    if (wants === "value" && (found === "{" || found === "[")) {
      open.push({ close: found === "{" ? "}" : "]", at });
      wants = found === "{" ? "first key" : "first value";
    } else if (wants === "first value" && found !== "]") {
      wants = "value";
      continue;
    } else if (
      (wants === "first value" || wants === "comma" || wants === "first key") &&
      found === inside.close
    ) {
      open.pop();
      wants = open.length ? "comma" : "end";
    } else if (wants === "first key" || wants === "key") {
      if (found[0] !== '"')
        return fail(
          found === "}"
            ? "A comma stands before this }; remove the comma."
            : 'A name in "double quotes" is expected here.',
        );
      wants = "colon";
    } else if (wants === "colon") {
      if (found !== ":") return fail("A colon is missing between the name and its value.");
      wants = "value";
    } else if (wants === "comma") {
      if (found !== ",") return fail(`A comma or ${inside.close} is missing here.`);
      wants = inside.close === "}" ? "key" : "value";
    } else if (/^[\]},:]$/.test(found)) {
      return fail(
        found === "]" ? "A comma stands before this ]; remove the comma." : "A value is missing here.",
      );
    } else wants = open.length ? "comma" : "end";
    at += found.length;
  }
}

function lineOf(text, at) {
  return text.slice(0, at).split("\n").length;
}

function odd(character) {
  if (character === '"')
    return 'This text in quotes is not closed on its line, or holds a wrong \\ sequence; end it with ".';
  if (character === "'") return 'JSON takes only "double quotes"; replace the single quote.';
  if (character === "/") return "JSON has no comments; remove it.";
  return `The character ${character} cannot stand here; remove it, or put the text into "double quotes".`;
}
