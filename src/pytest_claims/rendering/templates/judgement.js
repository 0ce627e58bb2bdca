// ---- one judgement ------------------------------------------------------------------------------------
const SVG = "http://www.w3.org/2000/svg";

function drawn(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

function intervalPlot({ low, high, ticks }, view) {
  const { plot, verdict, statistic, estimate: number, interval, interval_name: name, bands = [] } = view;
  const x = (value) => String(Math.round((10 + 300 * (value - low) / (high - low)) * 10) / 10);
  const [estimate, from, to] = plot;
  const label = `${statistic} ${number}${interval ? `, ${name} ${interval}` : ""}`;
  const svg = drawn("svg", { class: "plot", viewBox: "0 0 320 38", role: "img", "aria-label": label });
  for (const [kind, from, to] of bands) {
    svg.append(drawn("rect", { class: `band ${kind}`, x: x(from), y: 0, width: String(Math.round((3000 * (to - from)) / (high - low)) / 10), height: 18 }));
    for (const end of [from, to]) {
      if (end !== low && end !== high) svg.append(drawn("line", { class: `bound ${kind}`, x1: x(end), x2: x(end), y1: 0, y2: 18 }));
    }
  }
  svg.append(drawn("line", { class: "axis", x1: 10, x2: 310, y1: 18, y2: 18 }));
  for (const [tick, written] of ticks) {
    svg.append(drawn("line", { class: tick ? "tick" : "zero", x1: x(tick), x2: x(tick), y1: tick ? 18 : 2, y2: 21 }));
    svg.append(drawn("text", { x: x(tick), y: 33 }, written));
  }
  if (from !== undefined) svg.append(drawn("line", { class: `interval ${verdict}`, x1: x(from), x2: x(to), y1: 8, y2: 8 }));
  svg.append(drawn("circle", { class: `estimate ${verdict}`, cx: x(estimate), cy: 8, r: 4 }));
  return svg;
}

function filled(view, row) {
  const article = byId("blank").content.firstElementChild.cloneNode(true);
  for (const slot of article.querySelectorAll("[data-slot]")) {
    const text = view[slot.dataset.slot] ?? "";
    slot.textContent = text;
    if (slot.tagName === "DD") slot.parentElement.hidden = !text;
  }
  const verdict = article.querySelector("p.verdict");
  verdict.classList.add(view.verdict);
  verdict.firstElementChild.classList.add(view.verdict);
  verdict.firstElementChild.textContent = view.sign;
  article.querySelector(".numbers").hidden = !view.estimate;
  article.querySelector(".numbers dt").textContent = view.statistic ?? "";
  article.querySelector("[data-slot=interval]").previousElementSibling.textContent = view.interval_name;
  const link = article.querySelector(".link");
  link.hidden = !view.link;
  if (view.link) {
    link.querySelector("a").href = view.link;
    link.querySelector("a").textContent = view.link;
  }
  if (view.plot) article.querySelector(".drawing").prepend(intervalPlot(row.scale, view));
  article.querySelector(".key").hidden = !view.bands;
  article.querySelector(".negligible-key").hidden = !view.bands?.some(([kind]) => kind === "negligible");
  const members = article.querySelector(".members");
  members.hidden = !view.members;
  for (const part of view.members ?? []) {
    const item = document.createElement("li"), link = document.createElement("a");
    const sign = document.createElement("span"), numbers = document.createElement("span");
    link.className = part.verdict;
    link.href = `#at=${part.key}`;
    sign.className = `sign ${part.verdict}`;
    sign.setAttribute("aria-hidden", "true");
    sign.textContent = part.sign;
    link.append(sign, ` ${part.verdict} on ${part.evidence}`);
    numbers.className = "on";
    numbers.textContent = part.numbers;
    item.append(link, " ", numbers);
    members.querySelector("ul").append(item);
  }
  const figures = article.querySelector(".figures");
  (view.figures ?? []).forEach((figure, index) => {
    const opens = document.createElement("a"), image = document.createElement("img");
    if (figure.opens) opens.href = figure.opens;
    image.src = figure.shows;
    image.alt = `Figure ${index + 1} of the claim ${view.claim} on ${view.evidence}`;
    opens.append(image);
    figures.append(opens);
  });
  return article;
}

async function detail(row, column) {
  if (data.listed) {
    const article = byId(`at=${keyOf(row, column)}`).cloneNode(true);
    article.removeAttribute("id");
    article.hidden = false;
    return article;
  }
  const own = (await details())[row], cell = cellOf(targetAt(row, column)), view = own.views[column];
  return filled({
    run: data.run,
    verdict: cell.classList[0],
    sign: cell.firstElementChild.textContent,
    question: data.questions[data.rows[row].group],
    cite: `${view.claim} on ${view.evidence}: ${cell.classList[0]}; ${data.cite}, judgement sha256:${view.digest}`,
    ...view,
  }, own);
}

function others(row, column) {
  const list = byId("others").querySelector("ul");
  list.replaceChildren();
  data.columns.forEach(({ evidence }, other) => {
    const target = targetAt(row, other);
    if (!target) return;
    const link = document.createElement("a"), item = document.createElement("li");
    link.href = `#at=${keyOf(row, other)}`;
    link.className = cellOf(target).classList[0];
    if (other === column) link.setAttribute("aria-current", "true");
    link.textContent = [...partsOf(target), evidence].join(" ");
    item.append(link);
    list.append(item);
  });
  byId("others").hidden = list.childElementCount < 2;
}

function placeOf(key) {
  for (let row = 0; key && row < rows.length; row += 1) {
    for (let column = 0; column < data.columns.length; column += 1) {
      if (keyOf(row, column) === key) return targetAt(row, column) ? [row, column] : null;
    }
  }
  return null;
}

async function showOpened() {
  const key = state.at, place = placeOf(key);
  if (!place) {
    if (dialog.open) dialog.close();
    return;
  }
  const article = await detail(...place);
  if (state.at !== key) return; // closed, or moved on, in the meantime
  byId("content").replaceChildren(article);
  others(...place);
  showPosition();
  dialog.setAttribute("aria-label", article.querySelector("h3").textContent);
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
}

// ---- the next and the previous judgement of those that are shown ---------------------------------------------
function keysInOrder() {
  const keys = [];
  for (const row of order) {
    for (let column = 0; column < data.columns.length; column += 1) {
      if (isReachable(targetAt(row, column))) keys.push(keyOf(row, column));
    }
  }
  return keys;
}

function neighbours() {
  sequence ??= keysInOrder();
  const keys = sequence, at = keys.indexOf(state.at);
  return { count: keys.length, at, previous: keys[at - 1], next: keys[at + 1] };
}

function showPosition() {
  const { count, at, previous, next } = neighbours();
  byId("position").textContent = at < 0 ? "" : `${at + 1} of ${count}`;
  byId("previous").disabled = !previous;
  byId("next").disabled = !next;
}

function step(which) {
  const key = neighbours()[which];
  if (!key) return;
  state.at = key;
  keepAddress("replaceState");
  showOpened();
}
byId("previous").addEventListener("click", () => step("previous"));
byId("next").addEventListener("click", () => step("next"));
dialog.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const which = { ArrowLeft: "previous", p: "previous", ArrowRight: "next", n: "next" }[event.key];
  if (!which) return;
  event.preventDefault();
  step(which);
});

