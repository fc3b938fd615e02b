// Why: the rules that were asked, their conditions and the values these met.

import { findingsOf } from "./cards.js";
import { count, el } from "./dom.js";

const WORDS = { true: "holds", false: "does not hold", unknown: "not known" };
const FILTERS = [
  ["spoke", "Spoke", (entry) => entry.spoke || entry.doubt],
  ["unknown", "Not known", (entry) => entry.truth === "unknown"],
  ["all", "All", () => true],
];
const SHOWN_AT_ONCE = 200;
const PLACES_NAMED = 6;

/** The entries of the trace behind a card: they spoke, cite one of its rules, and are about its lines. */
export function entriesFor(card, trace) {
  const found = findingsOf(card).flatMap((finding) => {
    const rules = new Set(finding.rules ?? []);
    const spoke = trace.filter(
      (entry) => (entry.spoke || entry.doubt) && entry.cites.some((statement) => rules.has(statement)),
    );
    const units = new Set([
      ...(finding.lines ?? []).map((line) => line.resource),
      ...(card.extension["davinci-crd.associated-resource"] ?? []).map((each) => each.reference),
    ]);
    const ofUnit = spoke.filter((entry) => units.has(entry.unit));
    const lines = new Set(
      (finding.lines ?? []).map((line) =>
        `${[line.code, ...(line.modifiers ?? [])].join("-")} ${line.date ?? ""}`.trim(),
      ),
    );
    const ofLines = ofUnit.filter((entry) => !entry.line || lines.has(entry.line));
    return ofLines.length ? ofLines : ofUnit;
  });
  return [...new Set(found)];
}

/** What explains one card. */
export function whyView(card, trace) {
  const entries = entriesFor(card, trace);
  if (!entries.length) {
    return el("p", { text: "No policy rule stands behind this card: it tells how the request was read." });
  }
  const byRule = new Map();
  for (const entry of entries) byRule.set(keyOf(entry), [...(byRule.get(keyOf(entry)) ?? []), entry]);
  return el("div", {}, ...[...byRule.values()].map(ruleView));
}

function keyOf({ policy, rule, unit }) {
  return `${policy} ${rule} ${unit}`;
}

function ruleView([first, ...others]) {
  return el(
    "div",
    { class: "rule" },
    el(
      "p",
      {},
      el("strong", { text: first.rule }),
      ` (policy ${first.policy}) for ${placeOf(first)}; cites ${first.cites.join(", ")}`,
    ),
    conditionsView(first.conditions),
    outcomeView(first),
    others.length ? el("p", { class: "quiet small", text: alsoFor(others) }) : null,
  );
}

/** Which version spoke, what decided its severity, and what became of what it said. */
function outcomeView({ in_force, severity, settled, doubt }) {
  const doubted = doubt ? ` Said more mildly; without what is in doubt: ${doubt}.` : "";
  if (!settled) return el("p", { class: "quiet small", text: `In force ${in_force}.${doubted}` });
  const decided = severity.why ? ` (${severity.why})` : "";
  const shown = settled.finding ? `: ${settled.finding}` : "";
  const text = `In force ${in_force}. Severity ${severity.said}${decided}. Then ${settled.says}${shown}.${doubted}`;
  return el("p", { class: "quiet small", text });
}

function alsoFor(entries) {
  const places = entries.slice(0, PLACES_NAMED).map(placeOf).join("; ");
  const more = entries.length > PLACES_NAMED ? "; …" : ".";
  return `The same rule spoke for ${count(entries.length, "more line")}: ${places}${more}`;
}

function placeOf({ unit, line }) {
  return line ? `${line}, ${unit}` : unit;
}

function conditionsView(conditions) {
  const rows = conditions.map(({ text, value, truth, depth }) =>
    el(
      "tr",
      { class: truth },
      el(
        "td",
        { class: `depth-${Math.min(depth, 6)}` },
        el("code", { text: value === "" && depth < 6 ? groupWords(text) : text }),
      ),
      el("td", {}, value === "" ? "" : el("code", { text: value })),
      el("td", { class: "truth", text: WORDS[truth] ?? truth }),
    ),
  );
  const head = ["Condition", "Value found", "Truth"].map((text) => el("th", { scope: "col", text }));
  return el(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": "Conditions and values" },
    el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows)),
  );
}

function groupWords(text) {
  return { all: "all of:", any: "any of:", none: "none of:", not: "not:" }[text] ?? text;
}

/** The whole trace with its filters. */
export function traceView(trace) {
  const list = el("ul", { class: "trace" });
  const total = el("p", { class: "quiet small", role: "status" });
  const words = el("input", { type: "search", id: "trace-search", autocomplete: "off", spellcheck: "false" });
  let [, , keeps] = FILTERS[0];
  const fill = () => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
    const entries = trace.filter(
      (entry) => keeps(entry) && wanted.every((word) => textOf(entry).includes(word)),
    );
    list.replaceChildren(...entries.slice(0, SHOWN_AT_ONCE).map(entryView));
    const rest =
      entries.length > SHOWN_AT_ONCE ? ` The first ${SHOWN_AT_ONCE} are shown; narrow the search.` : "";
    const asked = `${entries.length} of ${count(trace.length, "check")}`;
    total.textContent = `${asked} (a rule asked about a line, claim or order).${rest}`;
  };
  const radios = FILTERS.map(([id, label, test], at) => {
    const radio = el("input", { type: "radio", name: "trace-filter", value: id, checked: at === 0 });
    radio.addEventListener("change", () => {
      keeps = test;
      fill();
    });
    return el("label", {}, radio, ` ${label} (${trace.filter(test).length})`);
  });
  words.addEventListener("input", fill);
  fill();
  return el(
    "div",
    { class: "stack" },
    el("p", {
      class: "quiet small",
      text: "A rule that spoke may share its card with others, or give way to a stricter one.",
    }),
    el("fieldset", { class: "row" }, el("legend", { text: "Which rules" }), ...radios),
    el(
      "p",
      { class: "row" },
      el("label", { for: "trace-search", text: "Rule, policy, statement or line" }),
      words,
    ),
    total,
    list,
  );
}

function textOf({ rule, policy, cites, line, unit }) {
  return [rule, policy, ...cites, line, unit].join(" ").toLowerCase();
}

function entryView(entry) {
  const word = entry.spoke
    ? entry.truth === "unknown"
      ? "asks"
      : "spoke"
    : (WORDS[entry.truth] ?? entry.truth);
  const body = el("div");
  const details = el(
    "details",
    {},
    el(
      "summary",
      {},
      el("span", { class: `chip ${entry.truth}`, text: word }),
      " ",
      el("strong", { text: entry.rule }),
      ` ${placeOf(entry)} `,
      el("span", { class: "quiet", text: `${entry.policy}: ${entry.cites.join(", ")}` }),
    ),
    body,
  );
  details.addEventListener("toggle", () => {
    if (details.open && !body.hasChildNodes())
      body.append(conditionsView(entry.conditions), outcomeView(entry));
  });
  return el("li", {}, details);
}
