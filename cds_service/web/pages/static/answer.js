// The answer's three views (cards, rules, JSON) and the history of corrections above them.

import { cardView, indicatorWord } from "./cards.js";
import { count, el } from "./dom.js";
import { diffView } from "./diff.js";
import { pretty } from "./jsontext.js";
import { letterView } from "./letter.js";
import { traceView, whyView } from "./why.js";

/** The answer in one line, for the eye and for screen readers. */
export function statusWords({ answer, service }) {
  const { status, body, milliseconds } = answer;
  const asked = `${service} answered ${status} in ${Math.round(milliseconds)} ms.`;
  if (status !== 200) return `Refused. ${asked}`;
  const cards = body?.cards ?? [];
  if (!cards.length) return `No card. ${asked}`;
  const total = (indicator) => cards.filter((card) => card.indicator === indicator).length;
  const kinds = [...new Set(cards.map((card) => card.indicator))];
  const words = kinds.map((indicator) => `${total(indicator)} ${indicatorWord(indicator).toLowerCase()}`);
  return `${count(cards.length, "card")}: ${words.join(", ")}. ${asked}`;
}

/** The cards of a step, or what there is instead of them. `apply` is called with the chosen suggestion. */
export function cardsView(step, apply) {
  if (step.letter) return [letterView(step.letter)];
  const { body } = step.answer;
  const cards = body.cards ?? [];
  const made = cards.map((card, at) =>
    cardView(card, {
      html: step.html[at],
      apply,
      why: step.trace instanceof Error ? letterView(step.trace) : whyView(card, step.trace),
    }),
  );
  if (!cards.length) made.push(el("p", { class: "none", text: "No card: no rule applies" }));
  if (body.systemActions?.length) {
    made.push(
      el("p", {
        text: `${count(body.systemActions.length, "system action")}, carried out without asking; see JSON:`,
      }),
      el(
        "ul",
        {},
        ...body.systemActions.map((action) =>
          el("li", { text: `${action.type}: ${action.description ?? ""}` }),
        ),
      ),
    );
  }
  return made;
}

/** The whole trace of a step. */
export function whyPanel(step) {
  if (step.letter) return [el("p", { text: "The request was refused, so no rule was asked." })];
  return [step.trace instanceof Error ? letterView(step.trace) : traceView(step.trace)];
}

/** What was sent and what came back. */
export function jsonPanel(step) {
  const received = step.answer.body === null ? step.answer.text : pretty(step.answer.body);
  return [
    ["Request as sent", `POST /cds-services/${step.service}`, step.text],
    ["Response", `HTTP ${step.answer.status}`, received],
  ].map(([title, line, text]) =>
    el(
      "section",
      {},
      el("h3", {}, `${title} `, el("code", { class: "quiet", text: line })),
      el("pre", { class: "json", tabindex: 0, role: "region", "aria-label": title }, text),
    ),
  );
}

/** The corrections so far, with undo for the last. */
export function historyView(steps, undo) {
  const last = steps.at(-1);
  const items = steps.map(({ label, answer }, at) =>
    el(
      "li",
      at === steps.length - 1 ? { "aria-current": "step" } : {},
      label,
      el("span", { class: "quiet", text: ` → ${outcome(answer)}` }),
    ),
  );
  const diffs = last.changes.map(diffView);
  return [
    el(
      "div",
      { class: "row" },
      el("h3", { text: "Steps" }),
      el("button", { type: "button", id: "undo", on: { click: undo }, text: `Undo: ${last.label}` }),
    ),
    el("ol", {}, ...items),
    ...(diffs.length
      ? [
          el(
            "details",
            { open: true, class: "changes" },
            el("summary", { text: "What the last step changed" }),
            ...diffs,
          ),
        ]
      : []),
  ];
}

function outcome({ status, body }) {
  if (status !== 200) return `HTTP ${status}`;
  return body?.cards?.length ? count(body.cards.length, "card") : "no card";
}
