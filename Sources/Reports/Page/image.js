"use strict";

// The page of one image: where its bytes are, which layer stores them, which are wasted.
function imagePage(data) {
  const { analysis, tree: columns, packages, leftOut, trend } = data;
  const { totals, layers } = analysis;
  const tree = new Tree(columns.names, columns.parents);
  const state = { layer: null, measure: "stored" };
  const wastedColour = ratio => `color-mix(in oklab, var(--box-kept), var(--box-lost) ${(100 * ratio).toFixed(1)}%)`;

  const weigh = () => tree.weigh((weights, shades) => {
    const { layer, measure } = state;
    if (measure !== "wasted") {
      for (let at = 0; at < columns.files.length; at += 3) {
        const [node, bytes, stored] = [columns.files[at], columns.files[at + 1], columns.files[at + 2]];
        if (layer === null || stored === layer) weights[node] += bytes;
      }
    }
    if (measure === "visible") return;
    for (let at = 0; at < columns.wasted.length; at += 3) {
      const [node, bytes, stored] = [columns.wasted[at], columns.wasted[at + 1], columns.wasted[at + 2]];
      if (layer !== null && stored !== layer) continue;
      weights[node] += bytes;
      shades[node] += bytes;
    }
  });
  const describe = (tree, node) => {
    const [weight, waste] = [tree.weights[node], tree.shades[node]];
    return bytesText(weight) + (waste > 0 ? `, ${bytesText(waste)} wasted` : "");
  };
  const map = new Treemap(tree, wastedColour, describe);

  const tables = imageTables(analysis, packages, tree, columns);
  for (const table of tables) tellLeftOut(table, leftOut[table.node.id]);
  const bars = layers.map(layer => layerBar(layer, layers, () => choose(state.layer === layer.index ? null : layer.index)));
  const clear = element("button", { type: "button", id: "clear", on: { click: () => choose(null) } }, "All layers");
  const measure = element("select", { id: "measure", "aria-label": "what the areas show",
    on: { change: event => { state.measure = event.target.value; refresh(); } } },
    element("option", { value: "stored" }, "stored: visible and wasted"), element("option", { value: "visible" }, "visible"),
    element("option", { value: "wasted" }, "wasted"));

  function choose(layer) {
    state.layer = layer;
    bars.forEach((bar, number) => bar.setAttribute("aria-pressed", String(layers[number].index === layer)));
    clear.style.display = layer === null ? "none" : "";
    for (const table of tables) {
      if (table.layerOf) { table.filter = layer === null ? null : row => table.layerOf(row, layer); table.show(); }
    }
    refresh();
  }

  function refresh() {
    weigh();
    map.refresh();
  }

  const wasted = totals.wastedBytes;
  document.body.append(
    element("header", {}, element("h1", {}, analysis.image.name || "<none>"),
      element("span", { class: "quiet" }, [analysis.image.platform, count(totals.layerCount, "layer"), count(totals.entryCount ?? "-", "entry", "entries")].filter(Boolean).join(", ")),
      themeButton()),
    element("div", { class: "quiet" }, analysis.image.imageID || ""),
    element("div", { class: "tiles" },
      tile("visibleBytes", bytesText(totals.visibleBytes), "visible", "", totals.visibleBytes),
      tile("contentBytes", bytesText(totals.contentBytes), "stored by layers", "", totals.contentBytes),
      tile("wastedBytes", bytesText(wasted), "wasted", wasted === null ? "" : wasted > 0 ? "bad" : "good", wasted),
      tile("efficiency", analysis.isPartial ? "-" : percentText(totals.efficiency), "efficiency"),
      tile("compressedBytes", bytesText(totals.compressedBytes), "compressed", "", totals.compressedBytes)),
    analysis.isPartial ? element("p", { id: "partial" }, partialText(totals.unknownLayerCount, totals.layerCount)) : "",
    trend.length > 1 ? trendChart(trend, analysis.image) : "",
    element("section", { id: "layers" }, element("h2", {}, "Layers"), element("div", { class: "layers" }, bars)),
    element("section", { id: "tree" }, element("h2", {}, "Where the bytes are"),
      element("div", { class: "controls" }, measure, clear, map.crumbs,
        element("span", { class: "legend push" }, "kept", element("i", { style: { background: "linear-gradient(to right in oklab, var(--box-kept), var(--box-lost))" } }), "wasted")),
      map.map),
    ...packageNotes(packages.problems),
    ...tables.map(table => table.node),
    footer());
  choose(null);
}

function partialText(unknown, layers) {
  return unknown > 0 ? `Partial: the content of ${unknown} of ${count(layers, "layer")} is not known.`
    : "Partial: names that are not UTF-8 cannot be told apart, so it is not known what is hidden.";
}

