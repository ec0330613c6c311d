"use strict";

// The page of a diff: what grew and what shrank, by directory, layer and package.
function diffPage(data) {
  const { diff, tree: columns, leftOut } = data;
  const { totals } = diff;
  const tree = new Tree(columns.names, columns.parents);
  const state = { measure: "both" };
  const colour = ratio => `color-mix(in oklab, var(--box-kept), var(${ratio > 0 ? "--box-lost" : "--box-won"}) ${(100 * Math.abs(ratio)).toFixed(1)}%)`;
  // The area is what came and went; the colour says which of both there was more of.
  const weigh = () => tree.weigh((weights, shades) => {
    for (let at = 0; at < columns.changes.length; at += 3) {
      const [node, before, after] = [columns.changes[at], columns.changes[at + 1], columns.changes[at + 2]];
      const delta = after - before;
      if (state.measure === "grown" && delta <= 0 || state.measure === "shrunk" && delta >= 0) continue;
      weights[node] += Math.abs(delta);
      shades[node] += delta;
    }
  });
  const describe = (tree, node) => signedText(tree.shades[node]);
  const map = new Treemap(tree, colour, describe);
  const measure = element("select", { id: "measure", "aria-label": "what the areas show",
    on: { change: event => { state.measure = event.target.value; refresh(); } } },
    element("option", { value: "both" }, "all changes"), element("option", { value: "grown" }, "what grew"), element("option", { value: "shrunk" }, "what shrank"));
  function refresh() {
    weigh();
    map.refresh();
  }
  const tables = diffTables(diff);
  for (const table of tables) tellLeftOut(table, leftOut[table.node.id]);
  const name = image => image.name || image.imageID || "<none>";
  const change = (key, label, delta) => tile(key, signedText(delta), label, delta > 0 ? "bad" : delta < 0 ? "good" : "", delta);
  document.body.append(
    element("header", {}, element("h1", {}, `${name(diff.a)} → ${name(diff.b)}`),
      element("span", { class: "quiet" }, [...new Set([diff.a.platform, diff.b.platform].filter(Boolean))].join(" → ")), themeButton()),
    element("div", { class: "tiles" },
      change("visibleDelta", `visible, now ${bytesText(totals.visibleBytesAfter)}`, totals.visibleDelta),
      change("contentDelta", `stored by layers, now ${bytesText(totals.contentBytesAfter)}`, totals.contentDelta),
      change("wastedDelta", "wasted", totals.wastedDelta),
      change("compressedDelta", `compressed, now ${bytesText(totals.compressedBytesAfter)}`, totals.compressedDelta)),
    diff.isPartial ? element("p", { id: "partial" }, "Partial: some layers are not known; the lists are what the others tell.") : "",
    element("section", { id: "tree" }, element("h2", {}, "Where it changed"),
      element("div", { class: "controls" }, measure, map.crumbs,
        element("span", { class: "legend push" }, "shrank", element("i", { style: { background: "linear-gradient(to right in oklab, var(--box-won), var(--box-kept), var(--box-lost))" } }), "grew")),
      map.map),
    ...packageNotes(diff.packageProblems),
    ...tables.map(table => table.node),
    footer());
  refresh();
}

function diffTables(diff) {
  const delta = row => row.bytesAfter - row.bytesBefore;
  const deltaColumn = { title: "change", right: true, value: delta, text: row => signedText(delta(row)), exact: delta,
    role: row => delta(row) > 0 ? "bad" : delta(row) < 0 ? "good" : "" };
  const tables = [new Table("layers", "Layers", [
    { title: "", text: row => ({ same: "", added: "+", removed: "−" })[row.change] },
    { title: "before", right: true, value: row => row.indexBefore ?? -1, text: row => row.indexBefore ?? "" },
    { title: "after", right: true, value: row => row.indexAfter ?? -1, text: row => row.indexAfter ?? "" },
    { title: "like", right: true, value: row => row.counterpart ?? -1, text: row => row.counterpart ?? "" },
    bytesColumn("content", row => row.contentBytes), bytesColumn("of it known", row => row.knownBytes),
    bytesColumn("compressed", row => row.compressedBytes),
    { title: "created by", path: true, text: row => instruction(row.createdBy) }], diff.layers.map((row, place) => ({ ...row, place })), { column: 0, descending: false })];
  tables[0].columns[0].value = row => row.place;
  tables[0].show();
  if (diff.paths.length > 0) {
    tables.push(new Table("paths", "Paths", [
      { ...deltaColumn, value: row => Math.abs(delta(row)) }, bytesColumn("before", row => row.bytesBefore), bytesColumn("after", row => row.bytesAfter),
      { title: "how", text: row => row.fields.length > 0 ? row.fields.join(", ") : row.change },
      { title: "path", path: true, text: row => "/" + line(row.path) }], diff.paths));
  }
  if (diff.packages.length > 0) {
    tables.push(new Table("packages", "Packages", [
      { ...deltaColumn, value: row => Math.abs(delta(row)) }, { title: "manager", text: row => row.manager }, { title: "package", text: row => row.name },
      { title: "before", text: row => row.before ?? "" }, { title: "after", text: row => row.after ?? "" }], diff.packages));
  }
  if (diff.config.length > 0) {
    tables.push(new Table("config", "Config", [
      { title: "field", text: row => row.field }, { title: "before", path: true, text: row => row.before ?? "" },
      { title: "after", path: true, text: row => row.after ?? "" }], diff.config, { column: 0, descending: false }));
  }
  return tables;
}
