// What changed between two resources, line by line of their JSON.

import { count, el } from "./dom.js";
import { pretty } from "./jsontext.js";

const CONTEXT = 3;
const LARGEST = 4_000_000;

/** The lines of both texts in order: [{kind: "same" | "removed" | "added", text}]. */
export function lineDiff(before, after) {
  let start = 0;
  while (start < before.length && start < after.length && before[start] === after[start]) start += 1;
  let end = 0;
  while (end < Math.min(before.length, after.length) - start && before.at(-1 - end) === after.at(-1 - end))
    end += 1;
  const as = (kind) => (text) => ({ kind, text });
  return [
    ...before.slice(0, start).map(as("same")),
    ...middle(before.slice(start, before.length - end), after.slice(start, after.length - end)),
    ...before.slice(before.length - end).map(as("same")),
  ];
}

// Longest common subsequence; parts too large for its table are shown as replaced whole.
function middle(a, b) {
  const whole = [
    ...a.map((text) => ({ kind: "removed", text })),
    ...b.map((text) => ({ kind: "added", text })),
  ];
  if (a.length * b.length > LARGEST || !a.length || !b.length) return whole;
  const width = b.length + 1;
  const table = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      table[i * width + j] =
        a[i] === b[j]
          ? table[(i + 1) * width + j + 1] + 1
          : Math.max(table[(i + 1) * width + j], table[i * width + j + 1]);
    }
  }
  const made = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      made.push({ kind: "same", text: a[i] });
      i += 1;
      j += 1;
    } else if (j === b.length || (i < a.length && table[(i + 1) * width + j] >= table[i * width + j + 1])) {
      made.push({ kind: "removed", text: a[i] });
      i += 1;
    } else {
      made.push({ kind: "added", text: b[j] });
      j += 1;
    }
  }
  return made;
}

/** The change of one resource ({reference, before, after}): its changed lines and a few around them. */
export function diffView({ reference, before, after }) {
  const lines = lineDiff(
    before === null ? [] : pretty(before).split("\n"),
    after === null ? [] : pretty(after).split("\n"),
  );
  const total = (kind) => lines.filter((line) => line.kind === kind).length;
  const words = `${count(total("removed"), "line")} removed, ${count(total("added"), "line")} added`;
  return el(
    "figure",
    { class: "diff" },
    el(
      "figcaption",
      {},
      el("code", { text: reference }),
      `: ${words}${before === null ? " (new resource)" : after === null ? " (resource deleted)" : ""}`,
    ),
    el("pre", { tabindex: 0, role: "region", "aria-label": `Changes in ${reference}` }, ...shown(lines)),
  );
}

function shown(lines) {
  const near = lines.map((_, at) =>
    lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some((line) => line.kind !== "same"),
  );
  const made = [];
  let skipped = 0;
  const flush = () => {
    const words = `⋯ ${count(skipped, "line")} as before\n`;
    if (skipped) made.push(el("span", { class: "skipped", text: words }));
    skipped = 0;
  };
  lines.forEach((line, at) => {
    if (!near[at]) {
      skipped += 1;
      return;
    }
    flush();
    if (line.kind === "removed") made.push(el("del", { text: `− ${line.text}\n` }));
    else if (line.kind === "added") made.push(el("ins", { text: `+ ${line.text}\n` }));
    else made.push(`  ${line.text}\n`);
  });
  flush();
  return made;
}
