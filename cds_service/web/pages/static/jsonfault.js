// Where a text stops being JSON, in words: browsers say it each in their own way, some without a line.

const SPACE = /[ \t\r\n]*/y;
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/;
const OTHER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null|[[\]{}:,]/;
const TOKEN = new RegExp(`${STRING.source}|${OTHER.source}`, "y");

class Fault extends Error {
  constructor(at, what) {
    super(what);
    this.at = at;
  }
}

/** The first fault of a text that is not JSON: {at, line, column, what}, `at` being its index. */
export function fault(text) {
  let found;
  try {
    read(text);
    found = new Fault(0, "The browser cannot read this text as JSON.");
  } catch (error) {
    found = error instanceof Fault ? error : new Fault(0, "The text is nested too deeply to be read.");
  }
  return { at: found.at, ...placeOf(text, found.at), what: found.message };
}

function placeOf(text, at) {
  const lines = text.slice(0, at).split("\n");
  return { line: lines.length, column: lines.at(-1).length + 1 };
}

function read(text) {
  let at = 0;
  const open = [];

  const peek = () => {
    SPACE.lastIndex = at;
    at += SPACE.exec(text)[0].length;
    TOKEN.lastIndex = at;
    return TOKEN.exec(text)?.[0] ?? "";
  };
  const take = (token) => {
    at += token.length;
  };
  const stop = (what) => {
    if (at === text.length) throw new Fault(at, cutOff(text, open.at(-1)));
    throw new Fault(at, peek() ? what : odd(String.fromCodePoint(text.codePointAt(at))));
  };

  const value = () => {
    const token = peek();
    if (token === "{" || token === "[") group(token);
    else if (!token || /^[\]},:]$/.test(token)) stop("A value is missing here.");
    else take(token);
  };
  const name = () => {
    const token = peek();
    if (token[0] !== '"') stop('A name in "double quotes" is expected here.');
    take(token);
    if (peek() !== ":") stop("A colon is missing between the name and its value.");
    take(":");
  };
  const group = (opening) => {
    const close = opening === "{" ? "}" : "]";
    open.push({ close, at });
    take(opening);
    for (let token = peek(); token !== close; token = peek()) {
      if (close === "}") name();
      value();
      if (peek() === ",") {
        take(",");
        if (peek() === close) stop(`A comma stands before this ${close}; remove the comma.`);
      } else if (peek() !== close) stop(`A comma or ${close} is missing here.`);
    }
    take(close);
    open.pop();
  };

  value();
  if (peek() || at < text.length) stop("The request is complete before this; remove what follows.");
}

function cutOff(text, group) {
  if (!group) return "The text is empty; write or paste a request.";
  const { line } = placeOf(text, group.at);
  return `The text ends before ${group.close} closes what opened on line ${line}; complete it.`;
}

function odd(character) {
  if (character === '"')
    return 'This text is not closed on its line, or has a wrong \\ sequence; end it with ".';
  if (character === "'") return 'JSON takes only "double quotes"; replace the single quote.';
  if (character === "/") return "JSON has no comments; remove it.";
  if (/[\p{Z}\p{C}]/u.test(character)) {
    const code = character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
    return `An invisible character (U+${code}) stands here; remove it, or write a plain blank in its place.`;
  }
  return `The character ${character} cannot stand here; remove it, or put the text into "double quotes".`;
}