// The sizes of the repository's images, oldest first: a column each, what is wasted on top.
function trendChart(trend, image) {
  const most = trend.reduce((most, point) => Math.max(most, point.contentBytes || 0), 1);
  const part = bytes => `${100 * bytes / most}%`;
  const columns = trend.map(point => {
    const [bytes, lost] = [point.contentBytes || 0, point.wastedBytes || 0];
    const own = point.manifestDigest === image.manifestDigest;
    const words = [point.tag || "", (point.created || point.observed).slice(0, 10), point.contentBytes === null ? "size not known" : `${point.contentBytes} bytes stored`,
      point.wastedBytes === null ? "" : `${point.wastedBytes} of them wasted`, own ? "this image" : ""];
    return element("span", { class: "point" + (own ? " own" : ""), "data-bytes": point.contentBytes, title: words.filter(Boolean).join(", ") },
      element("i", { class: "lost", style: { height: part(lost) } }), element("i", { class: "kept", style: { height: part(bytes - lost) } }));
  });
  const [first, last] = [trend[0], trend[trend.length - 1]];
  const known = trend.every(point => point.contentBytes !== null);
  const text = known ? `${count(trend.length, "image")}: ${bytesText(first.contentBytes)} stored by the first, ${bytesText(last.contentBytes)} by the last, ${bytesText(most)} at most`
    : count(trend.length, "image");
  return element("section", { id: "trend" }, element("h2", {}, "Over time"), element("div", { class: "quiet" }, text),
    element("div", { class: "trend", role: "img", "aria-label": text }, columns));
}

function layerBar(layer, layers, act) {
  const largest = layers.reduce((most, other) => Math.max(most, other.contentBytes || 0), 1);
  const bytes = layer.contentBytes || 0;
  const part = share => `${100 * share / largest}%`;
  const text = instruction(layer.createdBy);
  return element("button", { class: "layer", type: "button", "aria-pressed": "false", "data-layer": layer.index,
    title: `${layer.createdBy || ""}\n${layer.contentBytes ?? "-"} bytes stored, ${layer.hiddenBytes ?? "-"} of them wasted, ${layer.compressedBytes} compressed`, on: { click: act } },
    element("span", { class: "number quiet" }, layer.index), element("span", { class: "bytes" }, layer.contentBytes === null ? "-" : bytesText(bytes)),
    element("span", { class: "bar" }, element("i", { class: "kept", style: { width: part(bytes - layer.hiddenBytes) } }),
      element("i", { class: "lost", style: { width: part(layer.hiddenBytes) } })),
    element("span", { class: "what" }, (layer.isBase ? "(base) " : "") + text));
}

function imageTables(analysis, packages, tree, columns) {
  const path = row => "/" + line(row.path);
  const pathList = row => row.paths.slice(0, 5).map(path => "/" + line(path)).join("\n") + ((row.pathCount ?? row.paths.length) > 5 ? `\nand ${(row.pathCount ?? row.paths.length) - 5} more` : "");
  const tables = [];
  const add = (table, layerOf) => { table.layerOf = layerOf; tables.push(table); };
  if (analysis.wastedPaths.length > 0) {
    add(new Table("wasted", "Wasted", [
      bytesColumn("wasted", row => row.wastedBytes, () => "bad"),
      { title: "cause", text: row => Object.keys(row.causes).join(", ") },
      { title: "stored in", right: true, value: row => row.layers[0], text: row => row.layers.join(", ") },
      { title: "hidden by", right: true, value: row => row.hiddenBy[0], text: row => row.hiddenBy.join(", ") },
      { title: "path", path: true, text: path }], analysis.wastedPaths), (row, layer) => row.layers.includes(layer));
  }
  if (analysis.duplicates.length > 0) {
    add(new Table("duplicates", "Same content more than once", [
      bytesColumn("extra", row => row.extraBytes),
      { title: "copies", right: true, value: row => row.copies, text: row => row.copies },
      bytesColumn("each", row => row.bytes),
      { title: "paths", path: true, text: pathList }], analysis.duplicates));
  }
  if (analysis.hints.length > 0) {
    add(new Table("hints", "Left over", [
      bytesColumn("bytes", row => row.bytes), { title: "layer", right: true, value: row => row.layer, text: row => row.layer },
      { title: "what", text: row => row.rule }, { title: "advice", text: row => row.advice },
      { title: "paths", path: true, text: pathList }], analysis.hints),
      (row, layer) => row.layer === layer);
  }
  if (packages.packages.length > 0) {
    const rows = packages.packages.concat([{ manager: "", name: "(in no package)", version: "", bytes: packages.unownedBytes, fileCount: "" }]);
    add(new Table("packages", "Packages", [
      bytesColumn("bytes", row => row.bytes), { title: "files", right: true, value: row => row.fileCount || 0, text: row => row.fileCount },
      { title: "manager", text: row => row.manager }, { title: "package", text: row => row.name },
      { title: "version", text: row => row.version }], rows));
  }
  const files = [];
  for (let at = 0; at < columns.files.length; at += 3) files.push(at);
  add(new Table("files", "Largest files", [
    bytesColumn("bytes", at => columns.files[at + 1]),
    { title: "layer", right: true, value: at => columns.files[at + 2], text: at => columns.files[at + 2] },
    { title: "path", path: true, text: at => tree.path(columns.files[at]) }], files), (at, layer) => columns.files[at + 2] === layer);
  return tables;
}
