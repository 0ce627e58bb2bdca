"use strict";
// The page is whole without this: here are filters, an address that keeps them, keys, and a cell's judgement.
// Text from the report only ever becomes text nodes; addresses come checked from the page's own data.
(() => {
  const byId = (id) => document.getElementById(id);
  const form = byId("filter"), table = byId("matrix"), dialog = byId("opened");
  const [verdictBoxes, kindBoxes, evidenceBoxes] = ["verdict", "kind", "evidence"].map((name) =>
    [...form.querySelectorAll(`input[name=${name}]`)]);
  const membersBox = form.elements.namedItem("members"); // only where members are details of pooled evidence
  const search = form.elements.namedItem("text");
  const rows = [...table.tBodies[0].rows];
  const head = [...table.tHead.rows[0].cells];
  document.documentElement.classList.add("js");
  for (const control of document.querySelectorAll(".script")) control.hidden = false;
  byId("without-script")?.remove();
  table.setAttribute("role", "grid");

  const data = JSON.parse(byId("data").textContent);
  rows.forEach((row, index) => {
    const own = data.rows[index];
    own.text = `${row.cells[0].textContent} ${own.text}`.toLowerCase();
  });

  // Only what is opened needs the judgements' details, which many of are kept compressed.
  let unpacked = null;
  function details() {
    unpacked ??= (async () => {
      const bytes = Uint8Array.from(atob(byId("details").textContent), (character) => character.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
      return JSON.parse(await new Response(stream).text());
    })();
    return unpacked;
  }

  // ---- what is shown, and the address that says so -------------------------------------------------------
  const state = { at: "", verdict: new Set(), kind: new Set(), evidence: new Set(), members: false, text: "" };

  const decoded = (text) => { try { return decodeURIComponent(text); } catch { return text; } };

  function readAddress() {
    const parts = new Map(location.hash.slice(1).split("&").map((part) => {
      const [name, ...value] = part.split("=");
      return [name, value.join("=")];
    }));
    const among = (name, boxes) => {
      const given = (parts.get(name) ?? "").split(",");
      return new Set(boxes.map((box) => box.value).filter((value) => given.includes(value)));
    };
    state.at = parts.get("at") ?? "";
    state.verdict = among("verdict", verdictBoxes);
    state.kind = among("kind", kindBoxes);
    state.evidence = among("evidence", evidenceBoxes);
    state.members = membersBox !== null && parts.get("members") === "shown";
    state.text = decoded(parts.get("text") ?? "");
  }

  function address() {
    const parts = [];
    if (state.at) parts.push(`at=${state.at}`);
    if (state.verdict.size) parts.push(`verdict=${[...state.verdict].join(",")}`);
    if (state.kind.size) parts.push(`kind=${[...state.kind].join(",")}`);
    if (state.members) parts.push("members=shown");
    if (state.evidence.size) parts.push(`evidence=${[...state.evidence].join(",")}`);
    if (state.text) parts.push(`text=${encodeURIComponent(state.text)}`);
    return `#${parts.join("&")}`;
  }

  function keepAddress(how) {
    if (address() !== (location.hash || "#")) history[how](null, "", address());
  }

  function showControls() {
    for (const box of verdictBoxes) box.checked = state.verdict.has(box.value);
    for (const box of kindBoxes) box.checked = state.kind.has(box.value);
    for (const box of evidenceBoxes) box.checked = state.evidence.has(box.value);
    if (membersBox) membersBox.checked = state.members;
    if (search.value !== state.text) search.value = state.text;
  }

  function filter() {
    const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set([...state.verdict].map((verdict) => verdict[0]));
    const columns = evidenceBoxes.map((box, column) => (state.evidence.size
      ? state.evidence.has(box.value) : state.members || !data.columns[column].folded));
    columns.forEach((visible, column) => { head[column + 1].hidden = !visible; });
    let shown = 0;
    rows.forEach((row, index) => {
      const { text, kind, verdicts } = data.rows[index];
      const named = words.every((word) => text.includes(word)) && (!state.kind.size || state.kind.has(kind));
      let any = false;
      columns.forEach((visible, column) => {
        const verdict = verdicts[column], judged = verdict !== ".";
        const out = judged && wanted.size > 0 && !wanted.has(verdict);
        const cell = row.cells[column + 1];
        if (cell.hidden === visible) cell.hidden = !visible;
        if (cell.classList.contains("out") !== out) cell.classList.toggle("out", out);
        const here = named && visible && judged && !out;
        any ||= here;
        shown += here;
        if (judged && data.listed) byId(`at=${keyOf(index, column)}`).hidden = !here;
      });
      if (row.hidden === any) row.hidden = !any;
    });
    byId("shown").value = `${shown} of ${data.judged} judgements`;
    byId("none").hidden = shown > 0;
    if (!isReachable(stop)) moveStop(targets().next().value);
  }

  form.addEventListener("input", () => {
    state.verdict = new Set(verdictBoxes.filter((box) => box.checked).map((box) => box.value));
    state.kind = new Set(kindBoxes.filter((box) => box.checked).map((box) => box.value));
    state.evidence = new Set(evidenceBoxes.filter((box) => box.checked).map((box) => box.value));
    state.members = Boolean(membersBox?.checked);
    state.text = search.value.trim();
    filtered = true;
    filter();
    keepAddress("replaceState");
  });

  function showAll() {
    state.verdict.clear();
    state.kind.clear();
    state.evidence.clear();
    state.members = Boolean(membersBox);
    state.text = "";
    showControls();
    filter();
    keepAddress("replaceState");
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => { event.preventDefault(); showAll(); });
  byId("all").addEventListener("click", () => { showAll(); search.focus(); });

  // ---- the matrix by keys: one stop in the tab order, arrows from there ----------------------------------
  // What is focused and opened: the link in a cell, or the cell itself where there are thousands.
  let stop = null;
  const keyOf = (row, column) => `${data.rows[row].key[0]}@${data.columns[column].key}${data.rows[row].key[1]}`;
  const partsOf = (target) => [...target.childNodes].map((part) => part.textContent.trim()).filter(Boolean);
  const cellOf = (target) => target.closest("td");
  const isReachable = (target) => Boolean(target) && !cellOf(target).classList.contains("out")
    && !cellOf(target).hidden && !cellOf(target).parentElement.hidden;

  function targetAt(row, column) {
    if (!data.rows[row] || (data.rows[row].verdicts[column] ?? ".") === ".") return null;
    const cell = rows[row].cells[column + 1];
    return cell.firstElementChild.tagName === "A" ? cell.firstElementChild : cell;
  }

  function* targets() {
    for (let row = 0; row < rows.length; row += 1) {
      if (rows[row].hidden) continue;
      for (let column = 0; column < data.columns.length; column += 1) {
        const target = targetAt(row, column);
        if (isReachable(target)) yield target;
      }
    }
  }

  function moveStop(target) {
    if (stop) stop.tabIndex = -1;
    stop = target ?? null;
    if (!stop) return;
    stop.tabIndex = 0;
    if (!stop.hasAttribute("aria-label")) {
      const [, ...numbers] = partsOf(stop);
      stop.setAttribute("aria-label", [stop.classList[0], ...numbers].join(" "));
    }
  }

  function firstFrom(row, column, down, right) {
    for (let r = row, c = column; r >= 0 && r < rows.length && c >= 0 && c < data.columns.length; r += down, c += right) {
      const target = targetAt(r, c);
      if (isReachable(target)) return target;
    }
    return null;
  }

  function moved(key, row, column, far) {
    const last = { row: rows.length - 1, column: data.columns.length - 1 };
    switch (key) {
      case "ArrowUp": return firstFrom(row - 1, column, -1, 0);
      case "ArrowDown": return firstFrom(row + 1, column, 1, 0);
      case "ArrowLeft": return firstFrom(row, column - 1, 0, -1);
      case "ArrowRight": return firstFrom(row, column + 1, 0, 1);
      case "PageUp": return firstFrom(Math.max(0, row - 10), column, 1, 0);
      case "PageDown": return firstFrom(Math.min(last.row, row + 10), column, -1, 0);
      case "Home": return far ? firstFrom(0, column, 1, 0) : firstFrom(row, 0, 0, 1);
      case "End": return far ? firstFrom(last.row, column, -1, 0) : firstFrom(row, last.column, 0, -1);
      default: return undefined;
    }
  }

  table.addEventListener("keydown", (event) => {
    const cell = event.target.closest("td");
    if (!cell || event.altKey || event.metaKey) return;
    const row = rows.indexOf(cell.parentElement), column = cell.cellIndex - 1;
    if (event.key === "Enter" && event.target === cell) open(keyOf(row, column));
    const found = moved(event.key, row, column, event.ctrlKey);
    if (found === undefined) return;
    event.preventDefault();
    if (found) {
      moveStop(found);
      found.focus();
      found.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  });
  table.addEventListener("focusin", (event) => { if (event.target.closest("td")) moveStop(event.target); });

  // ---- one judgement ------------------------------------------------------------------------------------
  const SVG = "http://www.w3.org/2000/svg";

  function drawn(name, attributes, text) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    if (text !== undefined) element.textContent = text;
    return element;
  }

  function intervalPlot({ low, high, ticks }, { plot, verdict, statistic, estimate: number, interval }) {
    const x = (value) => String(Math.round((10 + 300 * (value - low) / (high - low)) * 10) / 10);
    const [estimate, from, to] = plot;
    const label = `${statistic} ${number}${interval ? `, 95% interval ${interval}` : ""}`;
    const svg = drawn("svg", { class: "plot", viewBox: "0 0 320 38", role: "img", "aria-label": label });
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
    const link = article.querySelector(".link");
    link.hidden = !view.link;
    if (view.link) {
      link.querySelector("a").href = view.link;
      link.querySelector("a").textContent = view.link;
    }
    if (view.plot) article.querySelector(".drawing").append(intervalPlot(row.scale, view));
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
    const own = (await details())[row], cell = targetAt(row, column);
    return filled({
      run: data.run,
      verdict: cell.classList[0],
      sign: cell.firstElementChild.textContent,
      ...own.views[column],
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
    dialog.setAttribute("aria-label", article.querySelector("h3").textContent);
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  }

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
    const row = rows.indexOf(cell.parentElement), column = cell.cellIndex - 1;
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
    if (place) {
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

  let filtered = false;
  function show() {
    readAddress();
    showControls();
    const filters = state.verdict.size > 0 || state.kind.size > 0 || state.evidence.size > 0 || state.text !== ""
      || membersBox !== null;
    if (filters || filtered) filter();
    filtered = filters;
    if (stop === null) moveStop(targets().next().value);
    showOpened();
  }
  for (const link of table.querySelectorAll("td > a")) link.tabIndex = -1;
  window.addEventListener("popstate", show);
  window.addEventListener("hashchange", show);
  show();
})();
