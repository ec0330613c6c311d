"use strict";

// A tree whose nodes stand before what they hold: names, parents, and for each node a weight and a shade of its own.
class Tree {
  constructor(names, parents) {
    this.names = names.map(line);
    this.parents = parents;
    this.children = names.map(() => null);
    for (let node = 1; node < names.length; node += 1) (this.children[parents[node]] ||= []).push(node);
    this.weights = new Float64Array(names.length);
    this.shades = new Float64Array(names.length);
  }

  // Sums up what single nodes weigh; `shade` is the part of the weight that is coloured.
  weigh(own) {
    this.weights.fill(0);
    this.shades.fill(0);
    own(this.weights, this.shades);
    for (let node = this.names.length - 1; node > 0; node -= 1) {
      this.weights[this.parents[node]] += this.weights[node];
      this.shades[this.parents[node]] += this.shades[node];
    }
  }

  path(node) {
    const parts = [];
    for (let at = node; at > 0; at = this.parents[at]) parts.unshift(this.names[at]);
    return "/" + parts.join("/");
  }

  chain(node) {
    const nodes = [];
    for (let at = node; at > 0; at = this.parents[at]) nodes.unshift(at);
    return [0, ...nodes];
  }
}

// Squarified treemap (Bruls, Huizing, van Wijk 2000): rows of boxes whose sides are as equal as can be.
function squarify(items, x, y, width, height) {
  const boxes = [];
  let rest = items.filter(item => item.weight > 0).sort((a, b) => b.weight - a.weight);
  let total = rest.reduce((sum, item) => sum + item.weight, 0);
  while (rest.length > 0 && width > 0.5 && height > 0.5) {
    const scale = width * height / total;
    const side = Math.min(width, height);
    let sum = 0, taken = 0, best = Infinity;
    while (taken < rest.length) {
      const next = sum + rest[taken].weight;
      const thickness = next * scale / side;
      const largest = rest[0].weight * scale / thickness, smallest = rest[taken].weight * scale / thickness;
      const worst = Math.max(thickness / smallest, largest / thickness, thickness / largest, smallest / thickness);
      if (taken > 0 && worst > best) break;
      best = worst; sum = next; taken += 1;
    }
    const thickness = sum * scale / side;
    let offset = 0;
    for (const item of rest.slice(0, taken)) {
      const length = item.weight / sum * side;
      boxes.push(width >= height ? { item, x, y: y + offset, width: thickness, height: length }
        : { item, x: x + offset, y, width: length, height: thickness });
      offset += length;
    }
    if (width >= height) { x += thickness; width -= thickness; } else { y += thickness; height -= thickness; }
    total -= sum;
    rest = rest.slice(taken);
  }
  return boxes;
}

// The map of one directory: its entries as boxes, and what they hold within them.
class Treemap {
  constructor(tree, colour, describe) {
    this.tree = tree;
    this.colour = colour;
    this.describe = describe;
    this.root = 0;
    this.map = element("div", { id: "map", role: "group", "aria-label": "treemap" });
    this.crumbs = element("nav", { class: "crumbs", "aria-label": "directory" });
    this.map.addEventListener("keydown", event => {
      if (event.key === "Backspace" || event.key === "Escape") { event.preventDefault(); this.up(); }
      if (event.key.startsWith("Arrow")) { event.preventDefault(); this.move(event.key); }
    });
    let pending = 0;
    addEventListener("resize", () => { cancelAnimationFrame(pending); pending = requestAnimationFrame(() => this.show()); });
    addEventListener("beforeprint", () => this.show());
  }

  open(node, focus) {
    if (!this.tree.children[node]) return;
    this.root = node;
    this.show();
    if (focus) this.map.querySelector("button")?.focus();
  }

  up() { if (this.root > 0) this.open(this.tree.parents[this.root], true); }

  // Shows new weights; a directory that weighs nothing any more is left.
  refresh() {
    while (this.root > 0 && this.tree.weights[this.root] === 0) this.root = this.tree.parents[this.root];
    this.show();
  }

