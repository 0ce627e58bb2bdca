// The page is whole without this: here are filters, an address that keeps them, keys, and a cell's judgement.
// Text from the report only ever becomes text nodes; addresses come checked from the page's own data.
const byId = (id) => document.getElementById(id);
const form = byId("filter"), table = byId("matrix"), dialog = byId("opened");
const [verdictBoxes, kindBoxes, evidenceBoxes] = ["verdict", "kind", "evidence"].map((name) =>
  [...form.querySelectorAll(`input[name=${name}]`)]);
const membersBox = form.elements.namedItem("members"); // only where members are details of pooled evidence
const search = form.elements.namedItem("text");
const groups = [...table.tBodies];
const rows = [...table.querySelectorAll("tr.claim")];
const folded = new Set(); // questions, by number
let order = rows.map((_, row) => row); // in which rows are shown
let sequence = null; // keys of the judgements that are shown, in order; null until it is asked for
let filtered = false;
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
const details = () => (unpacked ??= unpack(byId("details")));

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

