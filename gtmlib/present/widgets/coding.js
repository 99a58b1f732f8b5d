// The coding desk's page. Python holds the truth: keys and clicks become messages, and what comes back is shown.
// Every text is set as text, never as markup: notes are the client's words.

const LOOK_EVERY = 4_000; // ms between looks at what others coded
const BUSY_AFTER = 300; // ms before the page says that it waits

function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  // Keeps JupyterLab's shortcuts from what has the focus: there, 0 0 restarts the kernel.
  if (["article", "button", "input", "summary"].includes(tag)) node.setAttribute("data-lm-suppress-shortcuts", "true");
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== "" && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== "" && child != null));
  return node;
}

let nViews = 0; // of this page: ids must be unique

function render({ model, el: host }) {
  const view = `gtm-desk-${++nViews}`;
  const { words, facets, none: noneCodes, accent, lang } = model.get("fixed");
  const status = el("p", { class: "status", role: "status" });
  const error = el("p", { class: "error", role: "alert" });
  const heading = el("h2", {}, words.title);
  const stage = el("div", { class: "stage" });
  const agreement = el("section", { class: "agreement", "aria-label": words.agreement });
  const root = el(
    "div",
    { class: "gtm-desk", lang, style: `--accent-light: ${accent[0]}; --accent-dark: ${accent[1]}` },
    el("header", {}, heading, el("p", { class: "private" }, words.private)),
    stage,
    el("aside", {}, agreement, keyList()),
  );
  host.append(el("div", { class: "gtm-desk-frame" }, root)); // the desk lays itself out by the width it gets

  let shown = {}; // the last answer
  let chosen = new Set(); // codes of the note that is up
  let said = {}; // whose words, and whether it was resolved
  let form = null; // the fields of the note that is up
  let isWaiting = false;
  let busyTimer;

  function ask(question, more = {}) {
    if (question !== "look") {
      if (isWaiting) return; // a key that is held down must not confirm what nobody has read
      isWaiting = true;
      busyTimer = setTimeout(() => (status.textContent = words.busy), BUSY_AFTER);
    }
    model.send({ ask: question, ...more });
  }

  function receive(answer) {
    if (answer.agreement) return showAgreement(answer.agreement);
    isWaiting = false;
    clearTimeout(busyTimer);
    error.textContent = answer.error ?? "";
    if (!answer.screen) return;
    const before = shown;
    shown = answer;
    const isSame = before.screen === answer.screen && before.note?.id === answer.note?.id;
    if (!isSame || answer.screen === "start") ({ start: showStart, note: showNote, done: showDone })[answer.screen]();
    if (form) form.undo.disabled = !answer.held;
    showProgress();
    if (answer.said || answer.held || !isSame) status.textContent = answer.said || answer.held || "";
  }

  // Who codes, and what.
  function showStart() {
    form = null;
    if (stage.querySelector(".start")) return refreshReadings();
    const coder = el("input", { id: `${view}-coder`, type: "text", autocomplete: "off", maxlength: "30", "aria-describedby": `${view}-hint` });
    const known = shown.coders.map((name) => el("button", { type: "button", onclick: () => ((coder.value = name), coder.focus()) }, name));
    const readings = el("div", { class: "readings" });
    const begin = () => {
      const reading = readings.querySelector("input:checked")?.value;
      if (reading) ask("begin", { coder: coder.value, reading });
    };
    const onEnter = (event) => event.key === "Enter" && event.target.matches("input") && begin(); // JupyterLab lets no form be sent
    stage.replaceChildren(
      el("section", { class: "start", onkeydown: onEnter },
        el("label", { for: `${view}-coder` }, words.who), el("div", { class: "who-codes" }, coder, ...known), el("p", { id: `${view}-hint`, class: "soft" }, words["who.hint"]),
        el("fieldset", {}, el("legend", {}, words.what), readings),
        el("button", { class: "primary", type: "button", onclick: begin }, words.begin)),
      status, error,
    );
    refreshReadings();
    coder.focus({ preventScroll: true });
  }

  function refreshReadings() {
    const readings = stage.querySelector(".readings");
    const before = readings.querySelector("input:checked")?.value;
    readings.replaceChildren(
      ...shown.readings.map(({ id, label, about, left, is_empty }) =>
        el("label", { class: "reading" },
          el("input", { type: "radio", name: `${view}-reading`, value: id, disabled: is_empty }),
          el("span", {}, el("b", {}, label), el("span", { class: "soft" }, about)),
          el("span", { class: "left" }, left))),
    );
    const free = [...readings.querySelectorAll("input:not(:disabled)")];
    const pick = free.find((input) => input.value === before) ?? free[0];
    if (pick) pick.checked = true;
    stage.querySelector(".primary").disabled = !pick;
    if (!pick) status.textContent = words.done;
  }

  // One note, and the codes to choose from.
  function showNote() {
    const { note, reading } = shown;
    chosen = new Set(note.chosen);
    said = { ...note.facets };
    const { suggested, others, none } = note.groups;
    const keyed = [...suggested, ...others].slice(0, 9).map((one) => one.code);
    const fields = new Map();
    const card = (one) => {
      const input = el("input", { type: "checkbox", value: one.code, "aria-description": one.about, onchange: () => toggle(one.code, input.checked) });
      const at = keyed.indexOf(one.code) + 1;
      const label = el("label", { class: "code", title: [one.about, ...one.include].join("\n"), "data-label": one.label.toLowerCase() },
        input, el("kbd", { "aria-hidden": "true" }, at ? String(at) : ""), el("span", {}, el("b", {}, one.label), el("span", { class: "soft" }, one.about)));
      fields.set(one.code, input);
      return label;
    };
    const group = (name, title, codes, more = "") =>
      codes.length ? el("fieldset", { class: `codes ${name}` }, el("legend", {}, title, more), el("div", {}, ...codes.map(card))) : "";
    const search = el("input", { type: "search", placeholder: words.search, "aria-label": words.search, oninput: () => find(search.value), onkeydown: onSearchKey });
    const nothing = el("p", { class: "soft", hidden: true }, words.no_match);
    const facetButtons = Object.entries(facets).map(([name, values]) => {
      const button = el("button", { type: "button", onclick: () => turnFacet(name) });
      return [name, { button, values }];
    });
    const undo = el("button", { type: "button", disabled: true, onclick: () => ask("undo") }, words.undo, el("kbd", {}, "U"));
    const text = el("article", { class: "note", tabindex: "-1" },
      el("p", { class: "drawn soft" }, note.drawn), el("p", { class: "text" }, note.text), ...note.given.map((line) => el("p", { class: "given" }, line)));
    const isLong = note.text.length > 220;
    text.classList.toggle("long", isLong);
    form = { fields, search, nothing, undo, none: [...suggested, ...none].map((one) => one.code).filter((code) => noneCodes.includes(code)), keyed, text, facets: new Map(facetButtons) };
    const element = el("section", { class: "coding" },
      place(), text,
      group("suggested", reading === "settle" ? words.given : words.suggested, suggested),
      group("others", suggested.length ? words.others : words.codes, others),
      group("none", words.none, none, el("kbd", {}, "0")),
      nothing,
      el("div", { class: "tools" }, search, ...facetButtons.map(([, { button }]) => button)),
      el("div", { class: "actions" },
        el("button", { class: "primary", type: "button", onclick: confirm }, words.confirm, el("kbd", {}, "↵")),
        el("button", { type: "button", onclick: () => ask("turn", { step: 1 }) }, words.skip, el("kbd", {}, "S")),
        el("button", { type: "button", onclick: () => ask("turn", { step: -1 }) }, words.back, el("kbd", {}, "←")),
        undo),
      status, error);
    stage.replaceChildren(element);
    Object.keys(facets).forEach((name) => nameFacet(name));
    for (const code of chosen) fields.get(code).checked = true;
    text.focus({ preventScroll: true });
  }

  function showDone() {
    const undo = el("button", { type: "button", onclick: () => ask("undo") }, words.undo, el("kbd", {}, "U"));
    const text = el("article", { class: "note", tabindex: "-1" }, el("p", { class: "text" }, words.done), el("p", {}, words["done.next"]));
    stage.replaceChildren(place(), text, el("div", { class: "actions" }, undo), status, error);
    form = { undo };
    text.focus({ preventScroll: true });
  }

  function place() {
    return el("div", { class: "place" },
      el("p", { class: "who" }, el("b", {}, shown.coder), ` · ${shown.doing}`, el("button", { type: "button", class: "plain", onclick: () => ask("leave") }, words.change)),
      el("p", { class: "count" }), el("div", { class: "bar", "aria-hidden": "true" }, el("i")));
  }

  function showProgress() {
    const count = stage.querySelector(".count");
    if (!count) return;
    count.textContent = shown.progress;
    stage.querySelector(".bar i").style.width = `${100 * shown.share}%`;
  }

  // Choosing. A code that says why there is nothing to code stands alone.
  function toggle(code, isOn) {
    const isNone = form.none.includes(code);
    if (isOn) for (const other of [...chosen]) if (isNone || form.none.includes(other)) chosen.delete(other);
    if (isOn) chosen.add(code);
    else chosen.delete(code);
    for (const [name, input] of form.fields) input.checked = chosen.has(name);
    error.textContent = "";
  }

  function nextNone() {
    const at = form.none.findIndex((code) => chosen.has(code));
    if (at >= 0) toggle(form.none[at], false);
    if (at + 1 < form.none.length) toggle(form.none[at + 1], true);
  }

  function turnFacet(name) {
    const values = facets[name].map(([value]) => value);
    said[name] = values[(values.indexOf(said[name]) + 1) % values.length];
    nameFacet(name);
    status.textContent = form.facets.get(name).button.firstChild.textContent;
  }

  function nameFacet(name) {
    const text = facets[name].find(([value]) => value === said[name])[1];
    const { button } = form.facets.get(name);
    button.replaceChildren(text, el("kbd", {}, name === "source" ? "W" : "R"));
    button.classList.toggle("is-said", said[name] !== "");
  }

  function confirm() {
    ask("confirm", { note: shown.note.id, codes: [...chosen], ...said });
  }

  // Searching hides what does not match; Enter takes the first that does.
  function find(wanted) {
    const labels = [...stage.querySelectorAll(".code")];
    for (const label of labels) label.hidden = !label.dataset.label.includes(wanted.trim().toLowerCase());
    for (const group of stage.querySelectorAll(".codes")) group.hidden = !group.querySelector(".code:not([hidden])");
    form.nothing.hidden = labels.some((label) => !label.hidden);
  }

  function onSearchKey(event) {
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    const first = stage.querySelector(".code:not([hidden]) input");
    if (event.key === "Enter" && form.search.value.trim() && first) toggle(first.value, !first.checked);
    form.search.value = "";
    find("");
    form.text.focus({ preventScroll: true });
  }

  function step(by) {
    const inputs = [...form.fields.values()];
    const at = inputs.indexOf(document.activeElement);
    inputs[at < 0 ? (by > 0 ? 0 : inputs.length - 1) : (at + by + inputs.length) % inputs.length].focus();
  }

  function onKey(event) {
    const target = event.target;
    const isHere = root.contains(target) || target === document.body;
    if (!isHere || !form || event.ctrlKey || event.metaKey || event.altKey || target.matches("input[type=search], input[type=text]")) return;
    const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    if (key === "Enter" && target.matches("button, summary")) return; // it does what the button says
    const keys = { u: () => ask("undo"), Backspace: () => ask("undo") };
    if (shown.screen === "note") {
      Object.assign(keys, {
        0: nextNone, n: nextNone, Enter: confirm,
        s: () => ask("turn", { step: 1 }), ArrowRight: () => ask("turn", { step: 1 }), ArrowLeft: () => ask("turn", { step: -1 }),
        ArrowDown: () => step(1), ArrowUp: () => step(-1),
        "/": () => form.search.focus(), w: () => turnFacet("source"), r: () => turnFacet("is_resolved"),
      });
      form.keyed.forEach((code, at) => (keys[at + 1] = () => toggle(code, !chosen.has(code))));
    }
    if (!keys[key] || (event.repeat && !key.startsWith("Arrow"))) return;
    event.preventDefault();
    keys[key]();
  }

  // Agreement: a row per code, its interval on a line from 0 to 1.
  function showAgreement({ sentences, groups, least, notes }) {
    const percent = (value) => `${100 * Math.min(Math.max(value, 0), 1)}%`;
    const line = ({ alpha, low, high }) => {
      const span = el("i", { class: "span" });
      const dot = el("i", { class: "dot" });
      const mark = el("i", { class: "least" });
      span.style.left = percent(low);
      span.style.right = `calc(100% - ${percent(high)})`;
      dot.style.left = percent(alpha);
      mark.style.left = percent(least);
      return el("div", { class: "line", "aria-hidden": "true" }, mark, span, dot);
    };
    agreement.replaceChildren(
      el("h3", {}, words.agreement),
      ...sentences.map((text) => el("p", {}, text)),
      ...groups.map(({ verdict, title, rows }) =>
        el("section", { class: verdict }, el("h4", {}, title),
          el("ul", {}, ...rows.map((row) => el("li", {}, el("p", {}, el("b", {}, row.label), el("span", { class: "soft" }, row.text)), line(row)))))),
      ...notes.map((text) => el("p", { class: "soft" }, text)),
    );
  }

  function keyList() {
    const keys = [["1–9", "choose"], ["0 N", "none"], ["↵", "confirm"], ["S →", "skip"], ["←", "back"], ["U ⌫", "undo"], ["↑ ↓", "move"], ["/", "search"], ["W R", "facets"]];
    return el("details", { class: "keys", open: true }, el("summary", {}, words.keys),
      el("dl", {}, ...keys.map(([caps, word]) =>
        el("div", {}, el("dt", {}, ...caps.split(" ").map((cap) => el("kbd", {}, cap))), el("dd", {}, words[`key.${word}`])))));
  }

  const look = setInterval(() => document.hidden || isWaiting || ask("look"), LOOK_EVERY);
  document.addEventListener("keydown", onKey);
  model.on("msg:custom", receive);
  ask("open");
  return () => {
    clearInterval(look);
    document.removeEventListener("keydown", onKey);
    model.off("msg:custom", receive);
  };
}

export default { render };
