// ---- what is shown, and how much of everything there would be ----------------------------------------------
const VERDICTS = { s: "supported", r: "refuted", i: "inconclusive", u: "uninformative", e: "error" };
const countsOf = (table) => (table ? [...table.tBodies[0].rows].map((row) => [...row.querySelectorAll("td.number")]) : []);
const kindCounts = countsOf(byId("kinds")), evidenceCounts = countsOf(byId("evidence"));
const findingCounts = [...form.querySelectorAll("[data-count]")];
const unjudgedRows = [...table.querySelectorAll("tr.unjudged")].map((row) => ({
  row, text: row.textContent.toLowerCase(), kind: row.querySelector(".kind").textContent,
}));
const findingRows = [...document.querySelectorAll(".paper tr[data-key]")];

function setCount(cell, count) {
  const text = String(count);
  if (cell.textContent === text) return;
  cell.textContent = text;
  cell.classList.toggle("none", cell.tagName === "TD" && count === 0);
}

// The number at a choice is what would be shown if it were the only one of its kind.
function countFacets(columns) {
  const letters = Object.keys(VERDICTS), zero = () => letters.map(() => 0);
  const findings = zero(), kinds = kindCounts.map(zero), evidence = evidenceCounts.map(zero);
  const kindOf = new Map(kindBoxes.map((box, index) => [box.value, index]));
  const chosen = columns.map((visible, column) => !state.evidence.size || visible);
  data.rows.forEach((row) => {
    if (!row.named) return;
    const rightKind = !state.kind.size || state.kind.has(row.kind), kind = kindOf.get(row.kind);
    for (let column = 0; column < columns.length; column += 1) {
      const verdict = letters.indexOf(row.verdicts[column]);
      if (verdict < 0) continue;
      if (rightKind) evidence[column][verdict] += 1;
      if (!chosen[column] || (row.details?.includes(column) && !state.evidence.size)) continue;
      if (kind !== undefined && kinds[kind]) kinds[kind][verdict] += 1;
      if (rightKind && row.kind === "inference") findings[verdict] += 1;
    }
  });
  findingCounts.forEach((cell, verdict) => setCount(cell, findings[verdict]));
  kindCounts.forEach((cells, kind) => cells.forEach((cell, verdict) => setCount(cell, kinds[kind][verdict])));
  evidenceCounts.forEach((cells, column) => cells.forEach((cell, verdict) => setCount(cell, evidence[column][verdict])));
}

function filter() {
  const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = new Set([...state.verdict].map((verdict) => verdict[0]));
  const columns = evidenceBoxes.map((box, column) => (state.evidence.size
    ? state.evidence.has(box.value) : state.members || !data.columns[column].folded));
  columns.forEach((visible, column) => { head[column + 1].hidden = !visible; });
  const perGroup = groups.map(() => 0), hiddenKeys = new Set();
  let shown = 0;
  rows.forEach((row, index) => {
    const { text, kind, verdicts, group } = data.rows[index];
    const matches = words.every((word) => text.includes(word));
    data.rows[index].named = matches;
    const named = matches && (!state.kind.size || state.kind.has(kind));
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
      if (judged && !here && findingRows.length) hiddenKeys.add(keyOf(index, column));
    });
    data.rows[index].shown = any;
    perGroup[group] += any;
  });
  // What was not judged has no verdict and no evidence to be chosen by.
  const any = !state.verdict.size && !state.evidence.size;
  for (const { row, text, kind } of unjudgedRows) {
    const here = any && words.every((word) => text.includes(word)) && (!state.kind.size || state.kind.has(kind));
    row.dataset.shown = here ? "yes" : "";
    perGroup[groups.indexOf(row.parentElement)] += here;
  }
  for (const row of findingRows) row.hidden = hiddenKeys.has(row.dataset.key);
  groups.forEach((group, index) => {
    const count = group.querySelector(".question small");
    if (!count) return;
    count.textContent = perGroup[index];
    group.rows[0].hidden = perGroup[index] === 0;
  });
  showRows();
  countFacets(columns);
  byId("shown").value = `${shown} of ${data.judged} judgements`;
  byId("none").hidden = shown > 0;
  if (!isReachable(stop)) moveStop(targets().next().value);
}

// A row is shown if the filter shows it and its question is not folded.
function showRows() {
  sequence = null;
  rows.forEach((row, index) => {
    const hidden = data.rows[index].shown === false || folded.has(data.rows[index].group);
    if (row.hidden !== hidden) row.hidden = hidden;
  });
  for (const { row } of unjudgedRows) {
    row.hidden = row.dataset.shown === "" || folded.has(groups.indexOf(row.parentElement));
  }
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
