"use strict";
// The page is whole without this: here are filters, an address that keeps them, keys, and a cell's judgement.
// Text from the report only ever becomes text nodes; addresses come checked from the page's own data.
(() => {
  const CODES = { supported: "s", refuted: "r", inconclusive: "i", uninformative: "u", error: "e" };
  const byId = (id) => document.getElementById(id);
  const form = byId("filter"), table = byId("matrix"), dialog = byId("opened");
  const [verdictBoxes, evidenceBoxes] = ["verdict", "evidence"].map((name) =>
    [...form.querySelectorAll(`input[name=${name}]`)]);
  const search = form.elements.namedItem("text");
  const rows = [...table.tBodies[0].rows];
  const head = [...table.tHead.rows[0].cells];
  document.documentElement.classList.add("js");
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
  const state = { at: "", verdict: new Set(), evidence: new Set(), text: "" };

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
    state.evidence = among("evidence", evidenceBoxes);
    state.text = decoded(parts.get("text") ?? "");
  }

  function address() {
    const parts = [];
    if (state.at) parts.push(`at=${state.at}`);
    if (state.verdict.size) parts.push(`verdict=${[...state.verdict].join(",")}`);
    if (state.evidence.size) parts.push(`evidence=${[...state.evidence].join(",")}`);
    if (state.text) parts.push(`text=${encodeURIComponent(state.text)}`);
    return `#${parts.join("&")}`;
  }

  function keepAddress(how) {
    if (address() !== (location.hash || "#")) history[how](null, "", address());
  }

  function showControls() {
    for (const box of verdictBoxes) box.checked = state.verdict.has(box.value);
    for (const box of evidenceBoxes) box.checked = state.evidence.has(box.value);
    if (search.value !== state.text) search.value = state.text;
  }

  function filter() {
    const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set([...state.verdict].map((verdict) => CODES[verdict]));
    const columns = evidenceBoxes.map((box) => !state.evidence.size || state.evidence.has(box.value));
    columns.forEach((visible, column) => { head[column + 1].hidden = !visible; });
    let shown = 0;
    rows.forEach((row, index) => {
      const { text, verdicts } = data.rows[index];
      const named = words.every((word) => text.includes(word));
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
        if (judged && data.listed) byId(anchorOf(cell.firstElementChild)).hidden = !here;
      });
      if (row.hidden === any) row.hidden = !any;
    });
    byId("shown").value = `${shown} of ${data.judged} judgements`;
    byId("none").hidden = shown > 0;
    if (!isReachable(stop)) moveStop(links().next().value);
  }

  form.addEventListener("input", () => {
    state.verdict = new Set(verdictBoxes.filter((box) => box.checked).map((box) => box.value));
    state.evidence = new Set(evidenceBoxes.filter((box) => box.checked).map((box) => box.value));
    state.text = search.value.trim();
    filtered = true;
    filter();
    keepAddress("replaceState");
  });

  function showAll() {
    state.verdict.clear();
    state.evidence.clear();
    state.text = "";
    showControls();
    filter();
    keepAddress("replaceState");
  }
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => { event.preventDefault(); showAll(); });
  byId("all").addEventListener("click", () => { showAll(); search.focus(); });

  // ---- the matrix by keys: one stop in the tab order, arrows from there ----------------------------------
  let stop = null;
  const isReachable = (link) => link !== null && link !== undefined && link.parentElement.className.indexOf("out") < 0
    && !link.parentElement.hidden && !link.parentElement.parentElement.hidden;
  const anchorOf = (link) => link.getAttribute("href").slice(1);
  const linkAt = (row, column) => rows[row]?.cells[column]?.firstElementChild ?? null;

  function* links() {
    for (const row of rows) {
      if (!row.hidden) for (const cell of row.cells) {
        const link = cell.firstElementChild;
        if (cell.tagName === "TD" && isReachable(link)) yield link;
      }
    }
  }

  function moveStop(link) {
    if (stop) stop.tabIndex = -1;
    stop = link ?? null;
    if (stop) stop.tabIndex = 0;
  }

  function firstFrom(row, column, down, right) {
    for (let r = row, c = column; r >= 0 && r < rows.length && c >= 1 && c < head.length; r += down, c += right) {
      const link = linkAt(r, c);
      if (isReachable(link)) return link;
    }
    return null;
  }

  function target(key, row, column, far) {
    const last = { row: rows.length - 1, column: head.length - 1 };
    switch (key) {
      case "ArrowUp": return firstFrom(row - 1, column, -1, 0);
      case "ArrowDown": return firstFrom(row + 1, column, 1, 0);
      case "ArrowLeft": return firstFrom(row, column - 1, 0, -1);
      case "ArrowRight": return firstFrom(row, column + 1, 0, 1);
      case "PageUp": return firstFrom(Math.max(0, row - 10), column, 1, 0);
      case "PageDown": return firstFrom(Math.min(last.row, row + 10), column, -1, 0);
      case "Home": return far ? firstFrom(0, column, 1, 0) : firstFrom(row, 1, 0, 1);
      case "End": return far ? firstFrom(last.row, column, -1, 0) : firstFrom(row, last.column, 0, -1);
      default: return undefined;
    }
  }

  table.addEventListener("keydown", (event) => {
    const cell = event.target.closest("td");
    if (!cell || event.altKey || event.metaKey) return;
    const found = target(event.key, rows.indexOf(cell.parentElement), cell.cellIndex, event.ctrlKey);
    if (found === undefined) return;
    event.preventDefault();
    if (found) {
      moveStop(found);
      found.focus();
      found.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
  });
  table.addEventListener("focusin", (event) => { if (event.target.tagName === "A") moveStop(event.target); });

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
    const link = linkAt(row, column + 1);
    if (data.listed) {
      const article = byId(anchorOf(link)).cloneNode(true);
      article.removeAttribute("id");
      article.hidden = false;
      return article;
    }
    const own = (await details())[row];
    return filled({
      run: data.run,
      verdict: link.parentElement.classList[0],
      sign: link.firstElementChild.textContent,
      ...data.columns[column],
      ...own.shared,
      ...own.views[column],
    }, own);
  }

  function others(row, column) {
    const list = byId("others").querySelector("ul");
    list.replaceChildren();
    data.columns.forEach(({ evidence }, other) => {
      const cell = linkAt(row, other + 1);
      if (!cell) return;
      const link = document.createElement("a"), item = document.createElement("li");
      link.href = cell.getAttribute("href");
      link.className = cell.parentElement.classList[0];
      if (other === column) link.setAttribute("aria-current", "true");
      link.textContent = `${cell.textContent} ${evidence}`;
      item.append(link);
      list.append(item);
    });
    byId("others").hidden = list.childElementCount < 2;
  }

  function placeOf(key) {
    if (!key) return null;
    const wanted = `#at=${key}`;
    for (let row = 0; row < rows.length; row += 1) {
      for (let column = 1; column < head.length; column += 1) {
        if (linkAt(row, column)?.getAttribute("href") === wanted) return [row, column - 1];
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
  byId("close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  dialog.addEventListener("close", () => {
    const place = placeOf(state.at);
    byId("content").replaceChildren();
    state.at = "";
    keepAddress("replaceState");
    if (place) linkAt(place[0], place[1] + 1).focus();
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
    const filters = state.verdict.size > 0 || state.evidence.size > 0 || state.text !== "";
    if (filters || filtered) filter();
    filtered = filters;
    if (stop === null) moveStop(links().next().value);
    showOpened();
  }
  // Thousands of attributes: after the page is there to be seen.
  setTimeout(() => {
    for (const link of table.querySelectorAll("td > a")) if (link !== stop) link.tabIndex = -1;
  });
  window.addEventListener("popstate", show);
  window.addEventListener("hashchange", show);
  show();
})();
