// Tabs after the WAI-ARIA pattern: one stop for the tab key, arrows choose.

/** Makes the tablist inside `root` work. Returns {select(id)}. */
export function tabs(root) {
  const all = [...root.querySelectorAll('[role="tab"]')];
  const select = (chosen) => {
    for (const tab of all) {
      const on = tab === chosen;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = !on;
    }
  };
  for (const tab of all) {
    tab.addEventListener("click", () => select(tab));
    tab.addEventListener("keydown", (event) => {
      const at = all.indexOf(tab);
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1 + all.length, Home: 0, End: all.length - 1 }[
        event.key
      ];
      if (to === undefined) return;
      event.preventDefault();
      select(all[to % all.length]);
      all[to % all.length].focus();
    });
  }
  return { select: (id) => select(document.getElementById(id)) };
}
