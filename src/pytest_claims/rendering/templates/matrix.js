// ---- the matrix by keys: one stop in the tab order, arrows from there ----------------------------------------
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
  for (const row of order) {
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

// Positions are counted in the order in which rows are shown.
function firstFrom(position, column, down, right) {
  for (let p = position, c = column; p >= 0 && p < rows.length && c >= 0 && c < data.columns.length; p += down, c += right) {
    const target = targetAt(order[p], c);
    if (isReachable(target)) return target;
  }
  return null;
}

function moved(key, position, column, far) {
  const last = { row: rows.length - 1, column: data.columns.length - 1 };
  switch (key) {
    case "ArrowUp": return firstFrom(position - 1, column, -1, 0);
    case "ArrowDown": return firstFrom(position + 1, column, 1, 0);
    case "ArrowLeft": return firstFrom(position, column - 1, 0, -1);
    case "ArrowRight": return firstFrom(position, column + 1, 0, 1);
    case "PageUp": return firstFrom(Math.max(0, position - 10), column, 1, 0);
    case "PageDown": return firstFrom(Math.min(last.row, position + 10), column, -1, 0);
    case "Home": return far ? firstFrom(0, column, 1, 0) : firstFrom(position, 0, 0, 1);
    case "End": return far ? firstFrom(last.row, column, -1, 0) : firstFrom(position, last.column, 0, -1);
    default: return undefined;
  }
}

const placeOfCell = (cell) => [rows.indexOf(cell.parentElement), cell.cellIndex - 1];

table.addEventListener("keydown", (event) => {
  const cell = event.target.closest("td");
  if (!cell || event.altKey || event.metaKey) return;
  const [row, column] = placeOfCell(cell);
  if (event.key === "Enter" && event.target === cell) open(keyOf(row, column));
  const found = moved(event.key, order.indexOf(row), column, event.ctrlKey);
  if (found === undefined) return;
  event.preventDefault();
  if (found) {
    moveStop(found);
    found.focus();
    found.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
});
table.addEventListener("focusin", (event) => { if (event.target.closest("td")) moveStop(event.target); });

// ---- questions fold ------------------------------------------------------------------------------------------
function fold(group, closed) {
  if (closed) folded.add(group); else folded.delete(group);
  groups[group].querySelector(".question button")?.setAttribute("aria-expanded", String(!closed));
  // A focus within what is folded would be lost.
  showRows();
  if (!isReachable(stop)) moveStop(targets().next().value);
}

groups.forEach((group, index) => {
  const text = group.querySelector(".question span");
  if (!text) return;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = text.textContent;
  button.setAttribute("aria-expanded", "true");
  button.addEventListener("click", () => fold(index, !folded.has(index)));
  text.replaceWith(button);
});
byId("fold")?.addEventListener("click", () => groups.forEach((_, index) => fold(index, true)));
byId("unfold")?.addEventListener("click", () => groups.forEach((_, index) => fold(index, false)));

// ---- sorting, within each question ---------------------------------------------------------------------------
// Of claims by name; of evidence by verdict, then by estimate. A further click turns the order, a third ends it.
const CYCLES = { claim: ["ascending", "descending", null], evidence: ["other", "descending", "ascending", null] };
const LETTERS = "sriue.";
let sorted = { column: null, how: null };

function numberAt(row, column) {
  const target = targetAt(row, column);
  const number = target ? parseFloat(partsOf(target)[1]) : NaN;
  return Number.isNaN(number) ? null : number;
}

function comparison(column, how) {
  if (column < 0) {
    const sign = how === "descending" ? -1 : 1;
    return (a, b) => sign * data.rows[a].key[0].localeCompare(data.rows[b].key[0]) || a - b;
  }
  const numbers = rows.map((_, row) => numberAt(row, column)), sign = how === "descending" ? -1 : 1;
  const byNumber = (a, b) => {
    if (numbers[a] === null || numbers[b] === null) return (numbers[a] === null) - (numbers[b] === null) || a - b;
    return sign * (numbers[a] - numbers[b]) || a - b;
  };
  if (how !== "other") return byNumber;
  const rank = (row) => LETTERS.indexOf(data.rows[row].verdicts[column]);
  return (a, b) => rank(a) - rank(b) || byNumber(a, b);
}

function sortBy(column, how) {
  sequence = null;
  sorted = { column: how ? column : null, how };
  head.forEach((cell, index) => {
    if (how && index === column + 1) cell.setAttribute("aria-sort", how); else cell.removeAttribute("aria-sort");
  });
  const compare = how ? comparison(column, how) : (a, b) => a - b;
  order = groups.flatMap((group, index) => {
    const own = rows.map((_, row) => row).filter((row) => data.rows[row].group === index).sort(compare);
    const unjudged = group.querySelector("tr.unjudged");
    for (const row of own) group.insertBefore(rows[row], unjudged);
    return own;
  });
}

head.forEach((cell, index) => {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = cell.textContent;
  cell.replaceChildren(button);
  button.addEventListener("click", () => {
    const cycle = index === 0 ? CYCLES.claim : CYCLES.evidence, column = index - 1;
    const next = sorted.column === column ? cycle[cycle.indexOf(sorted.how) + 1] : cycle[0];
    sortBy(column, next);
  });
});
