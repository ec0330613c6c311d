"use strict";

// What acts instead of being seen, as the command line writes it: control characters as \x1B, and those that turn the direction of a
// line or break it as \u{202E}. A line break stays where the page itself makes it; `line` writes those within a name out too.
const acting = /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/g;

function written(letter) {
  const code = letter.codePointAt(0);
  const hex = code.toString(16).toUpperCase();
  return code < 256 ? "\\x" + hex.padStart(2, "0") : "\\u{" + hex + "}";
}

function shown(text) { return text.replace(acting, written); }

function line(text) { return shown(text.replace(/[\t\n]/g, written)); }

// Builds an element; text goes in as text, never as markup, and shows whatever would act on the line it stands in.
function element(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) {
    if (key === "on") for (const [event, action] of Object.entries(value)) node.addEventListener(event, action);
    else if (key === "style") Object.assign(node.style, value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) node.setAttribute(key, shown(String(value)));
  }
  for (const child of children.flat()) {
    if (child !== null && child !== undefined) node.append(child instanceof Node ? child : shown(String(child)));
  }
  return node;
}

const units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];

// Three digits, powers of 1000: the same text that the command line prints.
function bytesText(bytes) {
  if (bytes === null) return "-";
  let size = Math.abs(bytes);
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) { size /= 1000; unit += 1; }
  if (threeDigits(size) === "1000" && unit < units.length - 1) { size /= 1000; unit += 1; }
  return (bytes < 0 ? "-" : "") + threeDigits(size) + units[unit];
}

function threeDigits(size) {
  const digits = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  const scale = Math.pow(10, digits);
  const text = (Math.round(size * scale) / scale).toFixed(digits);
  return text.includes(".") ? text.replace(/0+$/, "").replace(/\.$/, "") : text;
}

function signedText(bytes) { return bytes === null ? "-" : (bytes > 0 ? "+" : "") + bytesText(bytes); }

function percentText(ratio) { return ratio === null ? "n/a" : (ratio * 100).toFixed(1) + "%"; }

function count(number, noun, plural) { return `${number} ${number === 1 ? noun : plural || noun + "s"}`; }

function tile(key, value, label, role, exact) {
  const isKnown = exact !== undefined && exact !== null;
  return element("div", { class: "tile", id: "total-" + key, title: isKnown ? `${exact} bytes` : null, "data-value": isKnown ? exact : null },
    element("b", { class: role || "" }, value), element("span", {}, label));
}

// The instruction without the shell around it.
function instruction(text) {
  if (!text) return "-";
  const words = text.trim().split(/\s+/).join(" ");
  for (const [prefix, instead] of [["/bin/sh -c #(nop) ", ""], ["/bin/sh -c ", "RUN "], ["RUN /bin/sh -c ", "RUN "]]) {
    if (words.startsWith(prefix)) return instead + words.slice(prefix.length);
  }
  return words;
}

// A table that sorts by a click on a heading, filters by words, and shows some rows at a time.
class Table {
  constructor(id, title, columns, rows, order) {
    this.columns = columns;
    this.rows = rows;
    this.order = order || { column: 0, descending: true };
    this.words = "";
    this.limit = 50;
    this.filter = null;
    this.body = element("tbody");
    this.note = element("span", { class: "quiet", role: "status" });
    this.more = element("button", { class: "more", type: "button", on: { click: () => { this.limit *= 4; this.show(); } } }, "Show more");
    const search = element("input", { type: "search", placeholder: "search", "aria-label": "search " + title,
      on: { input: event => { this.words = event.target.value.toLowerCase(); this.show(); } } });
    this.headings = columns.map((column, number) => element("th", { class: column.right ? "right" : null, scope: "col" },
      element("button", { type: "button", on: { click: () => this.sortBy(number) } }, column.title)));
    this.node = element("section", { id },
      element("h2", {}, title),
      element("div", { class: "controls" }, rows.length > 8 ? search : null, this.note),
      element("div", { class: "table" },
        element("table", {}, element("thead", {}, element("tr", {}, this.headings)), this.body)), this.more);
    this.show();
  }

  sortBy(number) {
    const same = this.order.column === number;
    this.order = { column: number, descending: same ? !this.order.descending : !!this.columns[number].right };
    this.show();
  }

  chosen() {
    const words = this.words.split(/\s+/).filter(Boolean);
    return this.rows.filter(row => {
      if (this.filter && !this.filter(row)) return false;
      return words.length === 0 || words.every(word => this.columns.some(column => String(column.text(row)).toLowerCase().includes(word)));
    });
  }

  show() {
    const rows = this.chosen();
    const column = this.columns[this.order.column];
    const key = column.value || column.text;
    const sign = this.order.descending ? -1 : 1;
    rows.sort((left, right) => {
      const [first, second] = [key(left), key(right)];
      return first < second ? -sign : first > second ? sign : 0;
    });
    this.headings.forEach((heading, number) => heading.setAttribute("aria-sort",
      number !== this.order.column ? "none" : this.order.descending ? "descending" : "ascending"));
    this.body.replaceChildren(...rows.slice(0, this.limit).map(row => element("tr", {}, this.columns.map(column =>
      element("td", { class: [column.right ? "right" : "", column.path ? "path" : "", column.role ? column.role(row) : ""].join(" ").trim() || null,
        title: column.exact && column.exact(row) !== null ? `${column.exact(row)} bytes` : null },
        column.node ? column.node(row) : String(column.text(row)))))));
    this.note.textContent = rows.length === this.rows.length ? count(rows.length, "row") : `${rows.length} of ${count(this.rows.length, "row")}`;
    this.more.style.display = rows.length > this.limit ? "" : "none";
  }
}

function bytesColumn(title, value, role) {
  return { title, right: true, value, text: row => bytesText(value(row)), exact: value, role };
}

// Says what a table lacks, if it lacks anything, and how to get all of it.
function tellLeftOut(table, leftOut) {
  if (!leftOut) return;
  table.node.append(element("p", { class: "quiet left-out" },
    `The largest of all: ${count(leftOut.count, "row")} more with ${bytesText(leftOut.bytes)} are left out here. All of them: `, element("code", {}, leftOut.command)));
}

// Why packages may be missing from a list, each reason once.
function packageNotes(problems) {
  return [...new Set(problems)].sort().map(problem => element("p", { class: "note" }, `Note: ${problem}.`));
}

function footer() {
  return element("footer", {}, "Numbers of bytes are powers of 1000; hold the pointer over one for the exact figure. Boxes open by a click or Enter, Backspace goes up, arrows move.");
}

// Light or dark: the system's choice until somebody makes another one.
function themeButton() {
  const isDark = () => {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  };
  const button = element("button", { class: "theme push", type: "button", id: "theme" });
  const name = () => { button.textContent = isDark() ? "Light" : "Dark"; };
  button.addEventListener("click", () => { document.documentElement.dataset.theme = isDark() ? "light" : "dark"; name(); });
  name();
  return button;
}
