// Errors as small letters: where, what, what to do.

import { el } from "./dom.js";

/** A problem to show: a title, and one paragraph for each point ({where, text}). */
export class Letter extends Error {
  constructor(title, points) {
    super(title);
    this.points = points;
  }
}

/** The letter for an answer that is not 200: the OperationOutcome's issues in full, or what came instead. */
export function refusal(status, body) {
  const issues = Array.isArray(body?.issue) ? body.issue : [];
  const points = issues.map((issue) => ({
    where: (issue.expression ?? issue.location ?? []).join(", "),
    text: issue.diagnostics ?? issue.details?.text ?? issue.code ?? "The service gave no reason.",
  }));
  if (!points.length)
    points.push({ where: "", text: "The answer holds no OperationOutcome; look at the server's log." });
  return new Letter(`The service refused the request (HTTP ${status}).`, points);
}

/** The letter as an element. */
export function letterView(letter, ...more) {
  const points = (letter.points ?? [{ where: "", text: String(letter) }]).map(({ where, text }) =>
    el("li", {}, where ? el("code", { text: where }) : null, where ? ": " : null, text),
  );
  return el(
    "div",
    { class: "letter" },
    el("strong", { text: letter.message }),
    el("ul", {}, ...points),
    ...more.filter(Boolean),
  );
}
