// Cards as an EHR shows them.

import { el, fromHtml, link } from "./dom.js";

const INDICATORS = {
  critical: { word: "Critical", sign: "■" },
  warning: { word: "Warning", sign: "▲" },
  info: { word: "Info", sign: "●" },
};

/** The word for a card's indicator; one that CDS Hooks does not know is shown as it came. */
export function indicatorWord(indicator) {
  return INDICATORS[indicator]?.word ?? String(indicator);
}

/** A card's findings as data, from its extension. */
export function findingsOf(card) {
  return card.extension?.["org.igrt-cds.findings"] ?? [];
}

/**
 * One card as an element. `html` is its detail rendered (undefined: not rendered), `why` an element,
 * `apply` is called with a suggestion when its button is pressed.
 */
export function cardView(card, { html, why, apply }) {
  const body = el("div", { class: "card-body" });
  body.append(
    facts(card),
    ...(card.suggestions?.length ? [suggestionsView(card, apply)] : []),
    ...(card.detail
      ? [
          el(
            "details",
            { class: "detail" },
            el("summary", { text: "Detail" }),
            el("div", { class: "prose" }, html === undefined ? card.detail : fromHtml(html)),
          ),
        ]
      : []),
    el("details", { class: "why" }, el("summary", { text: "Why this card" }), why),
    ...linksView(card),
  );
  const known = card.indicator in INDICATORS ? card.indicator : "other";
  const article = el(
    "article",
    { class: `card ${known}`, "aria-labelledby": `card-${card.uuid}` },
    el(
      "p",
      { class: "badge" },
      el("span", { "aria-hidden": "true", text: `${INDICATORS[known]?.sign ?? "?"} ` }),
      indicatorWord(card.indicator),
    ),
    el("h3", { id: `card-${card.uuid}`, text: card.summary }),
    el("p", { class: "source quiet" }, "Source: ", link(card.source?.url, card.source?.label ?? "not named")),
    body,
  );
  article.append(dismissView(card, body));
  return article;
}

function facts(card) {
  const findings = findingsOf(card);
  const rules = [...new Set(findings.flatMap((finding) => finding.rules ?? []))];
  const lines = [...new Set(findings.flatMap((finding) => (finding.lines ?? []).map(lineWords)))];
  const rows = [
    ["Kind", [card.source?.topic?.display ?? card.source?.topic?.code].filter(Boolean)],
    ["Rules", rules],
    ["Lines", lines.length > 12 ? [...lines.slice(0, 12), `and ${lines.length - 12} more`] : lines],
  ];
  return el(
    "dl",
    { class: "facts" },
    ...rows
      .filter(([, values]) => values.length)
      .flatMap(([name, values]) => [
        el("dt", { text: name }),
        el("dd", {}, ...values.map((text) => el("span", { class: "chip", text }))),
      ]),
  );
}

function lineWords({ code, modifiers = [], date, sequence, resource }) {
  const place = [resource, sequence === undefined ? "" : `line ${sequence}`, date].filter(Boolean).join(", ");
  return `${[code, ...modifiers].join("-")} (${place})`;
}

function suggestionsView(card, apply) {
  const several = card.suggestions.length > 1;
  const buttons = card.suggestions.map((suggestion) =>
    el(
      "button",
      {
        type: "button",
        class: suggestion.isRecommended ? "primary" : "",
        on: { click: () => apply(suggestion) },
      },
      `Apply: ${suggestion.label}`,
      suggestion.isRecommended && several ? " (recommended)" : null,
    ),
  );
  const lead = several
    ? card.selectionBehavior === "any"
      ? "Corrections (any of these):"
      : "Corrections (one of these):"
    : "Correction:";
  return el(
    "div",
    { class: "suggestions", role: "group", "aria-label": "Corrections" },
    el("span", { class: "quiet", text: lead }),
    ...buttons,
  );
}

function linksView(card) {
  return (card.links ?? []).map(({ url, label, type }) =>
    el("p", {}, link(url, label), type === "smart" ? " (SMART app: not launched from here)" : null),
  );
}

function dismissView(card, body) {
  const reasons = card.overrideReasons ?? [];
  const select = reasons.length
    ? el(
        "select",
        {},
        ...reasons.map((reason, at) =>
          el("option", { value: String(at), text: reason.display ?? reason.code }),
        ),
      )
    : null;
  const dismiss = el("button", { type: "button", text: "Dismiss" });
  const again = el("button", { type: "button", text: "Show again" });
  const form = el(
    "div",
    { class: "dismiss row" },
    select ? el("label", {}, el("span", { text: "Reason to dismiss " }), select) : null,
    dismiss,
  );
  const words = el("span", {});
  const note = el("p", { class: "dismissed row", role: "status", hidden: true }, words, again);
  const show = (dismissed) => {
    body.hidden = dismissed;
    form.hidden = dismissed;
    note.hidden = !dismissed;
    (dismissed ? again : dismiss).focus();
  };
  dismiss.addEventListener("click", () => {
    words.textContent = select ? `Dismissed: ${select.selectedOptions[0].textContent}` : "Dismissed";
    show(true);
  });
  again.addEventListener("click", () => show(false));
  return el("div", {}, form, note);
}
