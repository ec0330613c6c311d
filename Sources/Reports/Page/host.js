"use strict";

// What marked images free together: what is theirs alone, and what they share with nobody that stays.
class Joint {
  constructor(host) {
    this.images = host.graph;
    this.sharedBytes = host.sharedBytes;
    this.counts = new Array(host.sharedBytes.length).fill(0);
    for (const image of this.images) for (const item of image.shared) this.counts[item] += 1;
    this.marked = new Set();
  }

  // Those of the marked ones that go: an engine removes some images only after others.
  going(marked) {
    const going = new Set([...marked].filter(place => this.images[place].stays === null));
    for (;;) {
      const kept = [...going].filter(place => !this.images[place].after.every(other => going.has(other)));
      if (kept.length === 0) return going;
      for (const place of kept) going.delete(place);
    }
  }

  bytes(marked) {
    const left = new Map();
    let sum = 0;
    for (const place of this.going(marked || this.marked)) {
      sum += this.images[place].ownBytes;
      for (const item of this.images[place].shared) {
        const count = (left.has(item) ? left.get(item) : this.counts[item]) - 1;
        left.set(item, count);
        if (count === 0) sum += this.sharedBytes[item];
      }
    }
    return sum;
  }

  // What one adds given the others, marked or not.
  added(place) {
    const others = new Set(this.marked);
    others.delete(place);
    return this.bytes(new Set(this.marked).add(place)) - this.bytes(others);
  }
}

function hostPage(data) {
  const host = data.host;
  const joint = new Joint(host);
  const total = element("div", { class: "tile", id: "joint" });
  const command = element("pre", { id: "command", class: "quiet" });
  const added = new Map();
  const boxes = new Map();

  function update() {
    const bytes = joint.bytes();
    total.replaceChildren(
      element("b", {}, bytesText(bytes)), element("span", {}, `${count(joint.marked.size, "image")} marked, free together`));
    total.dataset.value = bytes;
    total.title = `${bytes} bytes`;
    const only = [...joint.marked].sort((a, b) => a - b).map(place => joint.images[place].only).filter(name => name);
    command.textContent = only.length === 0 ? "" : "strata plan " + only.map(name => "--only " + name).join(" ");
    for (const [place, cell] of added) cell.textContent = bytesText(joint.added(place));
    for (const [place, box] of boxes) box.checked = joint.marked.has(place);
  }

  function markBox(row) {
    const place = row.place;
    if (place === null) return "";
    const stays = joint.images[place].stays;
    if (boxes.has(place)) return boxes.get(place);
    const box = element("input", { type: "checkbox", "aria-label": "mark " + name(row), disabled: stays !== null,
      title: stays === null ? null : line(stays), "data-place": place,
      on: { change: event => { event.target.checked ? joint.marked.add(place) : joint.marked.delete(place); update(); } } });
    boxes.set(place, box);
    return box;
  }

  function addedCell(row) {
    if (!added.has(row.place)) added.set(row.place, element("span", { "data-added": row.place }, bytesText(joint.added(row.place))));
    return added.get(row.place);
  }

  const name = row => row.names.length === 0 ? row.id : row.names.join(", ");
  const common = [bytesColumn("size", row => row.diskBytes), bytesColumn("frees", row => row.freesBytes),
    { title: "last used", value: row => row.lastUsed || "", text: row => row.lastUsed ? row.lastUsed.slice(0, 10) : "-" },
    { title: "used by", value: row => row.users.length, text: row => line(row.users.join(", ")) },
    { title: "name", text: row => line(name(row)), path: true }];
  const marking = [
    { title: "mark", value: row => joint.marked.has(row.place) ? 1 : 0, text: () => "", node: markBox },
    { title: "adds", right: true, value: row => row.place === null ? -1 : joint.added(row.place), text: () => "", node: addedCell }];

  document.body.append(
    element("header", {}, element("h1", {}, line(host.title)), element("span", { class: "quiet" }, host.made.slice(0, 19))),
    element("div", { class: "tiles" }, tile("totalBytes", bytesText(host.totalBytes), "in all", "", host.totalBytes), total), command);
  const titles = { images: "Images", containers: "Containers", volumes: "Volumes", cache: "Build cache", leaked: "Leaked" };
  for (const [list, title] of Object.entries(titles)) {
    const rows = host.lists[list];
    if (rows.length === 0 && list !== "images") continue;
    const columns = list === "images" ? marking.concat(common) : common;
    const table = new Table(list, title, columns, rows, { column: list === "images" ? 3 : 1, descending: true });
    document.body.append(table.node);
  }
  update();
}
