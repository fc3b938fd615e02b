// The list of fixtures: found by words, walked with the arrow keys.

import { count, el } from "./dom.js";

/**
 * Fills the list and its search box; `choose` is called with a fixture.
 * Returns {mark(name)}, which shows the chosen one.
 */
export function fixtureList({ list, search, found }, fixtures, choose) {
  const rows = fixtures.map((fixture) => {
    const button = el(
      "button",
      { type: "button", tabindex: "-1", "data-name": fixture.name, on: { click: () => choose(fixture) } },
      el("span", { text: fixture.story }),
      el("span", { class: "quiet small name", text: fixture.name }),
    );
    return {
      fixture,
      button,
      item: el("li", {}, button),
      text: `${fixture.name} ${fixture.story} ${fixture.service}`.toLowerCase(),
    };
  });
  list.replaceChildren(...rows.map((row) => row.item));
  const visible = () => rows.filter((row) => !row.item.hidden).map((row) => row.button);

  // One stop for the tab key; the arrows walk inside.
  const stopAt = (button) => {
    for (const row of rows) row.button.tabIndex = row.button === button ? 0 : -1;
  };
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) row.item.hidden = !words.every((word) => row.text.includes(word));
    const buttons = visible();
    if (!buttons.some((button) => button.tabIndex === 0)) stopAt(buttons[0]);
    found.textContent =
      buttons.length === rows.length
        ? count(rows.length, "fixture")
        : `${buttons.length} of ${count(rows.length, "fixture")}`;
  };
  const walk = (event) => {
    const buttons = visible();
    const at = buttons.indexOf(document.activeElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined || !buttons.length) return;
    event.preventDefault();
    if (to < 0) {
      search.focus();
      return;
    }
    const button = buttons[Math.min(to, buttons.length - 1)];
    stopAt(button);
    button.focus();
  };
  search.addEventListener("input", filter);
  search.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") walk(event);
  });
  list.addEventListener("keydown", walk);
  filter();

  return {
    mark(name) {
      for (const { fixture, button } of rows) {
        if (fixture.name !== name) {
          button.removeAttribute("aria-current");
          continue;
        }
        button.setAttribute("aria-current", "true");
        stopAt(button);
        // Only the list scrolls, not the page.
        const [box, place] = [list.getBoundingClientRect(), button.getBoundingClientRect()];
        if (place.top < box.top || place.bottom > box.bottom)
          list.scrollTop += place.top - box.top - box.height / 3;
      }
    },
  };
}
