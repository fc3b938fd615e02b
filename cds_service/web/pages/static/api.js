// The calls: the CDS Hooks endpoints as an EHR makes them, and the page's own helpers.

import { Letter, refusal } from "./letter.js";

const TEXTS_A_CALL = 100;
const JSON_HEADERS = { "Content-Type": "application/json", Accept: "application/json" };

async function send(url, options) {
  try {
    return await fetch(url, options);
  } catch {
    throw new Letter("The service cannot be reached.", [
      { where: url, text: "Is it still running? Start it and ask again." },
    ]);
  }
}

async function helper(url, options) {
  const response = await send(url, options);
  const text = await response.text();
  if (!response.ok) throw refusal(response.status, lenient(text));
  return text;
}

function lenient(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function post(url, text) {
  return helper(url, { method: "POST", headers: JSON_HEADERS, body: text });
}

/** What discovery lists: [{id, hook, title, ...}]. */
export async function services() {
  return JSON.parse(await helper("/cds-services")).services;
}

/** Calls a service with a request as it stands. Any answer will do: {status, text, body, milliseconds}. */
export async function ask(service, text) {
  const start = performance.now();
  const response = await send(`/cds-services/${encodeURIComponent(service)}`, {
    method: "POST",
    headers: JSON_HEADERS,
    body: text,
  });
  const received = await response.text();
  return {
    status: response.status,
    text: received,
    body: lenient(received),
    milliseconds: performance.now() - start,
  };
}

/** [{name, story, service}] of all fixtures. */
export async function fixtures() {
  return JSON.parse(await helper("/playground/fixtures"));
}

/** A fixture's request as text. */
export function fixture(name) {
  return helper(`/playground/fixtures/${encodeURIComponent(name)}`);
}

/** Why each rule spoke or kept silent on this request. */
export async function explain(service, text) {
  return JSON.parse(await post(`/playground/explain?service=${encodeURIComponent(service)}`, text)).trace;
}

/** Each Markdown text as HTML. */
export async function markdown(texts) {
  const made = [];
  for (let at = 0; at < texts.length; at += TEXTS_A_CALL) {
    const part = texts.slice(at, at + TEXTS_A_CALL);
    made.push(...JSON.parse(await post("/playground/markdown", JSON.stringify({ texts: part }))).html);
  }
  return made;
}
