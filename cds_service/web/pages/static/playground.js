// The playground: choose or paste a request, ask the service, try its corrections, see why.

import * as api from "./api.js";
import { cardsView, historyView, jsonPanel, statusWords, whyPanel } from "./answer.js";
import { applied } from "./apply.js";
import { el } from "./dom.js";
import { fixtureList } from "./fixtures.js";
import { parse, pretty } from "./jsontext.js";
import { Letter, letterView, refusal } from "./letter.js";
import { tabs } from "./tabs.js";

const at = (id) => document.getElementById(id);
const views = tabs(at("tabs"));
const state = { services: [], fixtures: [], list: null, steps: [], turn: 0 };

/** Shows any failure as a letter; a call that a later one has overtaken says nothing. */
async function attempt(work) {
  const turn = (state.turn += 1);
  at("problem").replaceChildren();
  at("body").removeAttribute("aria-invalid");
  at("answer").setAttribute("aria-busy", "true");
  try {
    await work(() => turn === state.turn);
  } catch (error) {
    if (turn === state.turn) complain(error);
  } finally {
    if (turn === state.turn) at("answer").removeAttribute("aria-busy");
  }
}

function complain(error) {
  if (!(error instanceof Letter)) throw error;
  const place =
    error.at === undefined
      ? null
      : el("button", { type: "button", on: { click: () => goTo(error.at) }, text: "Go to this place" });
  const stale = state.steps.length
    ? el("p", { class: "small", text: "The answer below is still the one before." })
    : null;
  at("problem").replaceChildren(letterView(error, place, stale));
  if (place) at("body").setAttribute("aria-invalid", "true");
}

function goTo(index) {
  const body = at("body");
  at("editor").open = true;
  body.focus();
  body.setSelectionRange(index, index + 1);
  const line = body.value.slice(0, index).split("\n").length;
  body.scrollTop = (line - 4) * (body.scrollHeight / body.value.split("\n").length);
}

/** One call with all that is shown of it. */
async function call(text, label, changes) {
  const service = at("service").value;
  const answer = await api.ask(service, text);
  const step = { text, label, changes, service, answer, letter: null, html: [], trace: [] };
  if (answer.status !== 200 || !answer.body) {
    step.letter = refusal(answer.status, answer.body);
    return step;
  }
  const details = (answer.body.cards ?? []).map((card) => card.detail ?? "");
  // Without its helpers the page still shows the answer: plain detail, a letter in place of reasons.
  const [html, trace] = [
    api.markdown(details).catch(() => []),
    api.explain(service, text).catch((error) => error),
  ];
  [step.html, step.trace] = await Promise.all([html, trace]);
  step.answer.body = parse(answer.text);
  return step;
}

function show() {
  const step = state.steps.at(-1);
  at("tabs").hidden = !step;
  at("history").hidden = state.steps.length < 2;
  if (!step) return;
  at("status").textContent = statusWords(step);
  at("history").replaceChildren(...(state.steps.length > 1 ? historyView(state.steps, undo) : []));
  at("panel-cards").replaceChildren(...cardsView(step, apply));
  at("panel-why").replaceChildren(...whyPanel(step));
  at("panel-json").replaceChildren(...jsonPanel(step));
}

/** Of a fixture that could not be asked: the answer to another one would look like its own. */
function showNothing() {
  state.steps = [];
  at("status").textContent = "Nothing asked yet.";
  for (const panel of ["panel-cards", "panel-why", "panel-json"]) at(panel).replaceChildren();
  show();
}

function askAsWritten() {
  return attempt(async (current) => {
    const text = at("body").value;
    const now = parse(text);
    const last = state.steps.at(-1);
    const edited = last !== undefined && last.text !== text;
    const changes = edited
      ? [{ reference: "Request", before: parse(last.text), after: now }]
      : (last?.changes ?? []);
    const step = await call(text, edited ? "Edited by hand" : (last?.label ?? "As entered"), changes);
    if (!current()) return;
    state.steps = edited ? [...state.steps, step] : [...state.steps.slice(0, -1), step];
    show();
  });
}

/** Throws rather than lose what was typed and not asked yet. */
function refuseUnasked() {
  if (at("body").value === state.steps.at(-1).text) return;
  throw new Letter("The request was edited and not asked yet.", [
    { where: "Request JSON", text: "Press Ask first, or take the edit back." },
  ]);
}

function apply(suggestion) {
  return attempt(async (current) => {
    refuseUnasked();
    const { request, changes } = applied(parse(state.steps.at(-1).text), suggestion);
    const text = pretty(request);
    const step = await call(text, suggestion.label, changes);
    if (!current()) return;
    at("body").value = text;
    state.steps = [...state.steps, step];
    views.select("tab-cards");
    show();
    // The button that was pressed is gone.
    at("answer-title").focus();
  });
}

function undo() {
  return attempt(() => {
    refuseUnasked();
    state.steps = state.steps.slice(0, -1);
    const last = state.steps.at(-1);
    at("body").value = last.text;
    at("service").value = last.service;
    show();
    at("answer-title").focus();
  });
}

function choose(fixture) {
  if (location.hash !== `#${fixture.name}`) history.pushState(null, "", `#${fixture.name}`);
  state.list.mark(fixture.name);
  return attempt(async (current) => {
    const text = await api.fixture(fixture.name);
    if (!current()) return;
    at("body").value = text;
    at("editor").open = false;
    at("story").textContent = fixture.story;
    at("service").value = fixture.service;
    const step = await call(text, "As received", []).catch((error) => {
      if (current()) showNothing();
      throw error;
    });
    if (!current()) return;
    state.steps = [step];
    show();
    if (matchMedia("(max-width: 60rem)").matches) at("request").scrollIntoView();
  });
}

/** The service of the request's hook, unless the one chosen is of that hook already. */
function matchService() {
  let hook;
  try {
    ({ hook } = JSON.parse(at("body").value));
  } catch {
    return;
  }
  const chosen = state.services.find((service) => service.id === at("service").value);
  const fitting = state.services.find((service) => service.hook === hook);
  if (fitting && chosen?.hook !== hook) at("service").value = fitting.id;
}

function followFragment() {
  const name = location.hash.slice(1);
  if (!name || name === "request") return;
  const fixture = state.fixtures.find((each) => each.name === name);
  if (fixture) choose(fixture);
  else
    complain(
      new Letter("The address names no fixture.", [{ where: name, text: "Choose one from the list." }]),
    );
}

async function start() {
  at("ask-form").addEventListener("submit", (event) => {
    event.preventDefault();
    askAsWritten();
  });
  at("body").addEventListener("input", matchService);
  at("body").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) askAsWritten();
  });
  // The fragment is kept for the fixture's name.
  at("skip").addEventListener("click", (event) => {
    event.preventDefault();
    at("request").focus();
  });
  await attempt(async () => {
    [state.services, state.fixtures] = await Promise.all([api.services(), api.fixtures()]);
  });
  at("service").replaceChildren(
    ...state.services.map(({ id, hook }) => el("option", { value: id, text: `${id} (hook ${hook})` })),
  );
  state.list = fixtureList(
    { list: at("fixtures"), search: at("search"), found: at("found") },
    state.fixtures,
    choose,
  );
  window.addEventListener("popstate", followFragment);
  followFragment();
}

start();
