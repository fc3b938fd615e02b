// Building the page: text goes in as text, and card HTML only through a list of allowed elements.

const ALLOWED = new Set(
  "P UL OL LI STRONG EM S A TABLE THEAD TBODY TR TH TD CODE PRE BLOCKQUOTE HR BR H1 H2 H3 H4 H5 H6".split(
    " ",
  ),
);

/**
 * A new element. `props`: attributes; `class`, `text` and `on` (listeners by event name) are special;
 * false, null and undefined leave an attribute out. Children are nodes or strings; null is skipped.
 */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === false || value === null || value === undefined) continue;
    if (name === "text") node.textContent = value;
    else if (name === "class") node.className = value;
    else if (name === "on")
      for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

/** A link when the address is https, else its text alone: addresses come from the answer. */
export function link(url, text) {
  if (!isHttps(url)) return el("span", { text });
  return el("a", { href: url, target: "_blank", rel: "noopener noreferrer", text });
}

/** Rendered Markdown as nodes, without any element or attribute that is not on the list. */
export function fromHtml(html) {
  const made = document.createDocumentFragment();
  copy(new DOMParser().parseFromString(html, "text/html").body, made);
  return made;
}

function copy(from, to) {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) to.append(node.data);
    else if (node.nodeType === Node.ELEMENT_NODE && ALLOWED.has(node.tagName)) {
      const made =
        node.tagName === "A" ? link(node.getAttribute("href"), "") : el(node.tagName.toLowerCase());
      copy(node, made);
      to.append(made);
    } else if (node.nodeType === Node.ELEMENT_NODE) to.append(node.textContent);
  }
}

function isHttps(url) {
  return typeof url === "string" && /^https:\/\//i.test(url);
}

/** "1 card", "2 cards". */
export function count(number, noun) {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