  // The nearest box in a direction, by the middles of the boxes.
  move(key) {
    const here = document.activeElement.getBoundingClientRect();
    const middle = box => ({ x: box.left + box.width / 2, y: box.top + box.height / 2 });
    const from = middle(here);
    const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key] || [0, 0];
    let best = null, distance = Infinity;
    for (const box of this.map.querySelectorAll("button.box")) {
      const to = middle(box.getBoundingClientRect());
      const along = (to.x - from.x) * dx + (to.y - from.y) * dy;
      if (along < 1) continue;
      const far = along + 3 * Math.abs((to.x - from.x) * dy + (to.y - from.y) * dx);
      if (far < distance) { distance = far; best = box; }
    }
    best?.focus();
  }

  // The largest entries of a directory; the small ones together are one item.
  items(node, limit) {
    const nodes = (this.tree.children[node] || []).filter(child => this.tree.weights[child] > 0);
    nodes.sort((a, b) => this.tree.weights[b] - this.tree.weights[a]);
    const items = nodes.slice(0, limit).map(child => ({ node: child, weight: this.tree.weights[child] }));
    const rest = nodes.slice(limit);
    if (rest.length > 0) {
      const weight = rest.reduce((sum, child) => sum + this.tree.weights[child], 0);
      const shade = rest.reduce((sum, child) => sum + this.tree.shades[child], 0);
      items.push({ node: -1, weight, shade, count: rest.length });
    }
    return items;
  }

  show() {
    const { tree } = this;
    this.crumbs.replaceChildren(...tree.chain(this.root).flatMap((node, depth) => [
      depth > 1 ? "/" : "",
      element("button", { type: "button", "aria-current": node === this.root ? "true" : null, on: { click: () => this.open(node, true) } },
        node === 0 ? "/" : tree.names[node])]), element("span", { class: "quiet" }, "  " + this.describe(tree, this.root)));
    const width = this.map.clientWidth || 1100, height = this.map.clientHeight || 440;
    const boxes = squarify(this.items(this.root, 120), 0, 0, width, height);
    const nodes = [];
    for (const box of boxes) {
      nodes.push(this.box(box, "button"));
      this.nest(box, 1, nodes);
    }
    this.map.replaceChildren(...(nodes.length > 0 ? nodes : [element("div", { class: "empty" }, "Nothing to show here")]));
  }

  // What a directory holds, within its box, as deep as there is room to read it.
  nest(box, depth, nodes) {
    const { item } = box;
    const isLarge = item.node >= 0 && this.tree.children[item.node] && box.width > 40 && box.height > 40;
    if (!isLarge || depth > 4) return;
    for (const part of squarify(this.items(item.node, 40), box.x + 3, box.y + 18, box.width - 6, box.height - 21)) {
      if (nodes.length > 900) return;
      if (part.width < 3 || part.height < 3) continue;
      nodes.push(this.box(part, "div"));
      this.nest(part, depth + 1, nodes);
    }
  }

  box(box, kind) {
    const { item } = box;
    const isRest = item.node < 0;
    const weight = item.weight, shade = isRest ? item.shade : this.tree.shades[item.node];
    const canOpen = !isRest && !!this.tree.children[item.node];
    const name = isRest ? `${item.count} smaller` : this.tree.names[item.node] + (canOpen ? "/" : "");
    const isButton = kind === "button";
    const text = isRest ? `${name}, ${bytesText(weight)}` : `${this.tree.path(item.node)}: ${this.describe(this.tree, item.node)}`;
    return element(kind, {
      class: `box${canOpen && isButton ? " open" : ""}${isButton ? "" : " inner"}`, type: isButton ? "button" : null,
      title: isButton ? text : null, "aria-label": isButton ? text : null, "aria-hidden": isButton ? null : "true",
      "data-path": isRest ? null : this.tree.path(item.node),
      style: { left: box.x + "px", top: box.y + "px", width: box.width + "px", height: box.height + "px",
        background: this.colour(weight === 0 ? 0 : shade / weight), visibility: box.width < 1 || box.height < 1 ? "hidden" : "visible" },
      on: canOpen && isButton ? { click: () => this.open(item.node, true) } : {},
    }, box.width > 30 && box.height > 15 ? name : "");
  }
}