let afterClosing = null; // in place of a return to the cell

function open(key) {
  state.at = key;
  keepAddress("pushState");
  showOpened();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href^='#at=']");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  open(link.getAttribute("href").slice("#at=".length));
});
table.addEventListener("click", (event) => {
  const cell = event.target.closest("td");
  if (!cell || data.listed) return;
  const [row, column] = placeOfCell(cell);
  if (targetAt(row, column)) open(keyOf(row, column));
});
byId("close").addEventListener("click", () => dialog.close());
dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
dialog.addEventListener("close", () => {
  if (dialog.open) return; // and opened again before this was told
  const place = placeOf(state.at);
  byId("content").replaceChildren();
  state.at = "";
  keepAddress("replaceState");
  const go = afterClosing;
  afterClosing = null;
  if (go) {
    go();
  } else if (place) {
    const target = targetAt(...place);
    moveStop(target);
    target.focus();
  }
});

// An image that is not beside the page says so instead of showing a broken one.
document.addEventListener("error", (event) => {
  const opens = event.target.closest?.(".figures > a");
  if (!opens) return;
  const said = document.createElement("p");
  said.className = "missing";
  said.textContent = `The figure ${event.target.getAttribute("src").slice(0, 200)} is not beside this page.`;
  opens.replaceWith(said);
}, true);

